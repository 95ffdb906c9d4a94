"""Four databases, one alias each, and the router that keeps them as separate as services.

`default` is the money database (called *main* in the documents); Django insists on that alias's name.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ALIASES = {
    "default": "DATABASE_URL",
    "auth": "AUTH_DATABASE_URL",
    "catalog": "CATALOG_DATABASE_URL",
    "reading": "READING_DATABASE_URL",
}

# The address that migrations use: the owner of the tables, where that is another role than the application's.
OWNER_ALIASES = {alias: variable.replace("DATABASE_URL", "DATABASE_OWNER_URL") for alias, variable in ALIASES.items()}

# Which database owns the tables of which Django app. Apps not named here live in `default`.
OWNED = {
    "auth": {"identity", "auth", "contenttypes", "sessions", "admin", "token_blacklist"},
    "catalog": {"catalog"},
    "reading": {"activity"},
}
# An outbox of facts lives beside the tables it speaks of, so this app is in every database.
EVERYWHERE = {"sync"}


def owner_of(app_label: str) -> str:
    """The alias of the database that holds this app's tables."""
    for alias, labels in OWNED.items():
        if app_label in labels:
            return alias
    return "default"


class Router:
    """Reads, writes and migrations by package; no relation crosses a database."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return None if model._meta.app_label in EVERYWHERE else owner_of(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return owner_of(first._meta.app_label) == owner_of(second._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return app_label in EVERYWHERE or owner_of(app_label) == db


def addresses(given: Callable[[str], str], *, embedded: Mapping[str, str]) -> dict[str, str]:
    """Alias → the application's address: given by itself, or beside the main one, or on the embedded server.

    `given` answers what a variable says, or nothing.
    """
    main = given(ALIASES["default"])
    beside = {alias: sister(main, alias) for alias in ALIASES} if main else embedded
    return {alias: given(variable) or beside[alias] for alias, variable in ALIASES.items()}


def owner_addresses(given: Callable[[str], str], *, embedded: Mapping[str, str]) -> dict[str, str]:
    """Alias → the owner's address, for the databases whose owner has one.

    A database moved by an address of its own needs its owner's address too: a sister of the main owner's would be
    another database than the one the application uses.

    :raises ValueError: an owner's address is given for a database that is on the embedded server.
    """
    main, main_owner = given(ALIASES["default"]), given(OWNER_ALIASES["default"])
    found = {}
    for alias, variable in ALIASES.items():
        moved = alias != "default" and given(variable)
        if address := given(OWNER_ALIASES[alias]):
            if not main and not moved:
                raise ValueError(f"{OWNER_ALIASES[alias]} is given without {variable}")
            found[alias] = address
        elif not moved and main_owner:
            found[alias] = sister(main_owner, alias)
        elif not moved and not main:
            found[alias] = embedded[alias]
    return found


def sister(main: str, alias: str) -> str:
    """The address of another database beside the main one, on the same server: `<name>_<alias>`."""
    if alias == "default":
        return main
    parts = urlsplit(main)
    return parts._replace(path=f"{parts.path}_{alias}").geturl()


def parse(url: str, *, role: str, kept_seconds: int = 60) -> dict[str, Any]:
    """Django's settings for one PostgreSQL address, with the limits every connection gets.

    `postgresql://user:password@host:port/name` or `postgresql:///name?host=/socket/folder`.
    `role` is `web` (statements are cut after 5 s) or `jobs` (60 s).

    :raises ValueError: the address is not PostgreSQL's, or names no database.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgresql", "postgres") or not name:
        raise ValueError(f"not a PostgreSQL address with a database name: scheme {parts.scheme!r}")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    limits = {
        "statement_timeout": 5_000 if role == "web" else 60_000,
        "lock_timeout": 3_000 if role == "web" else 10_000,
        "idle_in_transaction_session_timeout": 10_000 if role == "web" else 60_000,
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": kept_seconds,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # A black-holed connection hangs for ever by default (measured over 45 s); these bound it to seconds.
            "connect_timeout": 5,
            "tcp_user_timeout": 5_000,
            "keepalives_idle": 10,
            "options": " ".join(f"-c {key}={value}" for key, value in limits.items()),
            **query,
        },
    }
