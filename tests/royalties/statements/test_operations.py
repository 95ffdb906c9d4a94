"""Closing a month: once, in order, exactly what the lines say, and never rewritten."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from billing.ledger import operations as ledger_operations
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey, EntryDraft, credit, debit
from royalties import periods
from royalties.runs import ledger_checks as run_checks
from royalties.runs import operations as runs
from royalties.runs import queries as lines
from royalties.runs.models import LineStatement
from royalties.statements import document, ledger_checks, operations, queries
from royalties.statements.models import Statement
from tests.factories import billing, royalties
from tests.royalties.conftest import BEFORE, DECEMBER, NOVEMBER, OCTOBER, make_world


def payable(payee_ref: str, code: str = "4011", currency: str = "XOF") -> int:
    return -ledger.balance(AccountKey("coko-sn", code, currency, payee_ref))


def agree() -> bool:
    return not [*run_checks.differences(), *ledger_checks.differences()]


class TestClose:
    def test_states_what_the_month_earned(self, world, sell):
        sell(at=OCTOBER)
        sell(at=OCTOBER, quantity=2)
        issued = operations.close(period="2026-10", at=NOVEMBER)
        assert [statement.number for statement in issued] == ["ST-2026-10-0001", "ST-2026-10-0002"]
        mine = next(statement for statement in issued if statement.payee_ref == world.first.id)
        assert (mine.opening_minor, mine.earned_minor, mine.paid_minor, mine.closing_minor) == (0, 1588, 0, 1588)
        assert sum(line.amount_minor for line in mine.lines) == mine.earned_minor
        assert [(book.quantity, book.gross_minor, book.amount_minor) for book in mine.books] == [(3, 4500, 1588)]
        assert all(check.holds for check in mine.audit), mine.audit
        assert len(mine.audit) == 7

    def test_moves_what_is_owed_from_accrued_to_payable(self, world, sell):
        sell(at=OCTOBER)
        runs.accrue(at=OCTOBER)
        assert (payable(world.first.id, "4081"), payable(world.first.id)) == (527, 0)
        operations.close(period="2026-10", at=NOVEMBER)
        assert (payable(world.first.id, "4081"), payable(world.first.id)) == (0, 527)
        assert agree()

    def test_books_the_statement_in_its_own_month(self, world, sell):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        start, end = periods.bounds("2026-10")
        month = ledger.trial_balance(entity="coko-sn", since=start, until=end)
        owed = {row.account.holder: -row.closing_minor for row in month if row.account.code == "4011"}
        assert owed == {world.first.id: 527, world.second.id: 352}

    def test_leaves_the_next_month_out(self, world, sell):
        sell(at=OCTOBER)
        sell(at=periods.bounds("2026-10")[1])
        runs.accrue(at=NOVEMBER)
        issued = operations.close(period="2026-10", at=NOVEMBER)
        assert {statement.earned_minor for statement in issued} == {527, 352}
        assert all(check.holds for statement in issued for check in statement.audit)
        assert [fact.amount_minor for fact in queries.running(world.first.id, at=NOVEMBER)] == [527]

    def test_changes_nothing_the_second_time(self, world, sell):
        sell(at=OCTOBER)
        first = operations.close(period="2026-10", at=NOVEMBER)
        again = operations.close(period="2026-10", at=DECEMBER)
        assert again == first
        assert Statement.objects.count() == 2

    def test_refuses_a_month_that_is_not_over(self, world):
        with pytest.raises(operations.PeriodNotOver):
            operations.close(period="2026-11", at=NOVEMBER)

    def test_accepts_the_first_moment_after_the_month(self, world, sell):
        sell(at=OCTOBER)
        assert operations.close(period="2026-10", at=periods.bounds("2026-10")[1])

    @pytest.mark.parametrize("text", ["2026-13", "octobre", "", "2026-10 "])
    def test_refuses_what_is_no_month(self, world, text):
        with pytest.raises(periods.MalformedPeriod):
            operations.close(period=text, at=NOVEMBER)

    def test_refuses_a_month_while_an_earlier_one_is_open(self, world, sell):
        sell(at=OCTOBER)
        sell(at=NOVEMBER)
        with pytest.raises(operations.EarlierPeriodOpen):
            operations.close(period="2026-11", at=DECEMBER)
        assert not Statement.objects.exists()

    def test_refuses_a_month_before_a_closed_one(self, world, sell):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        with pytest.raises(operations.LaterPeriodClosed):
            operations.close(period="2026-09", at=NOVEMBER)

    def test_carries_the_balance_into_a_month_without_sales(self, world, sell):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        issued = operations.close(period="2026-11", at=DECEMBER)
        mine = next(statement for statement in issued if statement.payee_ref == world.first.id)
        assert (mine.opening_minor, mine.earned_minor, mine.closing_minor, mine.lines) == (527, 0, 527, ())
        assert all(check.holds for check in mine.audit)
        assert agree()

    def test_takes_what_the_ledger_says_was_paid_out(self, world, sell):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        paid = EntryDraft(
            key="payout:1",
            journal="BQ",
            happened_at=NOVEMBER,
            description="Versement",
            source_ref="out_1",
            lines=[
                debit(AccountKey("coko-sn", "4011", "XOF", world.first.id), 500),
                credit(AccountKey("coko-sn", "552", "XOF", "wave:SN"), 500),
            ],
        )
        ledger_operations.post(draft=paid, at=NOVEMBER)
        assert agree()
        issued = operations.close(period="2026-11", at=DECEMBER)
        mine = next(statement for statement in issued if statement.payee_ref == world.first.id)
        assert (mine.opening_minor, mine.paid_minor, mine.closing_minor) == (527, 500, 27)
        assert all(check.holds for check in mine.audit)
        assert agree()

    def test_gives_each_currency_a_statement(self, world, sell):
        sell(at=OCTOBER)
        sell(at=OCTOBER, country="CM")
        issued = operations.close(period="2026-10", at=NOVEMBER)
        assert sorted(statement.currency for statement in issued) == ["XAF", "XAF", "XOF", "XOF"]
        assert agree()

    def test_closes_a_month_in_which_nothing_happened(self, world):
        assert operations.close(period="2026-10", at=NOVEMBER) == ()
        assert lines.is_closed("2026-10")


class TestLateSales:
    def test_go_to_the_next_statement_and_are_marked(self, world, sell):
        sell(at=OCTOBER)
        before = operations.close(period="2026-10", at=NOVEMBER)
        sell(at=OCTOBER + timedelta(days=3))
        issued = operations.close(period="2026-11", at=DECEMBER)
        mine = next(statement for statement in issued if statement.payee_ref == world.first.id)
        assert [(line.period, line.is_late) for line in mine.lines] == [("2026-11", True)]
        assert (mine.opening_minor, mine.earned_minor, mine.closing_minor) == (527, 527, 1054)
        assert all(check.holds for check in mine.audit)
        assert queries.whole_statements_of_period("2026-10") == before
        assert agree()

    def test_leave_the_trial_balance_of_the_closed_month_as_it_was(self, world, sell):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        start, end = periods.bounds("2026-10")
        before = ledger.trial_balance(entity="coko-sn", since=start, until=end)
        sell(at=OCTOBER + timedelta(days=3))
        runs.rescan(paid_from=start, paid_until=end, at=NOVEMBER)
        assert ledger.trial_balance(entity="coko-sn", since=start, until=end) == before

    def test_without_a_contract_wait_and_never_stop_the_close(self, bookshop, sell):
        sell(at=OCTOBER)
        assert operations.close(period="2026-10", at=NOVEMBER) == ()
        assert len(lines.awaiting_contract()) == 1
        author = royalties.payee(at=NOVEMBER)
        royalties.contract(shares={author.id: 1}, at=NOVEMBER)
        (issued,) = operations.close(period="2026-11", at=DECEMBER)
        assert [(line.is_late, line.amount_minor) for line in issued.lines] == [(True, 879)]


class TestStatementTables:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE statements_statement SET version = 2",
            "DELETE FROM statements_statement",
            "TRUNCATE statements_statement, statements_statementpdf",
        ],
    )
    def test_refuse_changes(self, world, sell, change):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(change)


class TestDifferences:
    @pytest.fixture(autouse=True)
    def closed(self, world, sell):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)

    def break_statement(self, **changes: object) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            Statement.objects.filter(number="ST-2026-10-0001").update(**changes)
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        return {difference.rule for difference in ledger_checks.differences()}

    def test_are_none_when_all_is_well(self):
        assert list(ledger_checks.differences()) == []

    def test_name_a_document_that_was_changed(self):
        content = {**queries.content(Statement.objects.get(number="ST-2026-10-0001").pk), "period": "2026-09"}
        assert self.break_statement(document=content) == {"statement-unchanged"}

    def test_name_a_statement_without_entry(self):
        assert self.break_statement(entry_ref="") == {"statement-posted", "statement-entry"}

    def test_name_a_total_that_was_changed(self):
        found = self.break_statement(
            earned_minor=models.F("earned_minor") + 5, closing_minor=models.F("closing_minor") + 5
        )
        assert found == {"statement-columns", "statement-lines", "statement-posted", "statements-payable"}

    def test_name_a_statement_of_another_month(self):
        assert self.break_statement(period="2026-09") == {"statement-columns", "statement-posted"}

    def test_name_lines_that_stand_on_no_statement_or_another(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            LineStatement.objects.update(statement_ref="stm_none")
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        assert {difference.rule for difference in ledger_checks.differences()} == {"statement-lines"}

    def test_name_a_balance_the_ledger_does_not_hold(self):
        assert self.break_statement(opening_minor=5, closing_minor=models.F("closing_minor") + 5) >= {
            "statements-payable"
        }


class TestLedgerVerify:
    def test_runs_our_checks_too(self, world, sell, capsys):
        sell(at=OCTOBER)
        operations.close(period="2026-10", at=NOVEMBER)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            Statement.objects.filter(number="ST-2026-10-0001").update(entry_ref="")
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        with pytest.raises(SystemExit) as stopped:
            call_command("ledger_verify")
        assert stopped.value.code == 1
        assert "ST-2026-10-0001" in capsys.readouterr().out


class TestDocument:
    def test_hash_is_that_of_the_stored_content(self, world, sell):
        sell(at=OCTOBER)
        for statement in operations.close(period="2026-10", at=NOVEMBER):
            assert document.sha256_of(queries.content(statement.id)) == statement.sha256

    def test_holds_no_float(self):
        with pytest.raises(TypeError):
            document.sha256_of({"a": [{"b": 0.5}]})


@pytest.mark.django_db(transaction=True)
class TestTwoClosers:
    def test_issue_each_statement_once(self):
        billing.reference_world(at=BEFORE)
        make_world()
        royalties.sale(at=OCTOBER)
        start = threading.Barrier(2)
        done: list[tuple[object, ...]] = []

        def work() -> None:
            start.wait()
            try:
                done.append(operations.close(period="2026-10", at=NOVEMBER))
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(done) == 2
        assert done[0] == done[1]
        assert Statement.objects.count() == 2
        assert agree()
