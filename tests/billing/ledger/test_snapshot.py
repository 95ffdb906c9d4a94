"""Reading everything while others post."""

import threading

import pytest
from django.db import Error, InternalError, connection, transaction

from billing.ledger import queries
from billing.ledger.snapshot import snapshot
from tests.factories.ledger import account, posted


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
class TestSnapshot:
    def test_sees_one_moment_while_others_post(self):
        posted()

        def another() -> None:
            posted()
            connection.close()

        with snapshot():
            before = queries.balance(account("7065"))
            thread = threading.Thread(target=another)
            thread.start()
            thread.join()
            assert queries.balance(account("7065")) == before == -1000
            assert list(queries.differences()) == []
        assert queries.balance(account("7065")) == -2000

    def test_writes_nothing(self):
        with pytest.raises(InternalError, match=r"read-only|READ COMMITTED"), snapshot():
            posted()

    def test_takes_as_long_as_it_needs_unless_told_that_somebody_waits(self):
        own = setting("statement_timeout")
        with snapshot():
            assert setting("statement_timeout") == "0"
        with snapshot(patient=False):
            assert setting("statement_timeout") == own != "0"

    def test_inside_another_transaction_leaves_the_settings_as_they_were(self):
        with transaction.atomic():
            before = setting("statement_timeout"), setting("enable_nestloop")
            with snapshot():
                assert setting("enable_nestloop") == "off"
            assert (setting("statement_timeout"), setting("enable_nestloop")) == before

    def test_inside_another_transaction_leaves_them_even_after_an_error(self):
        with transaction.atomic():
            before = setting("enable_nestloop")
            with pytest.raises(Error), snapshot():
                setting("no_such_setting")
            assert setting("enable_nestloop") == before
