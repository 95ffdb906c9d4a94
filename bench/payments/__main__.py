"""`python -m bench.payments`: see bench/README-payments.md."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.payments import server
from bench.payments.sizes import QUICK, USUAL, Sizes

if TYPE_CHECKING:
    from bench.payments.report import Figure
    from bench.payments.stack import Stack


def main() -> int:
    chosen = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped then too
    folder = Path(chosen.folder).resolve()
    server.settle(folder)
    os.environ["COKO_SIMULATOR_PORT"] = str(chosen.port + 90)
    import django

    django.setup()
    size = QUICK if chosen.quick else USUAL
    size = replace(size, rounds=chosen.rounds or size.rounds, payments=chosen.payments or size.payments)
    began = datetime.now(UTC)
    with server.running():
        figures = list(_figures(size, chosen.port, chosen.against, is_profiled=not chosen.no_profile))
        machine = _machine()
    _print_and_keep(figures, machine, size, folder / f"payments-{began:%Y%m%dT%H%M%SZ}.json")
    return 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="make bench-payments", description=__doc__)
    options.add_argument("--quick", action="store_true", help="small sizes, one round: whether it runs, not how fast")
    options.add_argument("--rounds", type=int, help="how many")
    options.add_argument("--payments", type=int, help="how many are settled in each round")
    options.add_argument("--against", type=Path, help="another checkout of Coko (same migrations), measured in turn")
    options.add_argument("--no-profile", action="store_true", help="leave out py-spy, which is installed on first use")
    options.add_argument("--port", type=int, default=8600, help="of web; others are beside it (%(default)s)")
    folder = server.ROOT / "var" / "bench" / "payments"
    options.add_argument("--folder", default=str(folder), help="where servers and results live")
    return options.parse_args()


def _figures(size: Sizes, port: int, against: Path | None, *, is_profiled: bool) -> "Iterator[Figure]":
    from bench.payments import receiver, rounds, stack, tpcb
    from providers.rehearsal.book import Book

    tpcb.make(size.tpcb_scale)
    simulator_port = port + 90
    stacks = [stack.Stack("ours", server.ROOT, port, simulator_port)]
    if against:
        stacks.append(stack.Stack("before", against.resolve(), port + 1, simulator_port))
    with ExitStack() as held:
        _say("starting simulators, web and worker")
        pid = held.enter_context(_simulators(simulator_port))
        held.enter_context(receiver.registered(port + 91))
        for one in stacks:
            held.callback(one.stop)
            one.start()
        work = rounds.Rounds(stacks, size, Book(stack.book_path()), pid, _say)
        yield from rounds.figures(work.measured(), stacks)
        if is_profiled:
            _say("the same under py-spy")
            yield from _profile(work, stacks[0], size)
    _say("proving the books")
    yield _verified()


@contextmanager
def _simulators(port: int) -> Iterator[int]:
    from bench.payments import stack
    from providers.simulation import Running

    program = stack.simulators(port)
    try:
        assert program.process
        for _ in range(300):
            try:
                Running(f"http://127.0.0.1:{port}").everybody("approve")
                break
            except OSError:
                time.sleep(0.1)
        yield program.process.pid
    finally:
        program.stop()


def _profile(work: object, one: "Stack", size: Sizes) -> "Iterator[Figure]":
    from bench.payments import profile
    from bench.payments.report import Figure
    from bench.payments.rounds import Rounds

    assert isinstance(work, Rounds)
    started = work.ready(one, size.profiled)
    ids = one.process_ids()
    try:
        yield from profile.record("worker", ids["worker"], profile.SETTLING, lambda: work.settle(one, started))
        yield from profile.record(
            "web", ids["web"], profile.INTAKE, lambda: work.take(one, started, seconds=size.seconds)
        )
    except profile.NoProfile as reason:
        yield Figure("profile", "", note=str(reason))
    work.deliver(one)


def _verified() -> "Figure":
    from bench.payments.report import Figure

    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", "ledger_verify"], cwd=server.ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: the books do not agree:\n{done.stdout}{done.stderr}")
    return Figure("ledger_verify", "s", values=[time.perf_counter() - began], note=done.stdout.strip().splitlines()[-1])


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"PostgreSQL {server.version()}, Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"load over 1, 5, 15 minutes at the end: {load} (our own included)"
    )


def _print_and_keep(figures: "list[Figure]", machine: str, size: Sizes, report: Path) -> None:
    from bench.payments.report import table

    print(f"\n{machine}\n{size}\n\n{table(figures)}")
    document = {"machine": machine, "sizes": str(size), "figures": [figure.as_json() for figure in figures]}
    report.write_text(json.dumps(document, indent=1, ensure_ascii=False))
    print(f"\nas JSON: {report}")


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
