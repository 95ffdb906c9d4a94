"""The checks must find what triggers keep from happening, so each test steps past the triggers first."""

import pytest
from django.db import connection

import billing.ledger.operations as ledger
from billing.ledger.draft import AccountKey, EntryDraft, credit, debit
from billing.reconciliation import ledger_checks, operations, queries
from billing.reconciliation.facts import Explanation
from tests.factories.billing import reference_world
from tests.factories.statements import BY, bring, line

pytestmark = pytest.mark.django_db
FINDING, LINE, ENTRY = "reconciliation_finding", "reconciliation_settlementline", "ledger_journalentry"


@pytest.fixture(autouse=True)
def waiting(at, tmp_path):
    """A line nobody can place: one entry, against 4712."""
    reference_world(at=at)
    bring(tmp_path, [line(happened_at=at)], at=at)
    return queries.worklist()[0]


@pytest.fixture
def decided(waiting, at):
    """It was explained: a second entry."""
    told = operations.decide_explained(line_id=waiting.id, explanation=Explanation.TAX, why="avis", by=BY, at=at)
    assert rules() == set()
    return told


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = 'origin'")


def rules() -> set[str]:
    return {difference.rule for difference in ledger_checks.differences()}


class TestDifferences:
    def test_are_none_in_good_books(self):
        assert rules() == set()

    @pytest.mark.parametrize(
        ("table", "change", "found"),
        [
            (FINDING, "suspense_minor = -1", {"settlement_amounts"}),
            (FINDING, "wallet_minor = 1", {"settlement_amounts", "settlement_wallet"}),
            (FINDING, "market = 'CI'", {"settlement_amounts"}),
            (FINDING, "entity = 'coko-ci'", {"settlement_amounts"}),
            (FINDING, "entry_count = 0", {"entry_settlement"}),
            (FINDING, "entry_count = 2", {"settlement_entry"}),
            (LINE, "net_minor = 1", {"settlement_wallet"}),
            (LINE, "currency = 'XAF'", {"settlement_amounts"}),
            (ENTRY, "happened_at = happened_at - interval '1 day'", {"settlement_date", "settlement_amounts"}),
            (ENTRY, "source_ref = 'rcl_x'", {"settlement_entry", "settlement_amounts"}),
        ],
    )
    def test_name_what_was_altered(self, table, change, found):
        tamper(f"UPDATE {table} SET {change}")  # noqa: S608
        assert rules() == found

    @pytest.mark.parametrize("table", [FINDING, LINE])
    def test_name_what_is_gone(self, table):
        tamper(f"DELETE FROM {table}")  # noqa: S608
        assert rules() == {"entry_settlement", "settlement_lines"}

    @pytest.mark.parametrize(
        ("table", "change", "found"),
        [
            (FINDING, "other_minor = other_minor - 1", {"settlement_amounts"}),
            (FINDING, "other_code = '585'", {"settlement_amounts"}),
            (FINDING, "entry_count = 1", {"settlement_amounts", "entry_settlement"}),
            ("ledger_posting", "amount_minor = amount_minor - 1", {"settlement_amounts"}),
        ],
    )
    @pytest.mark.usefixtures("decided")
    def test_name_what_was_altered_in_a_line_of_several_entries(self, table, change, found):
        tamper(f"UPDATE {table} SET {change}")  # noqa: S608
        assert rules() == found

    def test_name_an_entry_without_a_line(self, at):
        wallet, kept = (AccountKey("coko-sn", code, "XOF", "wave:SN") for code in ("552", "4712"))
        draft = EntryDraft(
            key=f"settlement:rcl_{'0' * 32}:0", journal="BQ", happened_at=at, description="Relevé",
            source_ref=f"rcl_{'0' * 32}", lines=[debit(wallet, 5), credit(kept, 5)],
        )  # fmt: skip
        ledger.post(draft=draft, at=at)
        assert rules() == {"entry_settlement"}
