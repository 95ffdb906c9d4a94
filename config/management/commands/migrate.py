"""`manage.py migrate`: Django's own, as the owner of the tables; then what the application may do with them."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from config import grants


class Command(migrate.Command):
    help = f"{migrate.Command.help} Runs as the tables' owner and then gives the application's role its privileges."

    def execute(self, *args: Any, **options: Any) -> str | None:
        alias = options["database"]
        with grants.as_owner(alias):
            said = super().execute(*args, **options)
            if not (options["plan"] or options["check_unapplied"]):
                try:
                    grants.give(alias)
                except grants.NoSuchRole as missing:
                    raise CommandError(str(missing)) from missing
        return said
