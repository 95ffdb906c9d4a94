"""`manage.py ledger_export`: the journal as text that hledger or beancount can check."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from billing.ledger import queries
from billing.ledger.exports import beancount, hledger
from billing.ledger.snapshot import snapshot

_FORMATS: dict[str, ModuleType] = {"hledger": hledger, "beancount": beancount}


class Command(BaseCommand):
    help = (
        "Write the whole journal as plain text for hledger or beancount, with our balance of every account asserted "
        "at the end: `hledger check` and `bean-check` then prove the books."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", required=True, choices=sorted(_FORMATS), help="whose language to write")
        parser.add_argument("--entity", help="only this legal entity")
        parser.add_argument("--output", type=Path, help="a file to write instead of the screen")

    def handle(self, *args: Any, **options: Any) -> None:
        pieces = _journal(_FORMATS[options["format"]], entity=options["entity"])
        if options["output"] is None:
            for piece in pieces:
                self.stdout.write(piece, ending="\n")
            return
        try:
            with options["output"].open("w", encoding="utf-8") as file:
                file.writelines(f"{piece}\n" for piece in pieces)
        except OSError as error:
            raise CommandError(f"cannot write {options['output']}: {error.strerror}", returncode=2) from error


def _journal(language: ModuleType, *, entity: str | None) -> Iterator[str]:
    """Header, entries, closing assertions: one piece at a time, all of one moment."""
    with snapshot():
        balances = queries.balances_now(entity=entity)
        day = None
        for lines in queries.journal(entity=entity):
            if day is None:
                yield from language.header(
                    [account for account, _ in balances], on=localdate(lines[0].entry.happened_at)
                )
            day = localdate(lines[0].entry.happened_at)
            yield language.transaction(lines)
        yield language.closing(balances, on=day) if day else "; the journal is empty"
