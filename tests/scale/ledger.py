"""Ten million postings in a PostgreSQL of their own under `var/scale`, and what proving them costs.

    make ledger-10m                                   fills, seals, verifies, exports; prints seconds and memory
    python -m tests.scale.ledger --postings 600000    the same, smaller
    python -m tests.scale.ledger --keep --only verify what was filled before is measured again

Nothing is asserted. Every measurement runs in a process of its own, so that its memory is its own. The data stays until
its folder is removed (7 GB).
"""

# ruff: noqa: T201 - it prints what it measures

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var" / "scale"
os.environ |= {
    "COKO_MODE": "test",
    "COKO_VAR": str(VAR),
    "COKO_ROLE": "jobs",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}

START = datetime(2025, 11, 1, tzinfo=UTC)
DAYS = 365
POSTINGS_A_SALE = 6
_LEDGER = ("ledger_posting", "ledger_journalentry", "ledger_entrykey", "ledger_accountbalance", "ledger_account")
_DOCUMENTS = ("payments_paymenttransaction", "payments_paymentevent", "invoices_invoice", "invoices_invoiceitem")
_EMPTIED = ("ledger_fence", "ledger_seal", "ledger_reversal", "ledger_holdend", *_DOCUMENTS, *_LEDGER)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--postings", type=int, default=10_000_000)
    words.add_argument("--keep", action="store_true", help="measure what is there")
    words.add_argument("--only", nargs="*", choices=MEASUREMENTS, default=list(MEASUREMENTS), help="in this order")
    words.add_argument("--inside", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    asked = words.parse_args()
    from config import embedded

    with embedded.services_if_needed():
        import django

        django.setup()
        if asked.inside:
            MEASUREMENTS[asked.inside]()
            print(f"{peak_mb():9} MB at most in this process; load {os.getloadavg()[0]:.1f}", flush=True)
            return
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        if not asked.keep:
            timed("fill", lambda: fill(asked.postings))
        for name in asked.only:
            print(f"== {name}", flush=True)
            subprocess.run([sys.executable, "-m", "tests.scale.ledger", "--inside", name], cwd=ROOT, check=True)


def fill(postings: int) -> None:
    """An empty ledger, then `fill.sql`; indexes of postings and keys are made after the rows, as a restore does."""
    from django.db import connection, transaction

    sales = max(1, postings // POSTINGS_A_SALE)
    step_us = timedelta(days=DAYS) // timedelta(microseconds=1) // (2 * sales)
    named = {"sales": sales, "start": START.isoformat(), "step_us": step_us}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = 'replica'")
        cursor.execute("SET LOCAL work_mem = '512MB'; SET LOCAL maintenance_work_mem = '1GB'")
        for table in _EMPTIED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(f"TRUNCATE {', '.join(_EMPTIED)} CASCADE")
        indexes = _indexes(cursor)
        for drop, _ in indexes:
            cursor.execute(drop)
        for statement in (Path(__file__).parent / "fill.sql").read_text().split(";\n"):
            if statement.strip():
                for name, value in named.items():
                    statement = statement.replace(f"{{{name}}}", str(value))
                timed(f"  {_title(statement)}", lambda text=statement: cursor.execute(text))
        for _, create in indexes:
            timed(f"  {create[:70]}", lambda text=create: cursor.execute(text))
        for table in _EMPTIED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"VACUUM ANALYZE {', '.join((*_LEDGER, *_DOCUMENTS))}")


def seal() -> None:
    from django.utils import timezone

    from billing.ledger import operations
    from billing.ledger.models import JournalEntry

    count = JournalEntry.objects.count()
    seconds = timed("every day sealed, each in its own transaction", lambda: operations.seal_days(at=timezone.now()))
    print(f"{count / seconds:9,.0f} entries/s")


def verify() -> None:
    from django.core.management import call_command

    from billing.ledger import verification

    count = verification.counts()["postings"]
    seconds = timed("ledger_verify", lambda: call_command("ledger_verify"))
    print(f"{count / seconds:9,.0f} postings/s")


def export() -> None:
    from django.core.management import call_command

    for language in ("hledger", "beancount"):
        file = VAR / f"books.{language}"
        words = ("ledger_export", "--format", language, "--output", str(file))
        timed(f"ledger_export --format {language}", lambda w=words: call_command(*w))
        print(f"{file.stat().st_size / 1e6:9,.0f} MB written")
        file.unlink()


def trial() -> None:
    """Whole life against the barest GROUP BY there is; a month in the middle, and the last one."""
    from django.db import connection

    from billing.ledger import queries

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    bare = "SELECT account_id, sum(amount_minor) FROM ledger_posting GROUP BY account_id"
    month = {"since": datetime(2026, 4, 1, tzinfo=UTC), "until": datetime(2026, 5, 1, tzinfo=UTC)}
    last = {"since": datetime(2026, 10, 1, tzinfo=UTC), "until": datetime(2026, 11, 1, tzinfo=UTC)}

    def barely() -> None:
        with connection.cursor() as cursor:
            cursor.execute(bare)
            cursor.fetchall()

    barest = median("bare GROUP BY", barely)
    for name, work in {
        "whole life": lambda: queries.balances(),
        "a month": lambda: queries.trial_balance(entity="coko-sn", **month),
        "the last month": lambda: queries.trial_balance(entity="coko-sn", **last),
    }.items():
        print(f"{median(name, work) / barest:9.2f} times the bare GROUP BY")


def _indexes(cursor: Any) -> list[tuple[str, str]]:
    """How to drop and how to make the indexes of postings and keys."""
    cursor.execute(
        "SELECT index.relname, owner.relname, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)"
        " FROM pg_index i JOIN pg_class index ON index.oid = i.indexrelid JOIN pg_class owner ON owner.oid = i.indrelid"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')"
        " WHERE owner.relname IN ('ledger_posting', 'ledger_entrykey')"
    )
    return [
        (f"ALTER TABLE {table} DROP CONSTRAINT {key}", f"ALTER TABLE {table} ADD CONSTRAINT {key} {definition}")
        if key
        else (f"DROP INDEX {index}", made)
        for index, table, made, key, definition in cursor.fetchall()
    ]


def _title(statement: str) -> str:
    return next(line for line in statement.splitlines() if line and not line.startswith("--"))[:60]


def timed(what: str, work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    print(f"{seconds:9.1f} s  {what}", flush=True)
    return seconds


def median(what: str, work: Callable[[], Any]) -> float:
    return statistics.median(timed(what, work) for _ in range(3))


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


MEASUREMENTS: dict[str, Callable[[], None]] = {"seal": seal, "verify": verify, "trial": trial, "export": export}

if __name__ == "__main__":
    main()
