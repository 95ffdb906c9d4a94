"""Runs the payment companies' simulators: real HTTP servers on 127.0.0.1 that speak the providers' own protocols."""

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import embedded
from providers import simulation


class Command(BaseCommand):
    help = "Run the payment providers' simulators until SIGTERM or Ctrl-C. No real money is anywhere near them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SIMULATOR_PORT, help="port on 127.0.0.1 (%(default)s)")
        parser.add_argument(
            "--webhooks-to",
            default=f"{settings.BASE_URL}/webhooks",
            help="notifications go to this address + /<provider>/<market>/ (%(default)s)",
        )
        parser.add_argument(
            "--book",
            type=Path,
            default=embedded.var_dir() / "simulator.sqlite3",
            help="file that remembers sessions and money over restarts (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("the simulators do not run in production mode")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        options["book"].parent.mkdir(parents=True, exist_ok=True)
        with simulation.serve(
            port=options["port"], webhooks_to=options["webhooks_to"], book=options["book"]
        ) as running:
            self.stdout.write(f"Simulators at {running.base_url}; notifications go to {options['webhooks_to']}")
            stop.wait()
        self.stdout.write("Simulators stopped.")
