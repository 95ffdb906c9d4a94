"""`manage.py ledger_verify`: prove the books, name each thing that does not agree.

Other packages add their own checks by having a module `ledger_checks` with `differences() -> Iterator[Difference]`
in their Django app; the ledger does not need to know them.
"""

import inspect
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone
from django.utils.module_loading import module_has_submodule

from billing.ledger import queries, sealed, verification
from billing.ledger.exports import seal_lines
from billing.ledger.facts import Difference
from billing.ledger.snapshot import snapshot

_MODULE = "ledger_checks"


class Command(BaseCommand):
    help = (
        "Recompute the books from the postings and compare with everything that depends on them. "
        "Exit status: 0 they agree, 1 they do not (each difference is named), 2 the check could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="trust the seals before this day: its entries and later ones alone are hashed again",
        )
        parser.add_argument(
            "--seals", type=Path, metavar="FILE", help="seals that `ledger_seals` wrote before: they must still stand"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self._verify(since=options["since"], exported=options["seals"])
        except Error as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(f"the check could not run: {reason}", returncode=2) from error
        except (queries.NoSuchSeal, seal_lines.NotSeals) as error:
            raise CommandError(f"the check could not run: {error}", returncode=2) from error
        except OSError as error:
            raise CommandError(f"cannot read {options['seals']}: {error.strerror}", returncode=2) from error
        if found:
            self.stdout.write(f"The books do not agree: {found} difference{'s'[: found > 1]}.")
            raise SystemExit(1)
        self.stdout.write("The books agree.")

    def _verify(self, *, since: date | None, exported: Path | None) -> int:
        with snapshot():
            counted = ", ".join(f"{count} {name}" for name, count in verification.counts().items())
            self.stdout.write(f"Checking {counted}. {_sealed_until()}")
            verification.trust_entries_before(since)
            return sum(self._report(*check) for check in _all_checks(since=since, exported=exported))

    def _report(self, name: str, promise: str, differences: Iterable[Difference]) -> int:
        begun = time.monotonic()
        found = 0
        for found, difference in enumerate(differences, start=1):  # noqa: B007
            self.stdout.write(f"  {difference.rule} | {difference.subject} | {difference.message}")
        verdict = f"{found} wrong" if found else "ok"
        self.stdout.write(f"{verdict:>8}  {name}: {promise} ({time.monotonic() - begun:.1f} s)")
        return found


def _sealed_until() -> str:
    last = queries.last_seal()
    return f"Sealed until {last.day}, seal {last.seal.hex()}." if last else "No day is sealed."


def _all_checks(*, since: date | None, exported: Path | None) -> Iterator[tuple[str, str, Iterator[Difference]]]:
    """(name, what must hold, what does not) of our own checks, then of every app that brings some."""
    yield "chart", "the chart of accounts is the code's, and every account is in it", verification.chart_differences()
    for check in verification.CHECKS:
        yield check.name, check.promise, verification.failures(check)
    yield "seals", sealed.PROMISE, sealed.differences(since=since, at=timezone.now())
    if exported is not None:
        yield "export", f"the seals of {exported} still stand", _against(exported)
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, _MODULE):
            module = import_module(f"{config.name}.{_MODULE}")
            promise = (inspect.getdoc(module) or "").partition("\n")[0]
            yield config.name, promise, module.differences()


def _against(exported: Path) -> Iterator[Difference]:
    with exported.open(encoding="utf-8") as lines:
        yield from sealed.against(seal_lines.read(lines), of=exported.name)
