"""`manage.py exchange_rates_import FILE --source ECB`: keep the rates a central bank published."""

import hashlib
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.configuration import operations, queries, rate_files


class Command(BaseCommand):
    """Exit status: 0 everything is on record, 1 the file was refused, 2 it cannot be read. Refused is unchanged."""

    help = (
        "Import the exchange rates of a file: the ECB's eurofxref.csv or eurofxref-hist.csv as published, or a .zip;\n"
        "or a manual file of BCEAO or BEAC: date;currency;buying;selling, and ;unit where a course is not for 1.\n"
        "The same file again changes nothing.\n\n"
        "Exit status: 0 every rate is on record; 1 refused: a bad line, or another value on record without --correct;\n"
        "2 the file cannot be read or is none of that source. Nothing is imported unless all of it is."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the CSV file, or a .zip that holds it")
        parser.add_argument("--source", required=True, choices=rate_files.SOURCES, help="who published it")
        parser.add_argument(
            "--author", type=_author, default="exchange_rates_import", help="who brings it, kept with each rate"
        )
        parser.add_argument(
            "--correct",
            action="store_true",
            help="where another value is on record, add this one as its correction; the former stays as what was known",
        )

    def handle(self, *, file: Path, source: str, author: str, correct: bool, **options: Any) -> None:
        at = timezone.now()
        try:
            content = file.read_bytes()
            found = rate_files.read(content, source=source, today=queries.business_date(at))
            done = operations.record_rates(
                source=source,
                rates=found.rates,
                recorded_by=author,
                at=at,
                file_sha256=hashlib.sha256(content).hexdigest(),
                correct=correct,
            )
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}", returncode=2) from error
        except rate_files.NotARateFile as error:
            raise CommandError(f"{file} is no file of {source}: {error}", returncode=2) from error
        except rate_files.BadLines as refusal:
            for line in refusal.lines:
                self.stderr.write(f"line {line.number}: {line.reason}")
            raise CommandError(f"{len(refusal.lines)} bad line(s): nothing was imported") from refusal
        except operations.RatesDiffer as refusal:
            for rate, value in refusal.differences:
                self.stderr.write(f"line {rate.line}: {rate.text}, on record {value.normalize():f}")
            raise CommandError(f"{refusal}: nothing was imported; --correct adds them as corrections") from refusal
        self.stdout.write(
            f"{source}: {done.new_count} new, {done.corrected_count} corrected, {done.known_count} already on record, "
            f"{found.parity_count} that repeat the parity"
        )


def _author(text: str) -> str:
    if not 0 < len(text) <= 60:
        raise ArgumentTypeError("an author is 1 to 60 characters")
    return text
