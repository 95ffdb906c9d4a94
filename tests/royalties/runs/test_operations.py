"""Accrual: every sale once, whoever runs it and whenever the sale appears."""

import threading
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection

from billing.invoices import queries as invoices
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from royalties import explain
from royalties.contracts import operations as contracts
from royalties.runs import ledger_checks, operations, queries
from royalties.runs.models import AuthorRoyalty
from tests.factories import billing, royalties
from tests.royalties.conftest import BEFORE, NOVEMBER, OCTOBER, make_world


def owed(payee_ref: str, currency: str = "XOF", entity: str = "coko-sn") -> int:
    return -ledger.balance(AccountKey(entity, "4081", currency, payee_ref))


class TestAccrue:
    def test_gives_each_payee_a_line_and_a_credit(self, world, sell):
        sell(at=OCTOBER)
        report = operations.accrue(at=OCTOBER)
        first, second = queries.lines(payee_ref=world.first.id), queries.lines(payee_ref=world.second.id)
        # 1500 − 229 − 15 = 1256; × 70 % = 879.2 → 879; 60/40 → 527.4, 351.6 → 527 and 352
        assert [line.amount_minor for line in first + second] == [527, 352]
        assert (owed(world.first.id), owed(world.second.id)) == (527, 352)
        assert (report.sales, report.lines, report.amounts, report.awaiting) == (1, 2, {"XOF": 879}, ())
        assert {line.entry_ref for line in first + second} == {first[0].entry_ref}

    def test_includes_a_sale_paid_at_that_very_moment(self, world, sell):
        sell(at=OCTOBER)
        assert operations.accrue(at=OCTOBER).sales == 1

    def test_changes_nothing_the_second_time(self, world, sell):
        sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)
        again = operations.accrue(at=OCTOBER + timedelta(minutes=1))
        assert (again.sales, again.lines) == (0, 0)
        assert AuthorRoyalty.objects.count() == 2

    def test_finds_a_sale_that_appears_after_later_ones(self, world, sell):
        sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)
        sell(at=OCTOBER - timedelta(hours=20))
        assert operations.accrue(at=OCTOBER).sales == 1

    def test_takes_at_most_the_limit_and_says_that_there_is_more(self, world, sell):
        for minute in range(5):
            sell(at=OCTOBER + timedelta(minutes=minute))
        reports = [operations.accrue(at=NOVEMBER, limit=2) for _ in range(4)]
        assert [(report.sales, report.more) for report in reports] == [(2, True), (2, True), (1, False), (0, False)]

    def test_lists_a_sale_without_contract_and_pays_when_there_is_one(self, bookshop, sell):
        sell(at=OCTOBER)
        report = operations.accrue(at=OCTOBER)
        assert [sale.gross_minor for sale in report.awaiting] == [1500]
        assert [sale.title for sale in queries.awaiting_contract()] == ["Une si longue lettre"]
        assert operations.accrue(at=OCTOBER).awaiting == ()
        author = royalties.payee(at=NOVEMBER)
        royalties.contract(shares={author.id: 1}, at=NOVEMBER)
        assert operations.accrue(at=NOVEMBER).sales == 1
        assert queries.awaiting_contract() == ()
        assert owed(author.id) == 879

    def test_applies_the_version_of_the_day_of_the_sale(self, world, sell):
        contracts.amend(
            contract_ref=world.contract_ref,
            rate=Fraction(1, 2),
            shares={world.first.id: 1},
            clause="Moitié.",
            valid_from=OCTOBER.date(),
            at=OCTOBER,
        )
        sell(at=OCTOBER - timedelta(days=1))
        sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)
        assert [line.amount_minor for line in queries.lines(payee_ref=world.first.id)] == [527, 628]

    def test_keeps_inputs_that_give_the_amount_again(self, world, sell):
        sell(at=OCTOBER, quantity=3)
        operations.accrue(at=OCTOBER)
        for payee in world.payees:
            for line in queries.lines(payee_ref=payee.id):
                assert explain.amount(line.inputs) == line.amount_minor
                assert explain.terms_in_force(line.inputs)

    def test_keeps_each_currency_apart(self, world, sell):
        sell(at=OCTOBER)
        sell(at=OCTOBER, country="CM")
        operations.accrue(at=OCTOBER)
        lines = queries.lines(payee_ref=world.first.id)
        assert sorted(line.currency for line in lines) == ["XAF", "XOF"]
        assert queries.lines(payee_ref=world.first.id, currency="XAF")[0].currency == "XAF"

    def test_writes_no_entry_when_the_fee_eats_the_sale(self, world, sell):
        sell(at=OCTOBER, fee_minor=1400)
        operations.accrue(at=OCTOBER)
        line = queries.lines(payee_ref=world.first.id)[0]
        assert (line.amount_minor, line.base_minor, line.entry_ref) == (0, 0, "")
        assert list(ledger_checks.differences()) == []

    def test_leaves_an_open_invoice_alone(self, world):
        billing.open_invoice(at=OCTOBER)
        assert operations.accrue(at=NOVEMBER).sales == 0


class TestRescan:
    def test_finds_a_sale_weeks_older_than_the_latest(self, world, sell):
        sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)
        sell(at=OCTOBER - timedelta(days=30))
        assert operations.accrue(at=OCTOBER).sales == 0
        report = operations.rescan(paid_from=OCTOBER - timedelta(days=60), paid_until=OCTOBER, at=OCTOBER)
        assert report.sales == 1


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_accrue_each_sale_once(self):
        billing.reference_world(at=BEFORE)
        world = make_world()
        for minute in range(6):
            royalties.sale(at=OCTOBER + timedelta(minutes=minute))
        start = threading.Barrier(2)
        done: list[int] = []

        def work() -> None:
            start.wait()
            try:
                done.append(operations.accrue(at=NOVEMBER).sales)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(done) == [0, 6]
        assert len(queries.lines(payee_ref=world.first.id)) == 6
        assert owed(world.first.id) == 6 * 527


class TestMarkClosed:
    def test_refuses_to_close_twice(self, world):
        operations.mark_closed(period="2026-10", at=NOVEMBER)
        with pytest.raises(operations.PeriodClosed):
            operations.mark_closed(period="2026-10", at=NOVEMBER)


class TestSaleLines:
    def test_are_what_billing_says(self, world, sell):
        sell(at=OCTOBER)
        operations.accrue(at=OCTOBER)
        line = queries.lines(payee_ref=world.first.id)[0]
        assert line.inputs["price"]["gross_minor"] == invoices.sale_line(line.item_ref).gross_minor
