"""`manage.py royalties_close 2026-10`: close a month and print its statements."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.money import plain
from royalties import periods
from royalties.runs import queries as runs
from royalties.runs.facts import AwaitingSaleFact
from royalties.statements import operations
from royalties.statements.facts import StatementFact

REFUSALS = (
    periods.MalformedPeriod,
    operations.PeriodNotOver,
    operations.EarlierPeriodOpen,
    operations.LaterPeriodClosed,
)


class Command(BaseCommand):
    """Exit status: 0 all is well, 1 closed but something wants attention, 2 refused and nothing was changed."""

    help = (
        "Close a month: accrue what is left of it, issue every author's statement once and post them.\n"
        "Closing a closed month changes nothing and prints the same statements.\n\n"
        "Exit status: 0 all is well; 1 closed, but sales wait for a contract or a statement fails its own audit;\n"
        "2 refused (month malformed, not over, or out of order): nothing was changed."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("period", metavar="YYYY-MM", help="the month to close, for example 2026-10")

    def handle(self, *, period: str, **options: Any) -> None:
        try:
            issued = operations.close(period=period, at=timezone.now())
        except REFUSALS as refusal:
            self.stderr.write(f"royalties_close: refused: {refusal}")
            raise SystemExit(2) from refusal
        waiting = tuple(sale for sale in runs.awaiting_contract() if periods.of(sale.paid_at) <= period)
        self._print(period, issued)
        self._print_attention(issued, waiting)
        if waiting or any(not check.holds for statement in issued for check in statement.audit):
            raise SystemExit(1)

    def _print(self, period: str, issued: Sequence[StatementFact]) -> None:
        self.stdout.write(f"{period}: {len(issued)} statement(s)")
        row = "{:<16} {:<28} {:>12} {:>12} {:>12} {:>12} {:<3}"
        if issued:
            self.stdout.write(row.format("number", "payee", "opening", "earned", "paid", "closing", ""))
        for fact in issued:
            amounts = (fact.opening_minor, fact.earned_minor, fact.paid_minor, fact.closing_minor)
            shown = [plain(amount, fact.currency) for amount in amounts]
            self.stdout.write(row.format(fact.number, fact.payee_name[:28], *shown, fact.currency))

    def _print_attention(self, issued: Sequence[StatementFact], waiting: Sequence[AwaitingSaleFact]) -> None:
        for fact in issued:
            for check in fact.audit:
                if not check.holds:
                    self.stderr.write(f"{fact.number}: check {check.rule} fails: {check.detail}")
        for sale in waiting:
            amount = f"{plain(sale.gross_minor, sale.currency)} {sale.currency}"
            self.stderr.write(f"no contract: {sale.title} ({sale.edition_ref}), {sale.invoice_number}, {amount}")
