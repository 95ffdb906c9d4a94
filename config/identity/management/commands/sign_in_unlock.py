"""`manage.py sign_in_unlock EMAIL`: lets an account be tried again before the quarter of an hour is over."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.identity import limits


class Command(BaseCommand):
    help = "Forget the counted sign-in attempts of one account. Says the same whether the account exists or not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        limits.lift(email=options["email"])
        self.stdout.write("The account may be tried again.")
