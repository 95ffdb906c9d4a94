"""What whoever owns the tables can do to the books, and what finds it: one test a damage.

The careless change a row. The careful recompute everything that follows from it (`cover_tracks`): then the ledger
agrees with itself, and the seals find it. Those who seal anew as well are found by an
export kept elsewhere (test_sealed.py).
"""

# ruff: noqa: S608 - the SQL is put together from constants of this file

from datetime import date, timedelta

import pytest

from billing.ledger import operations, queries
from billing.ledger.draft import WhenClosed, credit, debit
from tests.billing.ledger.test_verification import damage
from tests.factories.ledger import AT, account, draft, posted, sale

pytestmark = pytest.mark.django_db

OWED, WALLET, INCOME = account("4011", "pye_1"), account("552", "wave:SN"), account("7065")
OTHER = "(SELECT id FROM ledger_account WHERE holder = 'mtn:CI')"
HELD = "(SELECT id FROM ledger_account WHERE code = '4011')"


def entry(key: str) -> str:
    return f"(SELECT id FROM ledger_journalentry WHERE key = '{key}')"


MOVED = (
    f"UPDATE ledger_posting SET account_id = {OTHER}, account_version = 50"
    f" WHERE entry_id = {entry('a')} AND amount_minor = 3465"
)
DOUBLED = (
    "UPDATE ledger_holdline SET amount_minor = amount_minor * 2 WHERE hold_id IN (SELECT hold_id FROM ledger_openhold);"
)
OPENED = (
    "UPDATE ledger_period SET state = 'open';"
    "UPDATE ledger_gate SET closed_until = '-infinity', closing_until = '-infinity';"
)


def cover_tracks() -> None:
    """Everything that follows from accounts, entries and lines, made to follow again. Seals stay as they are."""
    damage("""
        UPDATE ledger_posting line SET account_version = told.version, balance_after = told.balance FROM (
            SELECT ctid AS place, row_number() OVER so_far AS version, sum(amount_minor) OVER so_far AS balance
            FROM ledger_posting WINDOW so_far AS (PARTITION BY account_id, stripe ORDER BY recorded_at, account_version)
        ) AS told WHERE told.place = line.ctid;
        UPDATE ledger_accountbalance held SET (balance, version, recorded_at) = (
            SELECT coalesce(sum(amount_minor), 0), count(*), coalesce(max(recorded_at), '-infinity')
            FROM ledger_posting line WHERE line.account_id = held.account_id AND line.stripe = held.stripe
        );
        UPDATE ledger_journalentry entry SET fingerprint = ledger_fingerprint(
            key, entity, journal, description, source_ref, coalesce(late_from, happened_at), (
                SELECT '[' || string_agg(json_build_array(code, currency, holder, amount_minor)::text, ','
                       ORDER BY currency, code, holder, amount_minor) || ']'
                FROM ledger_posting line JOIN ledger_account account ON account.id = account_id
                WHERE line.entry_id = entry.id
            ))
    """)


def rules() -> set[str]:
    return {difference.rule for difference in queries.differences(at=AT + timedelta(days=2))}


@pytest.fixture
def books() -> None:
    """A day under seal: sales, one taken back, a month closed before, one late, limits, holds of each kind."""
    operations.start_closing(entity="coko-sn", month=date(2026, 10, 1), by="awa", at=AT)
    operations.close_period(entity="coko-sn", month=date(2026, 10, 1), by="awa", at=AT)
    operations.post_many(
        drafts=[sale(key="a"), sale(key="b", gross=900), sale(key="c", wallet="mtn:CI")], at=AT + timedelta(seconds=1)
    )
    operations.reverse(entry_ref=posted(key="d").id, key="undo", reason="Essai", at=AT + timedelta(minutes=1))
    late = draft(key="late", happened_at=AT - timedelta(days=9))
    late = type(late)(
        **{**{n: getattr(late, n) for n in late.__dataclass_fields__}, "when_closed": WhenClosed.COUNT_LATER}
    )
    operations.post(draft=late, at=AT + timedelta(minutes=2))
    posted([debit(account("4081", "pye_1"), 1000), credit(OWED, 1000)], key="owed", at=AT + timedelta(minutes=3))
    operations.set_limits(account=OWED, floor_minor=0, credit_minor=50, by="awa", reason="Essai", at=AT)
    for key in ("open", "settled", "in part", "voided"):
        lines = [debit(OWED, 100), credit(WALLET, 100)]
        made = operations.hold(draft=draft(lines, key=f"hold {key}"), expires_at=AT + timedelta(days=9), at=AT)
        part = [debit(OWED, 40), credit(WALLET, 40)] if key == "in part" else None
        if key == "voided":
            operations.void_hold(hold_ref=made.id, reason="Essai", at=AT)
        elif key != "open":
            operations.post_hold(hold_ref=made.id, key=key, lines=part, at=AT + timedelta(minutes=4))
    operations.seal_days(at=AT + timedelta(days=1))


class TestSoundBooks:
    def test_have_no_differences(self, books):
        assert rules() == set()

    def test_have_none_when_there_are_no_tracks_to_cover(self, books):
        cover_tracks()
        assert rules() == set()


class TestTheCareless:
    @pytest.mark.parametrize(
        ("sql", "expected"),
        [
            pytest.param(
                MOVED,
                {"account_balance", "running_balance", "fingerprint"},
                id="a posting moved to another account",
            ),
            pytest.param(
                f"UPDATE ledger_posting SET stripe = (stripe + 1) % 16 WHERE entry_id = {entry('a')}",
                {"account_balance", "running_balance"},
                id="postings moved to another stripe",
            ),
            pytest.param(
                "UPDATE ledger_accountbalance held SET balance = held.balance"
                " + CASE WHEN other.balance > held.balance THEN 5 ELSE -5 END FROM ledger_accountbalance other"
                f" WHERE held.account_id = {OTHER} AND other.account_id = held.account_id"
                " AND other.stripe = (held.stripe + 8) % 16 AND other.balance <> held.balance",
                {"account_balance"},
                id="money moved between stripes",
            ),
            pytest.param(
                "UPDATE ledger_journalentry entry SET description = other.description FROM ledger_journalentry other"
                " WHERE (entry.key, other.key) IN (('a', 'undo'), ('undo', 'a'))",
                {"fingerprint"},
                id="the texts of two entries swapped",
            ),
            pytest.param(
                f"UPDATE ledger_posting SET recorded_at = recorded_at - interval '1 day' WHERE entry_id = {entry('c')};"
                f"UPDATE ledger_journalentry SET recorded_at = recorded_at - interval '1 day' WHERE id = {entry('c')}",
                {"shape", "seal", "account_balance"},
                id="an entry recorded a day earlier",
            ),
            pytest.param(
                f"UPDATE ledger_journalentry SET recorded_at = recorded_at + interval '1 s' WHERE id = {entry('c')}",
                {"shape", "seal"},
                id="an entry recorded after its lines",
            ),
            pytest.param(
                "UPDATE ledger_journalentry SET late_from = happened_at - interval '1 hour' WHERE key = 'late'",
                {"fingerprint"},
                id="when something late really happened",
            ),
            pytest.param(
                "UPDATE ledger_journalentry SET happened_at = late_from, late_from = NULL WHERE key = 'late'",
                {"seal", "period_lock"},
                id="a late entry counted in its closed month",
            ),
            pytest.param("DELETE FROM ledger_reversal", {"seal"}, id="that an entry takes another one back"),
            pytest.param(
                f"UPDATE ledger_journalentry SET closing = true WHERE id = {entry('a')}",
                {"seal"},
                id="that an entry is part of closing a month",
            ),
            pytest.param(
                "UPDATE ledger_accountbalance SET lag_us = 0 WHERE lag_us > 0",
                {"shape"},
                id="how late entries may come",
            ),
            pytest.param(
                "UPDATE ledger_accountbalance SET recorded_at = recorded_at - interval '1 s' WHERE version > 0",
                {"account_balance"},
                id="how far an account's time has come",
            ),
            pytest.param(
                "UPDATE ledger_chartaccount SET floor_minor = -1000 WHERE code = '4011'",
                {"chart"},
                id="the chart's floor",
            ),
            pytest.param(
                "INSERT INTO ledger_chartaccount VALUES ('9999', 1, 1, NULL, 'x', 'x')", {"chart"}, id="the chart"
            ),
            pytest.param(
                f"UPDATE ledger_accountbalance SET floor_minor = -1000000 WHERE account_id = {HELD}",
                {"limit"},
                id="a floor lowered past the function",
            ),
            pytest.param(
                f"UPDATE ledger_accountbalance SET credit_minor = 1000000 WHERE account_id = {HELD}",
                {"limit"},
                id="credit granted past the function",
            ),
            pytest.param("DELETE FROM ledger_limitchange", {"limit"}, id="who gave an account its limits"),
            pytest.param(
                DOUBLED,
                {"hold"},
                id="the lines of a hold",
            ),
            pytest.param(
                DOUBLED + "UPDATE ledger_accountbalance SET pending_debit = 200 WHERE pending_debit > 0",
                {"hold"},
                id="the lines of a hold, and what is pending",
            ),
            pytest.param("DELETE FROM ledger_openhold", {"hold"}, id="a hold let go past the function"),
            pytest.param("UPDATE ledger_openhold SET expires_at = NULL", {"hold"}, id="when a hold is swept"),
            pytest.param(
                "DELETE FROM ledger_holdline WHERE hold_id IN (SELECT hold_id FROM ledger_openhold);"
                "DELETE FROM ledger_openhold; DELETE FROM ledger_hold WHERE key = 'hold open'",
                {"hold"},
                id="a hold gone, its promise not",
            ),
            pytest.param(
                "UPDATE ledger_holdend SET outcome = 'posted' WHERE outcome = 'partly'", {"hold"}, id="how a hold ended"
            ),
            pytest.param(
                f"UPDATE ledger_holdend SET entry_id = {entry('owed')} WHERE outcome = 'posted'",
                {"hold"},
                id="what settled a hold",
            ),
            pytest.param(
                "UPDATE ledger_period SET state = 'open'", {"period_lock"}, id="a month opened past the function"
            ),
            pytest.param(
                "UPDATE ledger_gate SET closed_until = '2026-10-01', closing_until = '2026-10-01'",
                {"period_lock"},
                id="the gate lowered",
            ),
            pytest.param("DELETE FROM ledger_gate", {"period_lock"}, id="the gate taken away"),
            pytest.param(
                "DELETE FROM ledger_periodevent WHERE event = 'closed'", {"period_lock"}, id="who closed a month"
            ),
            pytest.param(
                "DELETE FROM ledger_periodevent WHERE event = 'closing'", {"period_lock"}, id="who began to close"
            ),
            pytest.param(
                OPENED + "INSERT INTO ledger_periodevent (entity, starts_at, event, by, reason, at)"
                " SELECT entity, starts_at, 'asked', 'awa', 'x', now() FROM ledger_period;"
                "INSERT INTO ledger_periodevent (entity, starts_at, event, by, reason, at)"
                " SELECT entity, starts_at, 'reopened', 'awa', 'x', now() FROM ledger_period",
                {"period_lock"},
                id="a month opened by one person alone",
            ),
            pytest.param("DROP TRIGGER ledger_posting_for_ever ON ledger_posting", {"guard"}, id="a guard taken away"),
            pytest.param("ALTER TABLE ledger_seal DISABLE TRIGGER USER", {"guard"}, id="guards switched off"),
            pytest.param("DROP TRIGGER ledger_posting_balances ON ledger_posting", {"guard"}, id="the last guard"),
        ],
    )
    def test_are_found(self, books, sql, expected):
        damage(sql)
        assert expected <= rules()


class TestTheCareful:
    @pytest.mark.parametrize(
        "sql",
        [
            pytest.param(
                "UPDATE ledger_posting SET amount_minor = amount_minor * 2 WHERE entry_id = " + entry("a"),
                id="amounts changed",
            ),
            pytest.param(
                MOVED,
                id="a posting moved to another account",
            ),
            pytest.param(
                f"DELETE FROM ledger_posting WHERE entry_id = {entry('b')};"
                f"DELETE FROM ledger_entrykey WHERE key = 'b'; DELETE FROM ledger_journalentry WHERE key = 'b'",
                id="an entry deleted with its lines and key",
            ),
            pytest.param(
                "UPDATE ledger_journalentry SET description = 'Autre' WHERE key = 'a'", id="a description changed"
            ),
            pytest.param(
                "UPDATE ledger_journalentry SET happened_at = happened_at - interval '1 day' WHERE key = 'undo';"
                "UPDATE ledger_accountbalance SET lag_us = lag_us + 86400000000",
                id="an entry that counts from the day before",
            ),
            pytest.param(
                "UPDATE ledger_posting SET recorded_at = recorded_at + interval '3 hours' WHERE entry_id = "
                + entry("undo")
                + "; UPDATE ledger_journalentry SET recorded_at = recorded_at + interval '3 hours' WHERE key = 'undo';"
                "UPDATE ledger_accountbalance SET lag_us = lag_us + 86400000000",
                id="an entry recorded later",
            ),
        ],
    )
    def test_are_found_by_the_seal_alone(self, books, sql):
        damage(sql)
        cover_tracks()
        assert rules() == {"seal"}

    def test_are_found_when_they_add_an_entry_to_a_sealed_day(self, books):
        damage("UPDATE ledger_fence SET sealed_until = '-infinity'")
        operations.post(draft=sale(key="new"), at=AT)
        damage("UPDATE ledger_fence SET sealed_until = '2026-11-04'")
        assert rules() == {"seal"}
