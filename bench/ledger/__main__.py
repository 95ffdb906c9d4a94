"""`python -m bench.ledger`: see bench/README.md."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ledger import server

if TYPE_CHECKING:
    from bench.ledger.measures import Figure
    from bench.ledger.sizes import Sizes

_IN_ROUNDS = ("single", "hot", "queue", "batch", "python", "celery", "peers", "growth", "seal")
_ON_LARGE = ("balances", "trial", "verify", "bytes")
PARTS = (*_IN_ROUNDS, *_ON_LARGE)


def main() -> int:
    chosen = _options()
    server.settle(Path(chosen.folder).resolve())
    import django

    django.setup()
    from bench.ledger import measures, sizes

    size = sizes.QUICK if chosen.quick else sizes.USUAL
    if chosen.rounds:
        size = sizes.replaced(size, rounds=chosen.rounds)
    began = datetime.now(UTC)
    with server.running():
        figures = list(_figures(set(chosen.only), size, install=not chosen.no_install))
        machine = _machine()
    print(f"\n{machine}\n{size}\n")
    print(measures.table(figures))
    report = Path(chosen.folder) / f"ledger-{began:%Y%m%dT%H%M%SZ}.json"
    report.write_text(
        json.dumps(
            {
                "began": began.isoformat(),
                "machine": machine,
                "sizes": str(size),
                "figures": [f.as_json() for f in figures],
            },
            indent=1,
            ensure_ascii=False,
        )
    )
    print(f"\nas JSON: {report}")
    return 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="make bench-ledger", description=__doc__)
    options.add_argument("--quick", action="store_true", help="small sizes, one round: whether it runs, not how fast")
    options.add_argument("--only", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    options.add_argument("--rounds", type=int, help="how many")
    options.add_argument("--folder", default=str(server.ROOT / "var" / "bench"), help="where servers and results live")
    options.add_argument("--no-install", action="store_true", help="do not install the peers where they are missing")
    return options.parse_args()


def _parts(text: str) -> list[str]:
    parts = text.split(",")
    if unknown := set(parts) - set(PARTS):
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return parts


def _figures(parts: set[str], size: "Sizes", *, install: bool) -> "Iterator[Figure]":
    from bench.ledger import large, measures, peers_venv, pgbench, rounds, seed

    _say("preparing the databases")
    seed.make_seed()
    server.create(server.ROUNDS, like=server.SEED)
    if parts & set(_IN_ROUNDS):
        pgbench.make_tpcb(size.tpcb_scale)
    if parts & {"growth", "seal", *_ON_LARGE}:
        _say(f"filling a ledger with {size.large_postings:,} postings (once; it is kept)")
        if rate := seed.make_large(size.large_postings):
            yield measures.Figure("filling the large ledger", "entries/s", values=[rate])
        server.create(server.LARGE, like=seed.large_name(size.large_postings), is_large=True)
    if "peers" in parts and install:
        _say("installing the peers (once)")
        if reason := peers_venv.install():
            _say(reason)
    large.use(server.LARGE)
    if "balances" in parts:
        yield from large.balances(size)
    if "trial" in parts:
        yield from large.trial_balance(size)
    if "bytes" in parts:
        yield from large.bytes_on_disk()
    if "verify" in parts:
        _say("verifying the large ledger")
        yield from large.verification()
    sealing = large.seal_seconds() if "seal" in parts else None
    measured = list(rounds.measured(rounds.chosen(size, parts), size, _say)) if parts & set(_IN_ROUNDS) else []
    yield from measured
    if sealing:
        names = {rounds.large_name(size), rounds.BATCH}
        yield from large.seal_cost(*sealing, {f.name: f.value for f in measured if f.name in names})


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"PostgreSQL {server.version()}, Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"load over 1, 5, 15 minutes at the end: {load} (our own included)"
    )


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
