"""`manage.py ledger_period`: close a month of a legal entity and open it again, from the shell."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.ledger import operations
from billing.ledger import queries as ledger
from billing.references import queries as references
from billing.web import months
from billing.web.periods import ACTIONS, NotAMonth, starts_at


class Command(BaseCommand):
    help = (
        "Move a month of a legal entity: start-closing, close, withdraw (with --reason), ask-reopening (with\n"
        "--reason), reopen (by another person than asked). `show` prints its state and history.\n\n"
        "--by is a person who can sign in, by e-mail address or usr_… id, and stays in the month's history. Whoever\n"
        "has this shell could name anybody: leave it to those who may.\n\n"
        "Exit status: 0 done; 1 the ledger refused, nothing was changed; 2 arguments wrong."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["show", *ACTIONS])
        parser.add_argument("entity", help="the legal entity, for example coko-sn")
        parser.add_argument("period", metavar="YYYY-MM")
        parser.add_argument("--by", help="who does it")
        parser.add_argument("--reason", help="why; withdraw and ask-reopening need it")

    def handle(self, *, action: str, entity: str, period: str, by: str | None, reason: str | None, **_: Any) -> None:
        if entity not in ledger.entities():
            raise CommandError(f"no account of {entity}: is that the legal entity's name?", returncode=2)
        try:
            month = months.of(entity, starts_at(period), at=timezone.now())
        except NotAMonth as error:
            raise CommandError(str(error), returncode=2) from error
        if action != "show":
            self._move(action, month, by=_person(by), reason=reason or "")
            month = months.of(entity, month.starts_at, at=timezone.now())
        self.stdout.write(f"{entity} {month.period}: {month.state}")
        if action == "show":
            for event, name in months.history(month):
                self.stdout.write(f"  {event.at:%Y-%m-%d %H:%M} {event.event} by {name}: {event.reason or '-'}")

    def _move(self, action: str, month: months.Month, *, by: str, reason: str) -> None:
        operation, takes_reason = ACTIONS[action]
        said = {"reason": reason} if takes_reason else {}
        try:
            operation(entity=month.entity, month=month.day, by=by, at=timezone.now(), **said)
        except operations.LedgerRefusal as refusal:
            raise CommandError(f"refused: {type(refusal).__name__}: {refusal}", returncode=1) from refusal


def _person(by: str | None) -> str:
    if not by:
        raise CommandError("who does it? --by an e-mail address or a usr_… id", returncode=2)
    try:
        found = references.user(by) if by.startswith("usr_") else references.user_by_email(by)
    except references.UnknownUser as error:
        raise CommandError(str(error), returncode=2) from error
    return found.user_ref
