"""Totals, checked by hand and by property."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.draft import AccountKey
from billing.ledger.facts import BalanceFact
from reports.month import by_code, sales_totals
from tests.reports.exports.test_workbook import sale


class TestSalesTotals:
    def test_never_adds_two_currencies(self):
        totals = sales_totals([sale(), sale(currency="EUR", gross=299, net=253, fee=3)], [])
        assert [(total.currency, total.gross_minor) for total in totals] == [("EUR", 299), ("XOF", 1500)]

    @given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)), max_size=20))
    def test_parts_sum_to_what_was_paid(self, amounts):
        sales = [sale(gross=gross, net=gross - gross // 7, fee=fee) for gross, fee in amounts]
        for total in sales_totals(sales, []):
            assert total.net_minor + total.tax_minor == total.gross_minor == sum(gross for gross, _fee in amounts)
            assert total.margin_minor == total.net_minor - total.fee_minor - total.royalty_minor


class TestByCode:
    def test_sums_the_holders_of_an_account(self):
        one = BalanceFact(AccountKey("coko-sn", "4081", "XOF", "pye_1"), "Auteurs", -100, 20, 50, -130)
        other = replace(one, account=AccountKey("coko-sn", "4081", "XOF", "pye_2"), closing_minor=-130)
        euro = replace(one, account=AccountKey("coko-sn", "4081", "EUR", "pye_2"))
        summed = by_code([one, other, euro])
        assert [(row.account.currency, row.account.holder, row.closing_minor) for row in summed] == [
            ("EUR", "", -130),
            ("XOF", "", -260),
        ]
