"""What PostgreSQL itself refuses, whoever asks: each fence is climbed with raw SQL."""

import pytest
from django.db import Error, IntegrityError, connection, transaction

from billing.ledger import queries
from billing.ledger.models import Account, AccountBalance, JournalEntry, Posting
from tests.factories.ledger import account, posted, sale

UNBALANCED = (
    "SELECT ledger_post_many('coko-sn', ARRAY[gen_random_uuid()], '{k}', '{OD}', '{d}', '{s}', ARRAY[now()],"
    " NULL, NULL, NULL, NULL, now(), false, '{521,7065}', '{XOF,XOF}', ARRAY['',''], '{1,1}', '{1,2}', '{5,-4}')"
)
TABLES = ["account", "accountbalance", "journalentry", "entrykey", "reversal", "posting"]


def execute(sql: str, params: list[object] | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def ledger_writing() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('coko.ledger_writing', true), '')")
        return cursor.fetchone()[0]


def account_id(key) -> int:
    return Account.objects.get(code=key.code, holder=key.holder, currency=key.currency, entity=key.entity).id


@pytest.mark.django_db
class TestForEver:
    @pytest.mark.parametrize("table", TABLES)
    def test_no_row_is_deleted(self, table):
        posted()
        with pytest.raises(IntegrityError, match=r"for ever|only the ledger's functions"):
            execute(f"DELETE FROM ledger_{table}")  # noqa: S608

    @pytest.mark.parametrize("table", TABLES)
    def test_no_table_is_emptied(self, table):
        posted()
        with pytest.raises(IntegrityError, match="for ever"):
            execute(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE ledger_{table} CASCADE")

    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("account", "holder = 'someone else'"),
            ("journalentry", "description = 'something else'"),
            ("entrykey", "key = 'else'"),
            ("reversal", "reversing_id = reversed_id"),
            ("posting", "amount_minor = amount_minor + 1"),
        ],
    )
    def test_no_row_is_changed(self, table, change):
        posted()
        with pytest.raises(IntegrityError, match="for ever"):
            execute(f"UPDATE ledger_{table} SET {change}")  # noqa: S608

    def test_not_even_while_the_function_would_write(self):
        posted()
        with pytest.raises(IntegrityError, match="for ever"):
            execute("SET LOCAL coko.ledger_writing = 'on'; DELETE FROM ledger_posting")

    def test_not_through_the_models_either(self):
        posted()
        with pytest.raises(IntegrityError, match="for ever"), transaction.atomic():
            Posting.objects.update(amount_minor=5)
        with pytest.raises(IntegrityError, match="for ever"), transaction.atomic():
            JournalEntry.objects.update(description="x")


@pytest.mark.django_db
class TestOnlyTheFunctionWrites:
    def test_no_balance_is_set(self):
        posted()
        with pytest.raises(IntegrityError, match="only the ledger's functions"), transaction.atomic():
            AccountBalance.objects.update(balance=5)

    @pytest.mark.parametrize(
        "values",
        [
            "account (id, entity, code, currency, holder, side, stripes) VALUES (1, 'x', '521', 'XOF', '', 1, 1)",
            "accountbalance (account_id, stripe, balance, version) VALUES (1, 0, 0, 0)",
            "entrykey (entry_id, key) VALUES (gen_random_uuid(), 'k')",
            "hold (id, key) VALUES (gen_random_uuid(), 'k')",
            "openhold (hold_id) VALUES (gen_random_uuid())",
            "gate VALUES ('x', now(), now())",
            "fence VALUES (1, now())",
            "seal (day) VALUES (now())",
            "reversal (reversed_id, reversing_id) VALUES (gen_random_uuid(), gen_random_uuid())",
            "posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)"
            " VALUES (1, 0, now(), 1, gen_random_uuid(), 1, 1)",
            "journalentry (id) VALUES (gen_random_uuid())",
        ],
        ids=lambda values: values.split()[0],
    )
    def test_no_row_is_inserted(self, values):
        with pytest.raises(IntegrityError, match="only the ledger's functions"):
            execute(f"INSERT INTO ledger_{values}")

    def test_the_door_is_closed_again_after_the_function(self):
        with transaction.atomic():
            posted()
            assert ledger_writing() in ("", "off")

    def test_the_door_is_closed_again_after_a_refusal_inside_the_function(self):
        with transaction.atomic():
            with pytest.raises(Error, match="does not balance"):
                execute(UNBALANCED)
            assert ledger_writing() in ("", "off")
            with pytest.raises(IntegrityError, match="only the ledger's functions"):
                execute("INSERT INTO ledger_entrykey (key, entry_id) VALUES ('k', gen_random_uuid())")

    def test_the_door_is_closed_again_after_a_refusal_that_sql_caught(self):
        with transaction.atomic():
            call = UNBALANCED.removeprefix("SELECT ")
            execute(f"DO $$ BEGIN PERFORM {call}; EXCEPTION WHEN check_violation THEN NULL; END $$")
            assert ledger_writing() in ("", "off")

    def test_a_role_that_may_only_execute_can_post_and_do_nothing_else(self):
        posted()
        execute("CREATE ROLE coko_test_poster; GRANT USAGE ON SCHEMA public TO coko_test_poster")
        execute("GRANT EXECUTE ON FUNCTION ledger_post_many TO coko_test_poster")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE coko_test_poster")
            cursor.execute(
                "SELECT outcome FROM ledger_post_many('coko-sn', ARRAY[gen_random_uuid()], '{k}', '{OD}', '{d}', '{s}',"
                " ARRAY[now()], NULL, NULL, NULL, NULL, now(), false, '{521,7065}', '{XOF,XOF}', ARRAY['',''],"
                " '{1,1}', '{1,2}', '{5,-5}')"
            )
            assert cursor.fetchall() == [("new",)]
        for sql in ("INSERT INTO ledger_posting VALUES (1)", "UPDATE ledger_accountbalance SET balance = 0"):
            with pytest.raises(Error, match="permission denied"):
                execute(f"SET LOCAL ROLE coko_test_poster; SET LOCAL coko.ledger_writing = 'on'; {sql}")


INSERT = """
    SET LOCAL coko.ledger_writing = 'on';
    INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
    SELECT %s, 0, recorded_at, 1000 + %s, id, %s, 0 FROM ledger_journalentry ORDER BY id LIMIT 1
"""


@pytest.mark.django_db(transaction=True)
class TestBalancedAtCommit:
    """With the guard's setting forged, so that only the last fence is left."""

    def test_refuses_a_line_that_leaves_an_entry_unbalanced(self):
        posted()
        wallet = account_id(account("552", "wave:SN"))
        with pytest.raises(IntegrityError, match="off by 7 XOF"):
            execute(INSERT, [wallet, 1, 7])
        assert Posting.objects.count() == 2

    def test_refuses_it_at_commit_and_not_before(self):
        posted()
        wallet, income = account_id(account("552", "wave:SN")), account_id(account("7065"))
        transaction.set_autocommit(False)
        execute(INSERT, [wallet, 1, 7])
        execute(INSERT, [income, 2, -6])
        try:
            with pytest.raises(IntegrityError, match="off by 1 XOF"):
                transaction.commit()
        finally:
            transaction.set_autocommit(True)

    def test_accepts_lines_that_balance_by_the_time_of_commit(self):
        posted()
        wallet, income = account_id(account("552", "wave:SN")), account_id(account("7065"))
        with transaction.atomic():
            execute(INSERT, [wallet, 1, 7])
            execute(INSERT, [income, 2, -7])
        assert Posting.objects.count() == 4

    def test_refuses_zero_made_of_two_currencies(self):
        posted()
        posted(sale(currency="XAF").lines)
        wallet, other = account_id(account("552", "wave:SN")), account_id(account("552", "wave:SN", currency="XAF"))
        with pytest.raises(IntegrityError, match="off by"):
            execute(f"{INSERT}; {INSERT}", [wallet, 1, 7, other, 2, -7])

    def test_refuses_a_line_of_an_account_that_does_not_exist(self):
        posted()
        with pytest.raises(IntegrityError, match="no such account"):
            execute(INSERT, [999_999, 1, 7])


@pytest.mark.django_db
class TestShapes:
    @pytest.mark.parametrize(
        "bad",
        [account("521", currency="xof"), account("521", currency="XO"), account("521", entity="")],
        ids=["lower case", "two letters", "no entity"],
    )
    def test_refuses_an_account_of_another_shape(self, bad):
        execute("SELECT set_config('coko.ledger_writing', 'on', true)")
        name = [bad.entity, [bad.code], [bad.currency], [bad.holder]]
        with pytest.raises(IntegrityError):
            execute("SELECT ledger_open_accounts(%s, %s, %s, %s)", name)
        assert queries.balances() == ()
