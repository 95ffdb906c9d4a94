"""`manage.py reconcile`: import what a provider says of a wallet, and say whether the ledger agrees."""

from argparse import ArgumentParser
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from billing import money
from billing.reconciliation import operations, queries
from billing.reconciliation.facts import DayFact, ImportFact

_REFUSALS = (operations.CannotPull, operations.NoColumnMap, operations.NoWallet, OSError, Error)


class Command(BaseCommand):
    help = (
        "Import a settlement FILE (CSV or XLSX), or --pull a day from the provider, match its lines, and report. "
        "--report alone compares a day that was imported before. "
        "Exit status: 0 provider and ledger agree, 1 they do not (each difference is named), 2 it could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a settlement file of the provider")
        parser.add_argument("--provider", help="wave, mtn, orange, moov")
        parser.add_argument("--market", help="country, ISO 3166: SN")
        parser.add_argument("--pull", action="store_true", help="ask the provider for the day's movements")
        parser.add_argument("--report", action="store_true", help="only report, import nothing")
        parser.add_argument("--day", type=date.fromisoformat, help="UTC day, YYYY-MM-DD; today when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        day = options["day"] or at.astimezone(UTC).date()
        asked = [bool(options["file"]), options["pull"], options["report"]]
        if sum(asked) != 1:
            raise CommandError("say one of: a FILE, --pull, --report", returncode=2)
        if not options["report"] and not (options["provider"] and options["market"]):
            raise CommandError("--provider and --market are needed", returncode=2)
        try:
            days = [day] if options["report"] or options["pull"] else []
            if not options["report"]:
                fact = self._import(options, day, at)
                days = days or _days_of(fact)
            reports = [one for each in days for one in queries.reports(day=each)]
        except operations.BadFile as bad:
            for problem in bad.problems:
                self.stderr.write(f"  {problem}")
            raise CommandError(f"nothing was imported: {len(bad.problems)} problems", returncode=2) from None
        except _REFUSALS as refusal:
            reason = str(refusal).partition("\n")[0]
            raise CommandError(f"could not run: {reason}", returncode=2) from refusal
        if not self._agree(_asked_for(reports, options)):
            raise SystemExit(1)

    def _import(self, options: dict[str, Any], day: date, at: datetime) -> ImportFact:
        wallet = {"provider": options["provider"], "market": options["market"], "by": "command", "at": at}
        if options["pull"]:
            fact = operations.pull(day=day, **wallet)
        else:
            fact = operations.import_file(path=options["file"], **wallet)
        again = " (imported before, nothing to do)" if fact.is_repeated else ""
        self.stdout.write(
            f"{fact.id} {fact.map_ref}: {fact.line_count} lines, {fact.new_count} new, {fact.repeated_count} known, "
            f"{fact.changed_count} changed{again}"
        )
        for state, count in sorted(queries.counts(import_ref=fact.id).items()):
            self.stdout.write(f"  {count:>9} {state}")
        return fact

    def _agree(self, reports: list[DayFact]) -> bool:
        for one in reports:
            self._tell(one)
        wrong = Counter(one.agrees for one in reports)[False]
        if wrong:
            self.stdout.write(f"They differ: {wrong} of {len(reports)} days.")
        else:
            self.stdout.write(f"Provider and ledger agree: {len(reports)} days.")
        return not wrong

    def _tell(self, one: DayFact) -> None:
        def text(minor: int) -> str:
            return money.plain(minor, one.currency)

        kinds = ", ".join(f"{kind} {text(gross)}" for kind, gross in one.gross_by_kind.items()) or "nothing"
        self.stdout.write(f"{one.day} {one.provider}:{one.market} {one.currency}")
        self.stdout.write(
            f"  provider  {text(one.told.opening_minor)} + {text(one.told.moved_minor)} = "
            f"{text(one.told.closing_minor)}"
            f"  ({kinds}; fees {text(one.fee_minor)})"
        )
        self.stdout.write(
            f"  ledger    {text(one.booked.opening_minor)} + {text(one.booked.moved_minor)} = "
            f"{text(one.booked.closing_minor)}"
        )
        self.stdout.write(
            f"  difference {text(one.difference_minor)}; {one.worklist_count} wait, {one.changed_count} changed"
        )
        for line in one.lines:
            self.stdout.write(
                f"    {line.ref} {line.line_id or '(no line)'}: provider {text(line.provider_minor)}, "
                f"ledger {text(line.ledger_minor)}"
            )


def _days_of(fact: ImportFact) -> list[date]:
    """The days a file covers: at most the last 62 of them are told."""
    if fact.covered_from is None or fact.covered_to is None:
        return []
    first, last = (moment.astimezone(UTC).date().toordinal() for moment in (fact.covered_from, fact.covered_to))
    return [date.fromordinal(number) for number in range(max(first, last - 61), last + 1)]


def _asked_for(reports: list[DayFact], options: dict[str, Any]) -> list[DayFact]:
    return [
        one
        for one in reports
        if options["provider"] in (None, one.provider) and options["market"] in (None, one.market)
    ]
