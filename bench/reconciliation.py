"""`python -m bench.reconciliation`: a settlement file imported and matched, against a bare COPY of the same lines.

See bench/README-reconciliation.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
GOAL_RATIO = 15
LINES, QUICK_LINES = 1_000_000, 2_000
ROUNDS, QUICK_ROUNDS = 5, 1

# One payment a second before AT, each of 1500 by Wave in Senegal, booked. Nothing else of a payment is looked at.
_PAYMENTS = """
INSERT INTO payments_paymenttransaction
    (id, invoice_ref, invoice_number, owner_ref, provider, market, route_ref, entity, currency, amount_minor, fee_minor,
     payer_phone_sealed, payer_phone_index, payer_phone_masked, return_url, ticket, platform, state, flags,
     provider_ref, transaction_ref, failure_reason, failure_code, action_kind, action_url, action_instructions,
     action_details, secrets_sealed, started_at, settled_at, entry_ref, booked_as, check_count, not_found_count)
SELECT 'pay_bench' || lpad(n::text, 21, '0'), 'inv_bench' || lpad(n::text, 21, '0'), 'SN-' || n, 'bench', 'wave', 'SN',
       'rte_bench', 'coko-sn', 'XOF', 1500, 15, '', encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), '+22177•••••00',
       '', '', '',
       'succeeded', '{}', 'cos-' || n, 'T_' || n, '', '', 'none', '', '', '{}', '',
       moment, moment, 'jrn_bench' || lpad(n::text, 21, '0'), 'captured', 1, 0
FROM generate_series(1, %(count)s) n, LATERAL (SELECT %(at)s - make_interval(secs => %(count)s - n) AS moment) AS w
"""
_EMPTY = """
SET session_replication_role = replica;
TRUNCATE reconciliation_statementimport, reconciliation_settlementline, reconciliation_finding,
         reconciliation_changedline;
SET session_replication_role = origin;
"""
_BARE = "DROP TABLE IF EXISTS bench_bare; CREATE TABLE bench_bare ({})"
HEADINGS = (
    "timestamp", "transaction_id", "transaction_type", "amount", "fee", "currency", "client_reference",
    "checkout_api_session_id", "counterparty_mobile", "counterparty_name", "balance",
)  # fmt: skip


def main() -> int:
    chosen = _options()
    _settle(Path(chosen.folder).resolve())
    from config import embedded

    if chosen.once:
        return _import_once(Path(chosen.once))
    with embedded.services_if_needed(stop_always=True):
        _prepare(chosen.lines)
        # Names of lines that no run before this one used: what those booked is in the ledger for ever.
        began = int(time.time())
        rounds = [_round(began + number, chosen.lines) for number in range(chosen.rounds + (not chosen.quick))]
    measured = rounds[-chosen.rounds :]  # the first one of a real run warms caches
    print(_told(measured, chosen.lines))
    return 0 if chosen.quick or _ratio(measured) <= GOAL_RATIO else 1


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="make bench-reconciliation", description=__doc__)
    options.add_argument("--quick", action="store_true", help="few lines, one round: whether it runs, not how fast")
    options.add_argument("--lines", type=int, help=f"how many, {LINES:,} when left out")
    options.add_argument("--rounds", type=int, help=f"how many, {ROUNDS} when left out")
    options.add_argument(
        "--folder", default=str(ROOT / "var" / "bench" / "reconciliation"), help="where the server lives"
    )
    options.add_argument("--once", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    chosen.lines = chosen.lines or (QUICK_LINES if chosen.quick else LINES)
    chosen.rounds = chosen.rounds or (QUICK_ROUNDS if chosen.quick else ROUNDS)
    return chosen


def _settle(folder: Path) -> None:
    """Work in `folder`, and on no server of anybody else's."""
    from config import databases

    for variable in [*databases.ALIASES.values(), *databases.OWNER_ALIASES.values(), "REDIS_URL"]:
        os.environ.pop(variable, None)
        os.environ.pop(f"{variable}_FILE", None)
    os.environ |= {
        "COKO_VAR": str(folder),
        "COKO_MODE": "test",
        "COKO_ROLE": "jobs",
        "COKO_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def _prepare(count: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from billing.configuration.operations import load_reference

    _say("preparing the database")
    call_command("migrate", database="default", verbosity=0)
    load_reference(at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM payments_paymenttransaction")
        if cursor.fetchone()[0] == count:
            return
        cursor.execute("SET statement_timeout = 0; SET session_replication_role = replica")
        cursor.execute("TRUNCATE payments_paymenttransaction CASCADE")
        cursor.execute(_PAYMENTS, {"count": count, "at": AT})
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE payments_paymenttransaction")


def _round(number: int, count: int) -> dict[str, Any]:
    from django.db import connection

    path = Path(os.environ["COKO_VAR"]) / "lines.csv"
    _write(path, count, number)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_EMPTY)
        cursor.execute("CHECKPOINT")
        bare = _bare_copy(cursor, path)
        cursor.execute("CHECKPOINT")
    done = subprocess.run(
        [sys.executable, "-m", "bench.reconciliation", "--folder", os.environ["COKO_VAR"], "--once", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    told = json.loads(done.stdout)
    _check(told, count)
    _say(f"round {number}: COPY {bare:.2f} s, import and match {told['seconds']:.2f} s, {told['states']}")
    return {**told, "bare": bare}


def _write(path: Path, count: int, number: int) -> None:
    """Lines as Wave lists them: most bear our reference, some the movement's alone, a few neither."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(HEADINGS) + "\n")
        for n in range(1, count + 1):
            ours = "" if n % 20 == 0 else f"pay_bench{n:021}"
            movement = f"T_{number}_{n}x" if n % 1000 == 0 else f"T_{n}"
            moment = datetime.fromtimestamp(AT.timestamp() - count + n, UTC)
            session = "" if n % 20 == 0 else f"cos-{n}"
            file.write(
                f"{moment:%Y-%m-%dT%H:%M:%SZ},{movement},api_checkout,1485,15,XOF,{ours},{session},"
                f"+22177{n % 300_000:07},Awa Ndiaye {n % 500},{1485 * n}\n"
            )


def _bare_copy(cursor: Any, path: Path) -> float:
    cursor.execute(_BARE.format(", ".join(f"{name} text" for name in HEADINGS)))
    began = time.perf_counter()
    with path.open("rb") as file, cursor.copy("COPY bench_bare FROM STDIN WITH (FORMAT csv, HEADER)") as copying:
        while block := file.read(1 << 18):
            copying.write(block)
    return time.perf_counter() - began


def _import_once(path: Path) -> int:
    import django

    django.setup()
    from billing.reconciliation import operations, queries

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    fact = operations.import_file(path=path, provider="wave", market="SN", by="bench", at=AT)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {
        "seconds": seconds,
        "states": queries.counts(import_ref=fact.id),
        "new": fact.new_count,
        "before_kib": before,
        "peak_kib": peak,
    }
    print(json.dumps(told))
    return 0


def _check(told: dict[str, Any], count: int) -> None:
    """What is measured is the work that was meant."""
    unknown = count // 1000
    expected = {"matched": count - unknown, "worklist": unknown}
    if told["new"] != count or told["states"] != expected:
        raise SystemExit(f"expected {expected} of {count}, found {told}")


def _ratio(measured: list[dict[str, Any]]) -> float:
    return median(one["seconds"] / one["bare"] for one in measured)


def _told(measured: list[dict[str, Any]], count: int) -> str:
    ratios = sorted(one["seconds"] / one["bare"] for one in measured)
    seconds = median(one["seconds"] for one in measured)
    peak = max(one["peak_kib"] for one in measured) / 1024
    before = median(one["before_kib"] for one in measured) / 1024
    return (
        f"\n{count:,} lines, {len(measured)} rounds\n"
        f"bare COPY            {median(one['bare'] for one in measured):8.2f} s\n"
        f"import and match     {seconds:8.2f} s   {count / seconds:,.0f} lines/s\n"
        f"ratio                {_ratio(measured):8.1f}     from {ratios[0]:.1f} to {ratios[-1]:.1f}, "
        f"goal at most {GOAL_RATIO}\n"
        f"peak memory          {peak:8.0f} MiB of the importing process, {before:.0f} before it began"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
