"""Account 552 against the statement: the same alarm, read from the beginning or from where they last agreed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

import billing.ledger.operations as ledger
from billing.ledger.draft import AccountKey, EntryDraft, WhenClosed, credit, debit
from billing.payments import operations as payments
from billing.reconciliation import drift, operations, queries
from billing.reconciliation.models import WalletAgreement
from tests.factories import payments as attempts
from tests.factories.billing import reference_world
from tests.factories.statements import BY, bring, line

pytestmark = pytest.mark.django_db
DAYS = 8


def day(at: datetime, number: int) -> datetime:
    return at + timedelta(days=number)


def midnight(at: datetime, number: int) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=number)


@pytest.fixture(autouse=True)
def _world(at, tmp_path):
    """One line a day, each booked on its day."""
    reference_world(at=at)
    bring(tmp_path, [line(number, happened_at=day(at, number)) for number in range(DAYS)], at=day(at, DAYS))


def noted() -> tuple[datetime, int]:
    return WalletAgreement.objects.values_list("agreed_until", "told_minor").get()


def forget() -> None:
    WalletAgreement.objects.all().delete()


def post_behind(at: datetime) -> None:
    wallet, other = (AccountKey("coko-sn", code, "XOF", "wave:SN") for code in ("552", "4712"))
    draft = EntryDraft(
        key="test:behind", journal="BQ", happened_at=at, description="Oubli", source_ref="test",
        lines=[debit(wallet, 70), credit(other, 70)], when_closed=WhenClosed.COUNT_LATER,
    )  # fmt: skip
    ledger.post(draft=draft, at=at)


def wallet_alarms(at: datetime) -> list[tuple[int, datetime]]:
    return [(one.sum_minor, one.since) for one in queries.alarms(at=at) if one.code == "552"]


class TestAgreement:
    def test_is_noted_for_days_that_no_line_comes_late_for(self, at):
        assert noted() == (midnight(at, DAYS - 4), (DAYS - 4) * 1485)
        assert wallet_alarms(at) == []

    def test_is_where_reading_starts(self, at):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            cursor.execute("DELETE FROM reconciliation_settlementline WHERE happened_at < %s", [midnight(at, 3)])
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        assert wallet_alarms(at) == [], "what came before is not read"
        forget()
        assert wallet_alarms(at) == [(3 * 1485, midnight(at, 0))]

    def test_moves_on_with_the_statement(self, at, tmp_path):
        bring(tmp_path, [line(100, happened_at=day(at, DAYS + 2))], at=day(at, DAYS + 2), name="more.csv")
        assert noted() == (midnight(at, DAYS - 1), (DAYS - 1) * 1485)

    def test_is_taken_back_by_a_line_that_comes_late(self, at, tmp_path):
        bring(tmp_path, [line(100, happened_at=day(at, 1))], at=day(at, DAYS), name="late.csv")
        assert noted() == (midnight(at, DAYS - 4), (DAYS - 3) * 1485)
        assert wallet_alarms(at) == []

    def test_is_kept_by_lines_that_are_known(self, at, tmp_path):
        before = WalletAgreement.objects.get()
        bring(tmp_path, [line(1, happened_at=day(at, 1))], at=day(at, DAYS), name="known.csv")
        assert WalletAgreement.objects.get().pk == before.pk

    def test_is_taken_back_by_a_change_that_is_accepted(self, at, tmp_path):
        bring(tmp_path, [line(1, amount=985, happened_at=day(at, 1))], at=day(at, DAYS), name="changed.csv")
        operations.accept_change(changed_id=queries.changed()[0].id, why="vu", by=BY, at=day(at, DAYS))
        assert not WalletAgreement.objects.exists()
        operations.reconcile(provider="wave", market="SN", at=day(at, DAYS))
        assert noted() == (midnight(at, DAYS - 4), (DAYS - 4) * 1485 - 500)

    def test_is_worth_nothing_once_an_entry_counts_from_before(self, at):
        post_behind(day(at, 1))
        assert wallet_alarms(at) == [(70, midnight(at, 1))]
        operations.reconcile(provider="wave", market="SN", at=day(at, DAYS))
        assert wallet_alarms(at) == [(70, midnight(at, 1))]
        assert noted()[0] == midnight(at, 1), "since then they have not agreed"


class TestAlarm:
    @pytest.mark.parametrize("number", [0, 3, 4, 5, DAYS - 1])
    def test_is_the_same_from_the_agreement_as_from_the_beginning(self, at, wave, number):
        """A payment that is booked and not in the list."""
        missing = attempts.start(at=day(at, number))
        payments.apply_answer(
            payment_ref=missing.id, answer=attempts.answer(attempts.Outcome.SUCCEEDED), source="poll",
            at=midnight(at, number),
        )  # fmt: skip
        found = wallet_alarms(at)
        assert found == [(1485, midnight(at, number))]
        drift.note_agreements(provider="wave", market="SN", at=day(at, DAYS))
        assert wallet_alarms(at) == found
        forget()
        assert wallet_alarms(at) == found
