"""`manage.py demo`: build the demo world once, or print its card."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import card, world


class Command(BaseCommand):
    help = "Build the demo world (catalogue, prices, people, contracts, weeks of sales) unless it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--card", action="store_true", help="only print addresses, sign-ins and the API key")
        parser.add_argument("--sales", type=int, default=world.SALES_COUNT, help="how many past sales to make")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("the demo world has published passwords: it is not for production")
        if options["card"]:
            self.stdout.write(card.text(settings.BASE_URL, settings.SIMULATOR_URL))
            return
        if world.is_there():
            return
        self.stdout.write("Building the demo world (once)…")
        for step in world.build(now=timezone.now(), sales_count=options["sales"]):
            self.stdout.write(f"  {step}")
