"""Django for a peer: one PostgreSQL database, the peer's apps, and nothing else."""

from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.management import call_command


def settle(address: str, apps: list[str], **more: object) -> None:
    parts = urlsplit(address)
    settings.configure(
        SECRET_KEY="bench",  # noqa: S106  signs nothing
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *apps],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username,
                "HOST": parse_qs(parts.query)["host"][0],
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        **more,
    )
    django.setup()


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)
