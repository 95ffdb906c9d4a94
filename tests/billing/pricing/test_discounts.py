"""What coupons take off: exact, never more than there is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.configuration.facts import PriceListFact, TaxRateFact, TaxRuleFact
from billing.pricing import discounts
from billing.pricing.discounts import Refusal
from billing.pricing.facts import CouponFact, PriceFact
from billing.pricing.quoting import Line, compose_all
from billing.references.facts import BookFact

AT = datetime(2026, 11, 3, tzinfo=UTC)
COUPON = CouponFact(
    id="cpn_1",
    code="RENTREE",
    owner_ref="web",
    rate=Fraction(1, 5),
    amount_minor=0,
    currency="",
    countries=(),
    subjects=(),
    period_count=None,
    once_per_customer=False,
    uses_max=None,
    uses_count=0,
    valid_from=AT,
    valid_to=None,
    switched_off_at=None,
)


def line(unit: int, quantity: int, rates: tuple[Fraction, ...], edition: str = "edn_1") -> Line:
    named = tuple(TaxRateFact(f"T{number}", rate) for number, rate in enumerate(rates))
    rule = TaxRuleFact("tax_1", "SN", "ebook", named, "art. 1", "high", date(2024, 1, 1))
    return Line(
        BookFact(edition, "bok_1", "Une si longue lettre", "fr", "ebook", ()),
        PriceFact("prc_1", edition, "SN", "XOF", unit),
        rule,
        quantity,
    )


RATES = st.lists(st.fractions(min_value=0, max_value=1, max_denominator=1000), max_size=3).map(tuple)
LINES = st.lists(
    st.builds(line, st.integers(1, 10**9), st.integers(1, 1_000), RATES, st.sampled_from(["edn_1", "edn_2"])),
    min_size=1,
    max_size=6,
)
COUPONS = st.one_of(
    st.fractions(min_value=Fraction(1, 1000), max_value=1, max_denominator=1000).map(
        lambda rate: replace(COUPON, rate=rate)
    ),
    st.integers(1, 10**13).map(lambda minor: replace(COUPON, rate=Fraction(0), amount_minor=minor, currency="XOF")),
).flatmap(lambda coupon: st.sampled_from([coupon, replace(coupon, subjects=("edn_1",))]))
ENDINGS = st.none() | st.integers(1, 1_000).flatmap(
    lambda step: st.integers(0, step - 1).map(lambda ending: PriceListFact(step, ending))
)


class TestQuotedLines:
    @given(lines=LINES, coupon=COUPONS, endings=ENDINGS)
    def test_sum_and_are_never_dearer_than_their_price(self, lines, coupon, endings):
        quotes = compose_all(lines=lines, country="SN", at=AT, coupon=coupon, price_list=endings)
        for asked, quote in zip(lines, quotes, strict=True):
            assert 0 <= quote.discount_minor <= asked.gross_minor
            assert quote.gross_minor == asked.gross_minor - quote.discount_minor
            assert quote.net_minor + sum(tax.amount_minor for tax in quote.tax_lines) == quote.gross_minor
            assert quote.net_minor >= 0
            assert all(tax.amount_minor >= 0 for tax in quote.tax_lines)
            if coupon.subjects and asked.book.edition_ref not in coupon.subjects:
                assert quote.discount_minor == 0

    @given(lines=LINES, minor=st.integers(1, 10**13))
    def test_share_an_amount_whole_or_take_all_there_is(self, lines, minor):
        coupon = replace(COUPON, rate=Fraction(0), amount_minor=minor, currency="XOF")
        quotes = compose_all(lines=lines, country="SN", at=AT, coupon=coupon)
        assert sum(quote.discount_minor for quote in quotes) == min(minor, sum(one.gross_minor for one in lines))

    @given(lines=LINES, rate=st.fractions(min_value=Fraction(1, 1000), max_value=1, max_denominator=1000))
    def test_take_a_percentage_to_half_a_unit(self, lines, rate):
        quotes = compose_all(lines=lines, country="SN", at=AT, coupon=replace(COUPON, rate=rate))
        for asked, quote in zip(lines, quotes, strict=True):
            assert abs(quote.discount_minor - asked.gross_minor * rate) <= Fraction(1, 2)

    @given(lines=LINES, coupon=COUPONS)
    def test_are_the_same_whatever_else_was_quoted_before(self, lines, coupon):
        first, second = (compose_all(lines=lines, country="SN", at=AT, coupon=coupon) for _ in range(2))
        assert first == second


class TestCharm:
    @given(minor=st.integers(1, 10**9), endings=ENDINGS.filter(bool))
    def test_ends_as_the_list_says_and_is_never_dearer(self, minor, endings):
        charmed = discounts.charmed(minor, endings)
        assert 0 < charmed <= minor
        assert minor - charmed < endings.step_minor
        assert charmed == minor or charmed % endings.step_minor == endings.ending_minor

    @pytest.mark.parametrize(
        ("minor", "step", "ending", "charmed"),
        [(1275, 100, 95, 1195), (1295, 100, 95, 1295), (1200, 25, 0, 1200), (1213, 25, 0, 1200), (40, 100, 95, 40)],
    )
    def test_examples(self, minor, step, ending, charmed):
        assert discounts.charmed(minor, PriceListFact(step, ending)) == charmed


class TestRefusal:
    @pytest.mark.parametrize(
        ("changed", "asked", "reason"),
        [
            ({}, {}, None),
            ({"switched_off_at": AT}, {}, Refusal.SWITCHED_OFF),
            ({"valid_from": AT + timedelta(seconds=1)}, {}, Refusal.NOT_YET),
            ({"valid_to": AT}, {}, Refusal.EXPIRED),
            ({"valid_to": AT + timedelta(seconds=1)}, {}, None),
            ({"countries": ("CM",)}, {}, Refusal.OTHER_COUNTRY),
            ({"currency": "XAF"}, {}, Refusal.OTHER_CURRENCY),
            ({"subjects": ("pln_1",)}, {}, Refusal.OTHER_SUBJECT),
            ({"subjects": ("pln_1",)}, {"subject_refs": ["edn_1", "pln_1"]}, None),
            ({"period_count": 2}, {"period_number": 2}, None),
            ({"period_count": 2}, {"period_number": 3}, Refusal.PERIODS_OVER),
        ],
    )
    def test_names_what_stands_against_it(self, changed, asked, reason):
        sale = {"subject_refs": ["edn_1"], "country": "SN", "currency": "XOF", "period_number": 1, **asked}
        assert discounts.refusal(replace(COUPON, **changed), **sale, at=AT) == reason
