"""One unmoving view of the books, for whoever reads all of them while others go on posting."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

_SETTINGS = {
    "idle_in_transaction_session_timeout": "0",
    "work_mem": "64MB",
    # Whole tables meet whole tables here. Row by row is never right for that, yet it is what PostgreSQL chooses when
    # its statistics say the tables are small, and then a second becomes an hour.
    "enable_nestloop": "off",
    "cursor_tuple_fraction": "1",  # every row of a cursor is read: the first ones need not come early
}
_ROWS_AT_A_TIME = 2000
_PATIENCE = {"statement_timeout": "0"}  # reading millions of lines takes longer than a page may


@contextmanager
def snapshot(*, patient: bool = True) -> Iterator[None]:
    """Everything read inside sees the same moment, takes as long as it needs, and writes nothing.

    Without patience each statement has the time the session gives it, as a page must.
    Inside another transaction it sees what that one sees, and leaves its settings as they were.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        before = _set(cursor, _SETTINGS | _PATIENCE if patient else _SETTINGS)
        yield
        # After an error the savepoint's rollback has restored them already.
        _set(cursor, before)


def streamed(
    statement: str, values: Mapping[str, Any] | None = None, *, page: int = _ROWS_AT_A_TIME
) -> Iterator[tuple[Any, ...]]:
    """The rows of one statement, `page` of them in memory at a time. Others may run beside it."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(page):
            yield from rows


def in_parallel(statement: str) -> Iterator[tuple[Any, ...]]:
    """The rows of one statement, one in memory at a time; the connection does nothing else meanwhile.

    PostgreSQL may work on it with all its cores, which it never does for a cursor of its own, as `streamed` opens.
    """
    with connection.cursor() as cursor, connection.wrap_database_errors:
        yield from cursor.stream(statement)


def _set(cursor: CursorWrapper, settings: dict[str, str]) -> dict[str, str]:
    """Sets them until the transaction ends; gives what they were."""
    before = {}
    for name, value in settings.items():
        cursor.execute("SELECT current_setting(%s)", [name])
        before[name] = str(cursor.fetchone()[0])
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    return before
