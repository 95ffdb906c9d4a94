"""`manage.py ledger_export`: the journal as text that hledger or beancount can check."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from billing.ledger import queries
from billing.ledger.draft import AccountKey
from billing.ledger.exports import beancount, hledger
from billing.ledger.exports.files import write_whole
from billing.ledger.snapshot import snapshot

_FORMATS: dict[str, ModuleType] = {"hledger": hledger, "beancount": beancount}
_Balances = Sequence[tuple[AccountKey, int]]


class Command(BaseCommand):
    help = (
        "Write the journal as plain text for hledger or beancount, with our balance of every account asserted at the "
        "end: `hledger check` and `bean-check` then prove the books. A stretch of it opens with the balances before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", required=True, choices=sorted(_FORMATS), help="whose language to write")
        parser.add_argument("--entity", help="only this legal entity")
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="from this day on")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="up to but not this day")
        parser.add_argument(
            "--output",
            type=Path,
            metavar="FILE",
            help="a file to write instead of the screen; it is whole or not there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = options["since"], options["until"]
        if since and until and since >= until:
            raise CommandError(f"{since} is not before {until}", returncode=2)
        pieces = _journal(_FORMATS[options["format"]], entity=options["entity"], since=since, until=until)
        if options["output"] is None:
            for piece in pieces:
                self.stdout.write(piece, ending="\n")
            return
        try:
            write_whole(options["output"], pieces)
        except OSError as error:
            raise CommandError(f"cannot write {options['output']}: {error.strerror}", returncode=2) from error


def _journal(language: ModuleType, *, entity: str | None, since: date | None, until: date | None) -> Iterator[str]:
    """Header, opening balances, entries, closing assertions: one piece at a time, all of one moment."""
    start, end = _midnight(since), _midnight(until)
    with snapshot():
        closing = _balances(entity=entity, until=end)
        opening = [] if start is None else [held for held in _balances(entity=entity, until=start) if held[1]]
        entries = queries.journal(entity=entity, since=start, until=end)
        first = next(entries, None)
        if first is None and not opening:
            yield "; the journal is empty"
            return
        day = since or localdate(first[0].entry.happened_at) if first else since
        yield from language.header([account for account, _ in closing], on=day)
        if opening:
            yield language.opening(opening, on=day)
        for lines in chain([first] if first else [], entries):
            day = localdate(lines[0].entry.happened_at)
            yield language.transaction(lines)
        yield language.closing(closing, on=day)


def _balances(*, entity: str | None, until: datetime | None) -> _Balances:
    """Every account with what counts from before `until`; ever, without reading a posting."""
    if until is None:
        return queries.balances_now(entity=entity)
    return [(row.account, row.closing_minor) for row in queries.balances(entity=entity, until=until)]


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else queries.day_bounds(day)[0]
