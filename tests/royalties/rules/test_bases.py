"""What rates apply to, by published formulas."""

from fractions import Fraction as F

import pytest

from royalties.rules import bases
from royalties.rules.bases import Basis, Deduction, DeductionKind, PercentOf, Sale, Tax
from royalties.rules.refusals import BadTerms

VAT = (Tax("TVA", F("0.18")),)
TAX = Deduction(DeductionKind.TAX, "tax")
FEE = Deduction(DeductionKind.PAYMENT_FEE, "payment fee")


def sale(price: int, quantity: int = 1, **more: object) -> Sale:
    return Sale(quantity, "EUR", F(price * quantity), F(price * quantity), **more)


class TestListPrice:
    def test_is_before_tax_and_not_rounded_by_the_copy(self):
        """units × price ÷ (1 + VAT) (SGDL): 3 copies at 1,500 with 18 % are 4,500 ÷ 1.18."""
        base = bases.of_sale(sale(1500, 3, taxes=VAT), Basis.LIST_PRICE)
        assert base.base_minor == F(4500) / F("1.18")

    def test_is_the_price_when_tax_is_on_top(self):
        base = bases.of_sale(sale(1500, 3, taxes=VAT, tax_included=False), Basis.LIST_PRICE)
        assert base.base_minor == 4500

    def test_splits_composite_taxes_into_steps(self):
        gabon = (Tax("TVA", F("0.18")), Tax("CSS", F("0.01")))
        base = bases.of_sale(sale(1190, taxes=gabon), Basis.LIST_PRICE)
        assert [(step.name, step.amount_minor) for step in base.steps] == [("", 1190), ("TVA", -180), ("CSS", -10)]
        assert base.base_minor == 1000

    def test_ignores_what_only_net_receipts_deduct(self):
        assert bases.of_sale(sale(1000, fee_minor=F(100)), Basis.LIST_PRICE, (FEE,)).base_minor == 1000


class TestNetReceipts:
    def test_name_each_deduction(self):
        """KDP's 70 % plan: list price less VAT and delivery at so much a megabyte, here 0.12 EUR for 2.5 MB."""
        delivery = Deduction(DeductionKind.DELIVERY, "delivery", per_mb_minor=F(12), currency="EUR")
        sold = sale(1180, 2, taxes=VAT, size_mb=F("2.5"), fee_minor=F(15))
        base = bases.of_sale(sold, Basis.NET_RECEIPTS, (TAX, delivery, FEE))
        assert [(step.kind, step.amount_minor) for step in base.steps] == [
            ("price", 2360),
            ("tax", -360),
            ("delivery", -60),
            ("payment_fee", -15),
        ]
        assert base.base_minor == 1925
        assert base.before_tax_minor == 2000

    def test_take_at_least_the_minimum_for_delivery(self):
        delivery = Deduction(DeductionKind.DELIVERY, "delivery", per_mb_minor=F(15), minimum_minor=F(1), currency="EUR")
        base = bases.of_sale(sale(299, 3, size_mb=F("0.01")), Basis.NET_RECEIPTS, (delivery,))
        assert base.base_minor == 894

    def test_take_percentages_of_what_is_left_discount_first(self):
        """EDItX: where both a discount and a fee apply, discount first."""
        commission = Deduction(DeductionKind.PERCENT, "platform", rate=F("0.1"))
        discount = Deduction(DeductionKind.DISCOUNT, "trade discount")
        base = bases.of_sale(sale(1000, discount=F("0.4")), Basis.NET_RECEIPTS, (discount, commission))
        assert [step.amount_minor for step in base.steps] == [1000, -400, -60]

    def test_take_percentages_of_the_price_where_the_contract_says_so(self):
        """A store's 30 % and an aggregator's 10 % of the list price leave 60 % of it (Draft2Digital's way)."""
        sold = sale(1180, taxes=VAT)
        for of, left in (
            (PercentOf.PRICE, 1180 * 6),
            (PercentOf.BEFORE_TAX, 11_800 - 1000 * 4),
            (PercentOf.LEFT, 7434),
        ):
            parts = [
                Deduction(DeductionKind.PERCENT, name, F(rate), of=of) for name, rate in (("s", "0.3"), ("a", "0.1"))
            ]
            assert bases.of_sale(sold, Basis.NET_RECEIPTS, tuple(parts)).base_minor * 10 == left

    def test_take_the_invoiced_tax_of_what_was_paid_and_compute_that_of_a_list_price(self):
        invoiced = (Tax("TVA", F("0.18"), F(229)),)
        sold = Sale(1, "XOF", F(2360), F(1500), invoiced)
        assert bases.of_sale(sold, Basis.NET_RECEIPTS, (TAX,)).base_minor == 1271
        assert bases.of_sale(sold, Basis.LIST_PRICE).base_minor == 2000

    def test_take_only_the_costs_the_contract_names(self):
        sold = sale(1000, costs={"shipping": F(100), "marketing": F(50)})
        base = bases.of_sale(sold, Basis.NET_RECEIPTS, (Deduction(DeductionKind.COST, "shipping"),))
        assert base.base_minor == 900

    def test_are_never_below_zero_and_say_so(self):
        base = bases.of_sale(sale(10, fee_minor=F(15)), Basis.NET_RECEIPTS, (FEE,))
        assert (base.reached_minor, base.base_minor, base.floored) == (-5, 0, True)

    def test_refuse_delivery_without_a_size_or_in_another_currency(self):
        delivery = Deduction(DeductionKind.DELIVERY, "delivery", per_mb_minor=F(12), currency="USD")
        for sold in (sale(1000), sale(1000, size_mb=F(1))):
            with pytest.raises(BadTerms):
                bases.of_sale(sold, Basis.NET_RECEIPTS, (delivery,))
