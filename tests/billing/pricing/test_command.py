"""`manage.py coupon`: the shop's coupons."""

import io
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from billing.pricing import queries

pytestmark = pytest.mark.django_db


def coupon(*arguments: str) -> str:
    said = io.StringIO()
    call_command("coupon", *arguments, stdout=said)
    return said.getvalue()


class TestCoupon:
    def test_is_added_listed_and_switched_off(self):
        terms = ["--percent", "12.5", "--by", "awa", "--country", "SN", "--uses-max", "3", "--once-per-customer"]
        coupon("add", "rentree", *terms, "--until", "2030-01-01T00:00:00+00:00")
        one = queries.coupon_named(owner_ref="web", code="RENTREE")
        assert (one.rate, one.countries, one.uses_max, one.once_per_customer) == (Fraction(1, 8), ("SN",), 3, True)
        assert "RENTREE: 12.5 %, used 0 of 3" in coupon("list")
        coupon("switch-off", "rentree")
        assert "switched off" in coupon("list")

    def test_takes_an_amount_in_its_currency(self):
        coupon("add", "CADEAU", "--amount", "500", "XOF", "--by", "awa")
        one = queries.coupon_named(owner_ref="web", code="CADEAU")
        assert (one.amount_minor, one.currency, one.rate) == (500, "XOF", 0)

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [
            (["add", "CADEAU", "--amount", "5.5", "XOF", "--by", "awa"], 2),
            (["add", "É", "--percent", "5", "--by", "awa"], 2),
            (["add", "RENTREE", "--percent", "5", "--by", "awa"], 1),
            (["switch-off", "AUTRE"], 1),
        ],
    )
    def test_refuses_and_says_why(self, arguments, status):
        coupon("add", "RENTREE", "--percent", "5", "--by", "awa")
        with pytest.raises(CommandError) as refused:
            coupon(*arguments)
        assert refused.value.returncode == status
