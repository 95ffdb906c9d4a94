#!/bin/sh
# Make the virtual environment. Usage: PYTHON=python3 virtualenv.sh FOLDER
set -eu

folder=$1
python=${PYTHON:-python3}

command -v "$python" >/dev/null || { echo "coko: $python is not installed; Python 3.11 or newer is needed" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "coko: $("$python" --version) is too old; Python 3.11 or newer is needed (choose one with make PYTHON=python3.12 …)" >&2
  exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  # Debian parts the venv module from its Python.
  package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo apt-get update -qq && sudo apt-get install -y -qq "$package" >/dev/null
  else
    echo "coko: Python's venv module is missing; install the package $package" >&2
    exit 1
  fi
fi
echo "Making the virtual environment…"
# Anything half-made by an interrupted try goes first.
rm -rf "$folder"
"$python" -m venv "$folder"
