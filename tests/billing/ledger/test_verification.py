"""Every kind of damage is found and named. It is done past all triggers, as a broken disk or a saboteur would."""

# ruff: noqa: S608 - the SQL is put together from constants of this file

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from billing.ledger import operations, queries, verification
from tests.factories.ledger import AT, account, posted, sale

pytestmark = pytest.mark.django_db


@contextmanager
def past_the_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = 'origin'")


def damage(sql: str) -> None:
    with past_the_triggers() as cursor:
        cursor.execute(sql)


def rules() -> set[str]:
    return {difference.rule for difference in queries.differences()}


@pytest.fixture
def books() -> str:
    """A few entries, one of them reversed; gives the id of the last, a plain one."""
    operations.post_many(drafts=[sale(wallet="wave:SN"), sale(wallet="mtn:CI"), sale(currency="XAF")], at=AT)
    operations.reverse(entry_ref=posted().id, key="undo", reason="Essai", at=AT)
    return posted(at=AT + timedelta(minutes=1)).id


WALLET = "(SELECT id FROM ledger_account WHERE code = '552' AND holder = 'wave:SN' AND currency = 'XOF')"
LAST = "(SELECT id FROM ledger_journalentry ORDER BY id DESC LIMIT 1)"


class TestDifferences:
    def test_finds_none_in_sound_books(self, books):
        assert list(queries.differences()) == []

    def test_finds_none_in_empty_books(self):
        assert list(queries.differences()) == []

    @pytest.mark.parametrize(
        ("sql", "expected"),
        [
            pytest.param(
                f"UPDATE ledger_accountbalance SET balance = balance + 1 WHERE account_id = {WALLET}",
                {"account_balance", "zero_sum"},
                id="a balance changed",
            ),
            pytest.param(
                f"UPDATE ledger_accountbalance SET version = version + 1 WHERE account_id = {WALLET}",
                {"account_balance"},
                id="a version changed",
            ),
            pytest.param(
                f"DELETE FROM ledger_accountbalance WHERE account_id = {WALLET}",
                {"account_balance", "zero_sum"},
                id="a balance lost",
            ),
            pytest.param(
                "INSERT INTO ledger_accountbalance VALUES (999999, 0, 1, 5, 1, 0, 0, now(), 0)",
                {"account_balance"},
                id="a balance of nobody",
            ),
            pytest.param(
                f"UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE account_id = {WALLET}"
                " AND account_version = 1",
                {"entry_balance", "account_balance", "running_balance", "fingerprint"},
                id="an amount changed",
            ),
            pytest.param(
                f"UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE account_id = {WALLET}"
                " AND account_version = 2",
                {"running_balance"},
                id="a running balance changed",
            ),
            pytest.param(
                f"DELETE FROM ledger_posting WHERE account_id = {WALLET} AND account_version = 2",
                {"entry_balance", "account_balance", "running_balance", "fingerprint", "reversal"},
                id="a posting lost",
            ),
            pytest.param(
                f"DELETE FROM ledger_posting WHERE entry_id = {LAST}",
                {"account_balance", "orphan"},
                id="all postings of an entry lost",
            ),
            pytest.param(
                "INSERT INTO ledger_posting"
                " (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)"
                f" VALUES ({WALLET}, 0, now(), 99, gen_random_uuid(), 5, 5)",
                {"entry_balance", "account_balance", "running_balance", "orphan"},
                id="a posting of no entry",
            ),
            pytest.param(
                "INSERT INTO ledger_posting"
                " (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)"
                f" VALUES (999999, 0, now(), 1, {LAST}, 5, 5)",
                {"entry_balance", "orphan"},
                id="a posting of no account",
            ),
            pytest.param(f"DELETE FROM ledger_journalentry WHERE id = {LAST}", {"orphan"}, id="an entry lost"),
            pytest.param(f"DELETE FROM ledger_entrykey WHERE entry_id = {LAST}", {"orphan"}, id="a key lost"),
            pytest.param(
                f"UPDATE ledger_journalentry SET description = 'Autre' WHERE id = {LAST}",
                {"fingerprint"},
                id="a description changed",
            ),
            pytest.param(
                f"UPDATE ledger_journalentry SET happened_at = happened_at + interval '1 day' WHERE id = {LAST}",
                {"fingerprint"},
                id="a date changed",
            ),
            pytest.param(
                f"UPDATE ledger_entrykey SET key = 'else' WHERE entry_id = {LAST}", {"orphan"}, id="a key changed"
            ),
            pytest.param(
                f"UPDATE ledger_account SET holder = 'thief' WHERE id = {WALLET}",
                {"fingerprint"},
                id="an account given to another",
            ),
            pytest.param(
                f"UPDATE ledger_account SET code = '651' WHERE id = {WALLET}",
                {"fingerprint", "chart"},
                id="an account outside the chart",
            ),
            pytest.param(
                f"UPDATE ledger_account SET entity = 'coko-ci' WHERE id = {WALLET}",
                {"one_entity", "zero_sum"},
                id="an account moved to another legal entity",
            ),
            pytest.param(
                "UPDATE ledger_reversal SET reversed_id = (SELECT entry_id FROM ledger_posting"
                " JOIN ledger_account account ON account.id = account_id WHERE holder = 'mtn:CI')",
                {"reversal"},
                id="a reversal turned to another entry",
            ),
            pytest.param(
                f"UPDATE ledger_accountbalance SET pending_debit = 5 WHERE account_id = {WALLET}",
                {"hold", "shape"},
                id="something pending that nobody holds",
            ),
            pytest.param(
                f"UPDATE ledger_posting SET recorded_at = recorded_at + interval '1 day' WHERE entry_id = {LAST}",
                {"shape"},
                id="a posting recorded after its entry",
            ),
            pytest.param(
                "INSERT INTO ledger_gate VALUES ('coko-sn', '2027-01-01', '2027-01-01')",
                {"period_lock"},
                id="a gate that no month has shut",
            ),
        ],
    )
    def test_finds_and_names(self, books, sql, expected):
        damage(sql)
        assert expected <= rules()

    def test_says_which_account_and_by_how_much(self, books):
        before = queries.balance(account("552", "wave:SN"))
        damage(f"UPDATE ledger_accountbalance SET balance = balance + 1 WHERE account_id = {WALLET} AND version > 0")
        found = next(d for d in queries.differences() if d.rule == "account_balance")
        assert found.subject == "coko-sn 552 XOF wave:SN"
        assert str(before) in found.message
        assert str(before + 1) in found.message

    def test_says_which_entry(self, books):
        damage(f"UPDATE ledger_journalentry SET description = 'Autre' WHERE id = {LAST}")
        assert [difference.subject for difference in queries.differences()] == [books]

    def test_finds_two_errors_that_cancel_out(self, books):
        """The wallet and the income are both wrong by one: every sum still agrees, the fingerprint does not."""
        damage(
            f"UPDATE ledger_posting SET amount_minor = amount_minor + sign(amount_minor) WHERE entry_id = {LAST};"
            "UPDATE ledger_accountbalance held SET balance = told.total FROM"
            " (SELECT account_id, stripe, sum(amount_minor) total FROM ledger_posting GROUP BY 1, 2) told"
            " WHERE told.account_id = held.account_id AND told.stripe = held.stripe;"
            f"UPDATE ledger_posting SET balance_after = balance_after + sign(amount_minor) WHERE entry_id = {LAST}"
        )
        assert rules() == {"fingerprint"}

    def test_does_not_mind_a_caller_who_stops_early(self, books):
        damage("UPDATE ledger_accountbalance SET balance = balance + 1")
        assert next(iter(queries.differences())).rule == "account_balance"
        assert posted().id  # the connection goes on working


class TestChecks:
    def test_each_says_what_must_hold(self):
        assert {check.name for check in verification.CHECKS} == {
            "account_balance",
            "entries",
            "guard",
            "hold",
            "keys",
            "limit",
            "period_lock",
            "reversal",
            "running_balance",
            "shape",
            "zero_sum",
        }
        assert all(len(check.promise) > 20 for check in verification.CHECKS)


class TestCounts:
    def test_tells_how_much_there_is(self, books):
        assert verification.counts() == {"entries": 6, "postings": 18, "accounts": 9, "reversals": 1}
