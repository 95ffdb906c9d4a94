"""Royalty lines stay as they were computed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from royalties.runs import ledger_checks, operations, queries
from royalties.runs.models import AuthorRoyalty
from tests.royalties.conftest import NOVEMBER, OCTOBER

TABLES = ["runs_authorroyalty", "runs_accruedsale", "runs_periodrun", "runs_linestatement"]
CHANGES = {
    "runs_authorroyalty": "UPDATE runs_authorroyalty SET amount_minor = 1",
    "runs_accruedsale": "UPDATE runs_accruedsale SET paid_at = now()",
    "runs_periodrun": "UPDATE runs_periodrun SET closed_at = now()",
    "runs_linestatement": "UPDATE runs_linestatement SET statement_ref = 'stm_2'",
}


@pytest.fixture
def accrued(world, sell):
    sell(at=OCTOBER)
    operations.accrue(at=OCTOBER)
    line = queries.lines(payee_ref=world.first.id)[0]
    operations.state_lines(statement_ref="stm_1", line_refs=[line.id])
    operations.mark_closed(period="2026-10", at=NOVEMBER)
    return line


class TestTables:
    @pytest.mark.parametrize("table", TABLES)
    def test_refuse_update_delete_and_truncate(self, accrued, table):
        connection.check_constraints()  # PostgreSQL truncates nothing while foreign keys wait to be checked
        for statement in (CHANGES[table], f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)

    def test_refuse_the_same_line_twice(self, accrued):
        row = AuthorRoyalty.objects.get(pk=accrued.id)
        row.pk, row._state.adding = "roy_other", True
        with pytest.raises(IntegrityError, match="royalty_line_once"), transaction.atomic():
            row.save(force_insert=True)

    def test_refuse_a_line_on_two_statements(self, accrued):
        with pytest.raises(IntegrityError), transaction.atomic():
            operations.state_lines(statement_ref="stm_2", line_refs=[accrued.id])


class TestDifferences:
    """Each rule is broken behind the triggers' back, and found."""

    def break_line(self, **changes: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            AuthorRoyalty.objects.update(**changes)
            cursor.execute("SET LOCAL session_replication_role = 'origin'")

    def rules(self) -> set[str]:
        return {difference.rule for difference in ledger_checks.differences()}

    @pytest.fixture(autouse=True)
    def sold(self, world, sell):
        sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)

    def test_are_none_when_all_is_well(self):
        assert self.rules() == set()

    def test_name_a_line_whose_amount_was_changed(self):
        self.break_line(amount_minor=1)
        assert self.rules() == {"royalty-line-recomputes", "royalty-line-posted", "royalties-not-stated"}

    def test_name_a_line_without_its_entry(self):
        self.break_line(entry_ref="jrn_00000000000000000000000000")
        assert self.rules() == {"royalty-line-posted", "royalty-entry"}

    def test_name_a_line_of_another_sale(self):
        self.break_line(item_ref="itm_00000000000000000000000000")
        assert self.rules() == {"royalty-line-posted"}

    def test_name_a_line_that_counts_another_day(self):
        self.break_line(happened_at=OCTOBER - timedelta(days=1))
        assert self.rules() == {"royalty-line-date"}

    def test_name_a_line_in_another_currency_or_of_another_legal_entity(self):
        self.break_line(currency="XAF")
        assert self.rules() == {"royalty-line-posted", "royalty-entry", "royalties-not-stated"}

    def test_name_an_entry_whose_lines_are_gone(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            AuthorRoyalty.objects.all().delete()
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        assert self.rules() == {"royalty-entry", "royalties-not-stated"}

    def test_ask_as_much_of_many_lines_as_of_one(self, world, sell, django_assert_num_queries):
        with CaptureQueriesContext(connection) as few:
            assert self.rules() == set()
        for _ in range(3):
            sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)
        with django_assert_num_queries(len(few)):
            assert self.rules() == set()

    def test_name_a_line_that_cannot_be_read(self):
        self.break_line(inputs={})
        assert "royalty-line-unreadable" in self.rules()
