"""`manage.py books_export`: journals, grand livre, balance générale or FEC of a legal entity as a file."""

import os
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from billing.configuration.queries import NoExchangeRate
from billing.ledger.snapshot import snapshot
from reports.exports import files
from reports.exports.book_pdf import TooLongForPaper
from reports.fec import NoBooksCurrency
from reports.scope import MonthsReversed, Scope, end_of_day
from royalties.periods import MalformedPeriod

REFUSALS = (files.NoSuchEntity, TooLongForPaper, NoBooksCurrency, NoExchangeRate)


class Command(BaseCommand):
    help = (
        "Write a book of a legal entity over whole months: the journals (VT, BQ, RD, OD), the grand livre, the\n"
        "balance générale, or the entries in the eighteen columns of a FEC. All of one moment, written row by row.\n\n"
        "Exit status: 0 written; 1 refused (no such entity, no exchange rate, too long for paper): nothing is left\n"
        "behind; 2 arguments or file wrong."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--entity", required=True, help="the legal entity, for example coko-sn")
        parser.add_argument("--from", required=True, dest="first", metavar="YYYY-MM", help="the first month")
        parser.add_argument("--to", dest="last", metavar="YYYY-MM", help="the last month; without it, the first alone")
        parser.add_argument("--book", required=True, choices=sorted(files.FORMS))
        parser.add_argument("--format", required=True, choices=[form.value for form in files.Form])
        parser.add_argument(
            "--known-at", type=date.fromisoformat, metavar="YYYY-MM-DD", help="as known at the end of that day"
        )
        parser.add_argument("--language", choices=["fr", "en"], default="fr", help="of headings and labels")
        parser.add_argument(
            "--output", required=True, type=Path, help="the file, or a folder: then the book's own name in it"
        )

    def handle(self, *, book: str, format: str, output: Path, language: str, **options: Any) -> None:
        form = files.Form(format)
        scope = _scope(**options)
        if form not in files.FORMS[book]:
            possible = ", ".join(files.FORMS[book])
            raise CommandError(f"{book} is not made as {format}; there is {possible}", returncode=2)
        try:
            target = output / files.file_name(book, form, scope) if output.is_dir() else output
            with translation.override(language):
                _write(book, form, scope, target)
        except REFUSALS as refusal:
            message = f"refused: {type(refusal).__name__}: {refusal}"
            raise CommandError(message, returncode=1) from refusal
        except OSError as error:
            raise CommandError(f"cannot write {output}: {error.strerror}", returncode=2) from error
        self.stdout.write(f"{target}")


def _scope(*, entity: str, first: str, last: str | None, known_at: date | None, **_rest: Any) -> Scope:
    try:
        return Scope(entity, first, last or first, None if known_at is None else end_of_day(known_at))
    except (MalformedPeriod, MonthsReversed) as error:
        raise CommandError(str(error), returncode=2) from error


def _write(book: str, form: files.Form, scope: Scope, target: Path) -> None:
    """Beside the target first: whoever finds the target finds all of it."""
    part = target.with_name(f".{target.name}.part")
    try:
        with snapshot(), part.open("wb") as file:
            files.write(book, form, scope, file, made_at=timezone.now())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
