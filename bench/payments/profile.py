"""Where processor time goes in web and worker: py-spy's samples, by step of ours and by whose code ran."""

import re
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.payments import server
from bench.payments.report import Figure
from config import embedded

_RATE = 200  # samples a second
# The first of these that a stack passes through, from the inside out, is the step.
INTAKE = (
    ("hint to the workers", r"\(billing/outbox/hints"),
    ("store: one INSERT", r"\bstore \(billing/inbox"),
    ("the view", r"\(billing/web"),
    ("log line, count", r"_note \(config/middleware|count_request|\(gunicorn/glogging"),
    ("connections looked after", r"(close_old_connections|reset_queries) \(django/db"),
    ("middleware, routing", r"\(django/core/handlers|\(django/|\(whitenoise|\(config/"),
    ("gunicorn", r"\(gunicorn/"),
)
SETTLING = (
    ("ledger.post", r"\bpost \(billing/ledger/operations"),
    ("invoice paid", r"\bmark_paid \(billing/invoices"),
    ("outbox event", r"\bpublish \(billing/outbox"),
    ("outbox delivery", r"deliver_\w+ \(billing/outbox"),
    ("payment and event rows", r"\b(record|apply_answer) \(billing/payments"),
    ("re-read from the provider", r"\bfetch \(billing/payments/gateway"),
    ("look up the payment", r"\(billing/payments|_subject_of \(billing/inbox"),
    ("verify", r"\bverify \(billing/inbox/gateway"),
    ("claim the notification", r"\b_claim \(billing/inbox"),
    ("event id, finish", r"_first_of_its_event|_finish \(billing/inbox"),
    ("rest of the task", r"\(billing/"),
    ("Celery, before and after the task", r"celery|kombu|billiard|redis"),
)
# Whose code a sample's innermost frame belongs to.
OWNERS = (
    ("gunicorn", r"\(gunicorn/"),
    ("Django", r"\(django/"),
    ("psycopg (SQL over the socket)", r"\(psycopg"),
    ("requests, urllib3", r"\((requests|urllib3|charset_normalizer|certifi|idna)/"),
    ("Celery, kombu, redis", r"\((celery|kombu|billiard|redis|vine|amqp)/"),
    ("ours", r"\((billing|providers|config)/"),
)


Steps = tuple[tuple[str, str], ...]


class NoProfile(Exception):
    """py-spy could not look; the sentence says why."""


def record(title: str, pid: int, steps: Steps, work: Callable[[], object]) -> list[Figure]:
    """Do the work while that process and its children are watched.

    :raises NoProfile: see there.
    """
    output = embedded.var_dir() / f"{title}.collapsed"
    command = [str(_py_spy()), "record", "--pid", str(pid), "--subprocesses", "--format", "raw"]
    command += ["--rate", str(_RATE), "--duration", "unlimited", "--full-filenames", "--nolineno", "-o", str(output)]
    output.unlink(missing_ok=True)
    watching = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        work()
    finally:
        watching.send_signal(2)  # it writes what it saw
        _, said = watching.communicate(timeout=60)
    if not output.exists():
        raise NoProfile((said.strip().splitlines() or ["py-spy wrote nothing"])[-1][:200])
    return list(_figures(title, steps, output.read_text()))


def _figures(title: str, steps: Steps, text: str) -> Iterator[Figure]:
    stacks = [(_short(line.rpartition(" ")[0]), int(line.rpartition(" ")[2])) for line in text.splitlines() if line]
    total = sum(count for _, count in stacks)
    if not total:
        raise NoProfile("no sample fell on a working thread")
    for by, kinds, look in (("step", steps, str), ("code", OWNERS, lambda stack: stack.rpartition(";")[2])):
        found: Counter[str] = Counter()
        for stack, count in stacks:
            seen = look(stack)
            found[next((name for name, pattern in kinds if re.search(pattern, seen)), "everything else")] += count
        for name, count in found.most_common():
            yield Figure(f"profile of {title} by {by}: {name}", "%", values=[100 * count / total])


def _short(stack: str) -> str:
    """File names without the folders that differ from machine to machine."""
    return re.sub(r"\((?:[^()]*/site-packages/|" + re.escape(f"{server.ROOT}/") + ")", "(", stack)


def _py_spy() -> Path:
    folder = embedded.var_dir() / "py-spy"
    program = folder / "bin" / "py-spy"
    if not program.exists():
        locked = server.ROOT / "requirements" / "bench-profile.txt"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run(
            [*command, "--target", str(folder), "-r", str(locked)], capture_output=True, text=True, check=False
        )
        if not program.exists():
            raise NoProfile(f"py-spy is not installed for {sysconfig.get_platform()}: {done.stderr.strip()[-150:]}")
    return program
