"""`manage.py royalties_simulate scenario.json`: what a scenario would pay, as JSON; nothing is saved."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from royalties.rules.refusals import Refused
from royalties.simulation import comparison, document, reading, running
from royalties.simulation.refusals import BadScenario


class Command(BaseCommand):
    """Exit status: 0 all is well, 1 differs from what it is compared with, 2 refused."""

    help = (
        "Run a scenario (periods, books, payees, contracts, sales, refunds, reads, pools, rates, tax rules, balances)\n"
        "by the same rules as the months' runs, and print statements and lines as JSON. Nothing is saved; no database\n"
        "is needed; the same file gives the same bytes. royalties/README.md and royalties/scenario.schema.json tell\n"
        "what a scenario is, royalties/examples/ has some.\n\n"
        "Exit status: 0 all is well; 1 the figures differ from those of --compare; 2 refused: the reasons are printed."
    )
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the scenario as JSON; - reads standard input")
        parser.add_argument("--compare", metavar="CSV", help="another system's figures: period,payee,currency,amount…")

    def handle(self, *, file: str, compare: str | None, **options: Any) -> None:
        try:
            content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            result = running.run(reading.read(content))
            told = document.compose(result)
            if compare is not None:
                told["comparison"] = comparison.compare(result, Path(compare).read_text())
        except (BadScenario, Refused, OSError) as refused:
            for problem in str(refused).splitlines():
                self.stderr.write(f"royalties_simulate: refused: {problem}")
            raise SystemExit(2) from refused
        self.stdout.write(document.text(told), ending="")
        if compare is not None and told["comparison"]["differences"]:
            raise SystemExit(1)
