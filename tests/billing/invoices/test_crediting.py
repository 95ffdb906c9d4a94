"""Given back in whatever parts: no line is credited more than it was invoiced, and all of it ends at zero."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.crediting import MoreThanInvoiced, share, within
from billing.invoices.facts import InvoiceItemFact
from billing.pricing.tax import split_inclusive
from billing.refunds.sharing import share as refund_share

RATES = [[], [("TVA", Fraction(18, 100))], [("TVA", Fraction(35, 200)), ("CAC", Fraction(175, 10000))]]


@st.composite
def invoices(draw):
    grosses = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=6))
    return [_item(place, gross, draw(st.sampled_from(RATES))) for place, gross in enumerate(grosses)]


def _item(place, gross, rates):
    split = split_inclusive(gross, rates)
    return InvoiceItemFact(f"itm_{place}", "edn_1", "t", "ebook", 1, gross, gross, split.net_minor, split.lines, "")


def cut(draw_points, whole):
    points = sorted({*(point % whole for point in draw_points if point % whole), whole})
    return [point - before for before, point in zip([0, *points], points, strict=False)]


class TestShare:
    @given(items=invoices(), points=st.lists(st.integers(1, 10**8), max_size=5))
    def test_takes_back_everything_in_parts_and_no_line_twice(self, items, points):
        net = sum(item.net_minor for item in items)
        gross = sum(item.gross_minor for item in items)
        before, given_back = [], 0
        for part in cut(points, gross):
            asked = refund_share(gross_minor=gross, net_minor=net, refunded_minor=given_back, amount_minor=part)
            lines = share(items=items, before=before, net_minor=asked.net_minor, tax_minor=asked.tax_minor)
            assert sum(line.gross_minor for line in lines) == part
            assert sum(line.net_minor for line in lines) == asked.net_minor
            assert all(line.net_minor >= 0 and all(tax.amount_minor >= 0 for tax in line.tax_lines) for line in lines)
            before.extend(lines)
            given_back += part
        for item in items:
            mine = [line for line in before if line.item_ref == item.id]
            assert sum(line.net_minor for line in mine) == item.net_minor
            for place, tax in enumerate(item.tax_lines):
                assert sum(line.tax_lines[place].amount_minor for line in mine) == tax.amount_minor
        with pytest.raises(MoreThanInvoiced):
            share(items=items, before=before, net_minor=1, tax_minor=0)

    def test_refuses_a_credit_note_of_nothing(self):
        with pytest.raises(MoreThanInvoiced):
            share(items=[_item(0, 1500, RATES[1])], before=[], net_minor=0, tax_minor=0)


class TestWithin:
    @given(net=st.integers(0, 100), tax=st.integers(0, 100), net_left=st.integers(0, 100), tax_left=st.integers(0, 100))
    def test_keeps_the_sum_and_stays_within_what_is_left(self, net, tax, net_left, tax_left):
        if net + tax > net_left + tax_left:
            with pytest.raises(MoreThanInvoiced):
                within(net_minor=net, tax_minor=tax, net_left=net_left, tax_left=tax_left)
            return
        moved = within(net_minor=net, tax_minor=tax, net_left=net_left, tax_left=tax_left)
        assert sum(moved) == net + tax
        assert 0 <= moved[0] <= net_left
        assert 0 <= moved[1] <= tax_left
        if net <= net_left and tax <= tax_left:
            assert moved == (net, tax)
