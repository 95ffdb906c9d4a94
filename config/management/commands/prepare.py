"""`manage.py prepare`: bring the four databases, the translations and the static files up to date."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connections
from psycopg import sql

from config import databases, grants


class Command(BaseCommand):
    help = (
        "Migrate the four databases as their owner, compile translations, collect static files; "
        "with --demo build the demo world once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="build the demo world if it is not there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in databases.ALIASES:
            with grants.as_owner(alias):
                create_if_missing(alias)
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        compile_messages(Path(settings.LOCALE_PATHS[0]))
        call_command("collectstatic", interactive=False, verbosity=0)
        if options["demo"]:
            call_command("demo", stdout=self.stdout)


def create_if_missing(alias: str) -> None:
    """Create the database where the server lets us.

    :raises CommandError: it is missing and may not be created; names it.
    """
    name = connections[alias].settings_dict["NAME"]
    try:
        connections[alias].ensure_connection()
        return
    except OperationalError as error:
        refused = error
    # The server's own words may be in any language, so its list of databases is asked (Django's way to reach it).
    with connections[alias]._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            raise refused
        try:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except DatabaseError as error:
            raise CommandError(f"the database {name} is missing and could not be created: {error}") from error


def compile_messages(locale_dir: Path) -> None:
    """`.po` to `.mo` with Babel, so that no gettext program is needed on the machine."""
    for source in locale_dir.glob("*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as readable:
            catalog = read_po(readable)
        with target.open("wb") as writable:
            write_mo(writable, catalog)
