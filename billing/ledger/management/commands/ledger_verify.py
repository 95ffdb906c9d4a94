"""`manage.py ledger_verify`: prove the books, name each thing that does not agree.

Other packages add their own checks by having a module `ledger_checks` with `differences() -> Iterator[Difference]`
in their Django app; the ledger does not need to know them.
"""

import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils.module_loading import module_has_submodule

from billing.ledger import verification
from billing.ledger.facts import Difference
from billing.ledger.snapshot import snapshot

_MODULE = "ledger_checks"


class Command(BaseCommand):
    help = (
        "Recompute the books from the postings and compare with everything that depends on them. "
        "Exit status: 0 they agree, 1 they do not (each difference is named), 2 the check could not run."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self._verify()
        except Error as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(f"the check could not run: {reason}", returncode=2) from error
        if found:
            self.stdout.write(f"The books do not agree: {found} difference{'s'[: found > 1]}.")
            raise SystemExit(1)
        self.stdout.write("The books agree.")

    def _verify(self) -> int:
        with snapshot():
            counted = ", ".join(f"{count} {name}" for name, count in verification.counts().items())
            self.stdout.write(f"Checking {counted}.")
            return sum(self._report(name, promise, found) for name, promise, found in _all_checks())

    def _report(self, name: str, promise: str, differences: Iterable[Difference]) -> int:
        found = 0
        for found, difference in enumerate(differences, start=1):  # noqa: B007
            self.stdout.write(f"  {difference.rule} | {difference.subject} | {difference.message}")
        verdict = f"{found} wrong" if found else "ok"
        self.stdout.write(f"{verdict:>8}  {name}: {promise}")
        return found


def _all_checks() -> Iterator[tuple[str, str, Iterator[Difference]]]:
    """(name, what must hold, what does not) of our own checks, then of every app that brings some."""
    yield "chart", "every account is in our chart of accounts", verification.unknown_codes()
    for check in verification.CHECKS:
        yield check.rule, check.promise, verification.failures(check)
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, _MODULE):
            module = import_module(f"{config.name}.{_MODULE}")
            promise = (inspect.getdoc(module) or "").partition("\n")[0]
            yield config.name, promise, module.differences()
