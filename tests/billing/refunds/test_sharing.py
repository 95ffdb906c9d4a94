"""However a payment is given back, its net and its tax end at zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.refunds.sharing import share

sums = st.integers(1, 10**9)


@st.composite
def sales(draw):
    gross = draw(sums)
    return gross, draw(st.integers(0, gross))


@st.composite
def cuts(draw):
    gross, net = draw(sales())
    count = draw(st.integers(1, 6))
    points = sorted({*draw(st.lists(st.integers(1, gross), min_size=0, max_size=count)), gross})
    parts = [point - before for before, point in zip([0, *points], points, strict=False)]
    return gross, net, [part for part in parts if part]


class TestShare:
    @given(cuts())
    def test_of_all_parts_is_the_whole(self, cut):
        gross, net, parts = cut
        done, shares = 0, []
        for part in parts:
            shares.append(share(gross_minor=gross, net_minor=net, refunded_minor=done, amount_minor=part))
            done += part
        assert sum(one.net_minor for one in shares) == net
        assert sum(one.tax_minor for one in shares) == gross - net
        assert all(one.net_minor + one.tax_minor == part for one, part in zip(shares, parts, strict=True))
        assert all(one.net_minor >= 0 and one.tax_minor >= 0 for one in shares)

    def test_of_a_half_at_eighteen_percent(self):
        # 1500 with 18 %: net 1271, tax 229. The first 750 takes 636 (635.5 away from zero), the second the rest.
        first = share(gross_minor=1500, net_minor=1271, refunded_minor=0, amount_minor=750)
        second = share(gross_minor=1500, net_minor=1271, refunded_minor=750, amount_minor=750)
        assert ((first.net_minor, first.tax_minor), (second.net_minor, second.tax_minor)) == ((636, 114), (635, 115))

    @pytest.mark.parametrize(("before", "amount"), [(0, 0), (0, -1), (0, 1501), (1000, 501), (-1, 1)])
    def test_refuses_more_than_is_left(self, before, amount):
        with pytest.raises(ValueError, match="of 1500"):
            share(gross_minor=1500, net_minor=1271, refunded_minor=before, amount_minor=amount)
