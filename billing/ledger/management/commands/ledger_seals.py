"""`manage.py ledger_seals`: the seals, or the proof of one entry, to be kept and checked elsewhere."""

from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.ledger import operations, queries
from billing.ledger.exports import seal_lines
from billing.ledger.exports.files import write_whole


class Command(BaseCommand):
    help = (
        "Write each sealed day's seal, a line a day, to be kept where whoever owns the database cannot reach it: "
        "`ledger_verify --seals FILE` compares. Or, with --proof, what proves one entry to whoever has its day's seal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=seal_lines.FORMATS, default="jsonl", help="JSON lines (usual) or CSV")
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="only days from this one on")
        parser.add_argument("--output", type=Path, metavar="FILE", help="a file to write instead of the screen")
        parser.add_argument(
            "--make", action="store_true", help="first seal every day that is over, as the hourly sweep does"
        )
        parser.add_argument("--proof", metavar="jrn_…", help="the proof of this entry instead of the seals")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["make"]:
            self._make()
        if queries.last_seal() is None:
            self.stderr.write("No day is sealed yet: workers do it once a day is over, --make does it now.")
        pieces = (
            [_proof(options["proof"])]
            if options["proof"]
            else seal_lines.written(queries.all_seals(since=options["since"]), form=options["format"])
        )
        self._write(pieces, options["output"])

    def _make(self) -> None:
        try:
            made = operations.seal_days(at=timezone.now())
        except operations.GateBusy as busy:
            raise CommandError(f"nothing was sealed: {busy}") from busy
        self.stderr.write(f"{len(made)} days sealed.")

    def _write(self, pieces: Iterable[str], output: Path | None) -> None:
        if output is None:
            for piece in pieces:
                self.stdout.write(piece, ending="\n")
            return
        try:
            write_whole(output, pieces)
        except OSError as error:
            raise CommandError(f"cannot write {output}: {error.strerror}", returncode=2) from error


def _proof(entry_ref: str) -> str:
    try:
        return seal_lines.proof(queries.proof(entry_ref))
    except queries.NoSuchEntry:
        raise CommandError(f"there is no entry {entry_ref}", returncode=2) from None
    except queries.NoSuchSeal as reason:
        raise CommandError(f"{entry_ref}: {reason}") from reason
    except queries.ContentAltered as reason:
        raise CommandError(f"nothing can be proved: {reason}; run ledger_verify") from reason
