"""Two roles for each database: the *owner* makes the tables, the *application* works with them.

The application's role reads and writes every table, except that it only reads the ledger's: those change through the
ledger's functions alone, which run as the owner (SECURITY DEFINER). The rule goes by name, so that a table or function
added to the ledger is inside the fence on the day it is made:

    table          ledger_*, django_migrations    SELECT
                   any other                      SELECT, INSERT, UPDATE, DELETE; never TRUNCATE
    sequence       ledger_*                       nothing
                   any other                      USAGE
    function       ledger_*                       EXECUTE for this role and no other; trigger functions for none

A trigger fires without EXECUTE on its function. With it, a role could hang the ledger's on a temporary table of its own
and have the owner's hand write what it likes.

Where one role is both, there is no fence: `/readyz` and `manage.py check --deploy` say so.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections, transaction
from psycopg import sql

_LEDGER = "ledger_"
_READ_ONLY = (_LEDGER, "django_migrations")

# What is in `public`, is the current role's to give, and did not come with an extension.
_RELATIONS = """
SELECT oid::regclass::text, relname, relkind
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
  AND pg_has_role(relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
ORDER BY relname
"""
_FUNCTIONS = """
SELECT oid::regprocedure::text, prorettype = 'trigger'::regtype
FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, %s) AND pg_has_role(proowner, 'USAGE')
ORDER BY proname
"""
# Tables of the ledger that the current role could write to, or whose fences it could take down.
_UNFENCED = """
SELECT relname
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND starts_with(relname, %s)
  AND (has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
       OR has_any_column_privilege(oid, 'INSERT, UPDATE')
       OR pg_has_role(relowner, 'MEMBER'))
ORDER BY relname
"""


class NoSuchRole(Exception):
    """The application's role is not on the server; the sentence says how to make it."""


@contextmanager
def as_owner(alias: str) -> Iterator[None]:
    """Connect as the owner of this database's tables meanwhile, where the owner has an address of its own."""
    connection = connections[alias]
    kept, owner = connection.settings_dict, settings.DATABASE_OWNERS.get(alias)
    if owner is None or all(kept[part] == owner[part] for part in ("USER", "HOST", "PORT")):
        yield
        return
    connection.close()
    connection.settings_dict = {**kept, **owner}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = kept


def give(alias: str) -> None:
    """Bring what the application's role may do to the rule above. The owner does it after every migration.

    :raises NoSuchRole: the server does not know the role that the application's address names.
    """
    role = settings.DATABASE_APPLICATIONS[alias]["USER"]
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        ourselves, there = cursor.fetchone()
        if alias not in settings.DATABASE_OWNERS or role == ourselves:
            return
        if not there:
            raise NoSuchRole(
                f"the database {alias} has no role {role!r}, whose name the application's address gives: "
                f"CREATE ROLE … LOGIN PASSWORD … on its server, then run this again"
            )
        for statement in _statements(cursor):
            cursor.execute(statement.format(role=sql.Identifier(role)))


def _statements(cursor: Any) -> Iterator[sql.SQL]:
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}")
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {role}")
    # A table made from now on can be read at once, and written to when this has run: never a moment outside the fence.
    yield sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}")

    cursor.execute(_RELATIONS)
    relations = cursor.fetchall()
    read = [spelled for spelled, name, kind in relations if kind != "S"]
    write = [spelled for spelled, name, kind in relations if kind in "rp" and not name.startswith(_READ_ONLY)]
    count = [spelled for spelled, name, kind in relations if kind == "S" and not name.startswith(_LEDGER)]
    fenced = [spelled for spelled, name, kind in relations if name.startswith(_LEDGER)]
    yield from _on("REVOKE ALL ON", [spelled for spelled, _, kind in relations], "FROM {role}")
    yield from _on("REVOKE ALL ON", fenced, "FROM PUBLIC")
    yield from _on("GRANT SELECT ON", read, "TO {role}")
    yield from _on("GRANT INSERT, UPDATE, DELETE ON", write, "TO {role}")
    yield from _on("GRANT USAGE ON SEQUENCE", count, "TO {role}")

    cursor.execute(_FUNCTIONS, [_LEDGER])
    functions = cursor.fetchall()
    yield from _on("REVOKE ALL ON ROUTINE", [spelled for spelled, _ in functions], "FROM PUBLIC, {role}")
    yield from _on(
        "GRANT EXECUTE ON ROUTINE", [spelled for spelled, is_trigger in functions if not is_trigger], "TO {role}"
    )


def _on(privileges: str, objects: Iterable[str], whom: str) -> Iterator[sql.SQL]:
    if spelled := ", ".join(objects):  # as PostgreSQL spells them itself, quoted where needed
        yield sql.SQL(f"{privileges} {spelled} {whom}")


def unfenced() -> list[str]:
    """The ledger's tables that this process's role could change without the ledger's functions."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_UNFENCED, [_LEDGER])
        return [name for (name,) in cursor.fetchall()]


@checks.register(checks.Tags.security, checks.Tags.database, deploy=True)
def check_fence(*, databases: Iterable[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """`check --deploy` goes by the addresses; with `--database default` by what the server really allows."""
    if "default" in (databases or ()):
        open_tables = unfenced()
        said = f"The application's role could change {', '.join(open_tables)} without the ledger's functions."
    else:
        open_tables = [] if "default" in settings.DATABASE_OWNERS else [_LEDGER]
        said = "DATABASE_OWNER_URL is not given here: unless migrations run elsewhere with another role, "
        said += "the application owns the ledger's tables."
    hint = "Give migrations a role of their own: «Two roles» in docs/settings.md."
    return [checks.Warning(said, hint=hint, id="coko.W001")] if open_tables else []
