"""Coupons added, held, redeemed and given back."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from billing.configuration.operations import set_price_list
from billing.configuration.values import BadEnding
from billing.invoices import operations as invoices
from billing.money import parse
from billing.payments.facts import Outcome
from billing.payments.operations import start as start_payment
from billing.pricing import operations, queries
from billing.pricing.discounts import Refusal
from billing.pricing.models import Coupon, Redemption
from billing.pricing.operations import CouponRefused
from tests.factories import billing
from tests.factories.payments import answer, apply
from tests.factories.wallets import simulators, wave

__all__ = ["simulators", "wave"]

pytestmark = pytest.mark.django_db
FIFTH = Fraction(1, 5)


@pytest.fixture(autouse=True)
def _world(at, wave) -> None:
    billing.reference_world(at=at)


def coupon(at, **changed):
    terms = {"code": "RENTREE", "owner_ref": "web", "rate": FIFTH, "by": "usr_1", "at": at, **changed}
    return operations.add_coupon(**terms)


def quoted(at, code="rentree", **changed):
    asked = {"edition_ref": billing.EDITION, "country": "SN", "owner_ref": "web", **changed}
    return queries.quote(coupon_code=code, at=at, **asked)


def opened(at, code="rentree", to=None):
    return billing.open_invoice(at=at, quotes=[quoted(at, code)], to=to)


def uses(at_coupon) -> int:
    return queries.coupon(at_coupon.id).uses_count


class TestAdd:
    def test_reads_a_code_as_people_type_it(self, at):
        coupon(at, code=" ren tree ")
        assert quoted(at).coupon_code == "RENTREE"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"rate": Fraction(0)}, "rate"),
            ({"rate": Fraction(6, 5)}, "rate"),
            ({"amount": parse("300", "XOF")}, "rate"),
            ({"code": "AB"}, "code"),
            ({"code": "été26"}, "code"),
            ({"uses_max": 0}, "uses_max"),
            ({"period_count": 0}, "period_count"),
        ],
    )
    def test_refuses_what_no_coupon_can_be(self, at, changed, field):
        with pytest.raises(operations.NotACoupon) as refused:
            coupon(at, **changed)
        assert refused.value.field == field

    def test_refuses_a_code_the_owner_has_already(self, at):
        coupon(at)
        with pytest.raises(operations.CouponExists):
            coupon(at, rate=Fraction(1, 2))
        assert coupon(at, owner_ref="usr_other").code == "RENTREE"

    def test_is_never_changed_but_for_its_count_and_its_end(self, at):
        coupon(at)
        for change in ({"rate": "1/2"}, {"uses_max": 3}, {"valid_to": at + timedelta(days=1)}):
            with pytest.raises(DatabaseError, match="keeps its terms"), transaction.atomic():
                Coupon.objects.update(**change)


class TestQuote:
    def test_takes_a_percentage_off_with_the_tax_inside_what_is_left(self, at):
        coupon(at)
        one = quoted(at)
        assert (one.discount_minor, one.gross_minor, one.net_minor, one.tax_minor) == (300, 1200, 1017, 183)

    def test_takes_an_amount_off_in_its_currency_only(self, at):
        coupon(at, rate=Fraction(0), amount=parse("250", "XOF"))
        assert quoted(at).gross_minor == 1250
        with pytest.raises(CouponRefused) as refused:
            quoted(at, country="CM")
        assert refused.value.reason == Refusal.OTHER_CURRENCY

    def test_ends_as_the_countrys_price_list_says(self, at):
        coupon(at, rate=Fraction(15, 100))
        assert quoted(at).gross_minor == 1275
        set_price_list(
            country="SN",
            currency="XOF",
            step_minor=100,
            ending_minor=95,
            valid_from=at.date(),
            changed_by="usr_1",
            at=at,
        )
        assert quoted(at).gross_minor == 1195

    def test_lets_only_francs_end_so(self, at):
        with pytest.raises(BadEnding):
            set_price_list(
                country="FR", currency="EUR", step_minor=100, ending_minor=99, valid_from=at, changed_by="x", at=at
            )

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"valid_from": timedelta(hours=1)}, Refusal.NOT_YET),
            ({"countries": ["CM"]}, Refusal.OTHER_COUNTRY),
            ({"subjects": ["edn_00000000000000000000000009"]}, Refusal.OTHER_SUBJECT),
            ({"owner_ref": "usr_other"}, Refusal.UNKNOWN),
        ],
    )
    def test_refuses_by_name(self, at, changed, reason):
        changed = {name: at + value if isinstance(value, timedelta) else value for name, value in changed.items()}
        coupon(at, **changed)
        with pytest.raises(CouponRefused) as refused:
            quoted(at)
        assert refused.value.reason == reason


class TestRedeeming:
    def test_is_held_by_the_invoice_and_redeemed_when_it_is_paid(self, at):
        one = coupon(at, uses_max=1)
        invoice = opened(at)
        assert (invoice.discount_minor, invoice.coupon_code, invoice.gross_minor) == (300, "RENTREE", 1200)
        assert queries.redemption_of(invoice.id).state == "held"
        invoices.mark_paid(invoice_ref=invoice.id, payment_ref="pay_1", provider="wave", fee_minor=0, at=at)
        assert (queries.redemption_of(invoice.id).state, uses(one)) == ("redeemed", 1)

    def test_refuses_the_next_when_used_up_and_takes_no_number(self, at):
        coupon(at, uses_max=1)
        late = quoted(at)
        opened(at)
        with pytest.raises(CouponRefused) as refused:
            billing.open_invoice(at=at, quotes=[late], to=billing.customer(phone="+221770000001"))
        assert refused.value.reason == Refusal.USED_UP
        assert billing.open_invoice(at=at).number == "SN-2026-000002"

    @pytest.mark.parametrize(
        "known_by", [{"phone": "+221779999999"}, {"email": "AWA@example.org"}, {"user_ref": "usr_1"}]
    )
    def test_counts_once_for_a_customer_whatever_they_are_known_by(self, at, known_by):
        coupon(at, once_per_customer=True)
        first = {"phone": "+221779999999", "email": "awa@example.org", "user_ref": "usr_1"}
        opened(at, to=billing.customer(**first))
        with pytest.raises(CouponRefused) as refused:
            opened(at, to=billing.customer(**{"phone": None, "email": None, **known_by}))
        assert refused.value.reason == Refusal.USED_BEFORE
        assert opened(at, to=billing.customer(phone="+221770000001", email=None)).coupon_code == "RENTREE"

    def test_once_a_customer_needs_a_customer(self, at):
        coupon(at, once_per_customer=True)
        with pytest.raises(CouponRefused) as refused:
            opened(at, to=billing.customer(phone=None, email=None))
        assert refused.value.reason == Refusal.NO_CUSTOMER

    def test_is_given_back_by_a_void_invoice(self, at):
        one = coupon(at, uses_max=1, once_per_customer=True)
        invoices.void(invoice_ref=opened(at).id, reason="doublon", at=at)
        assert uses(one) == 0
        assert opened(at).coupon_code == "RENTREE"

    def test_refuses_an_invoice_of_nothing(self, at):
        one = coupon(at, rate=Fraction(1))
        with pytest.raises(invoices.NothingToPay):
            opened(at)
        assert uses(one) == 0

    def test_is_given_back_by_who_never_pays(self, at):
        one = coupon(at, uses_max=1)
        opened(at)
        assert operations.release_forgotten(at=at + timedelta(hours=47)) == 0
        assert operations.release_forgotten(at=at + timedelta(hours=49)) == 1
        assert uses(one) == 0

    def test_is_never_forgotten(self, at):
        coupon(at)
        opened(at)
        with pytest.raises(DatabaseError, match="redemptions are kept"), transaction.atomic():
            Redemption.objects.all().delete()


@pytest.mark.django_db(transaction=True)
class TestWithPayments:
    def paying(self, invoice, at):
        return start_payment(
            invoice_ref=invoice.id, provider="wave", payer_phone=invoice.customer.phone, return_url="", at=at
        )

    @pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.EXPIRED])
    def test_is_given_back_when_the_payment_fails_and_taken_again_for_the_next(self, at, outcome):
        one = coupon(at, uses_max=1)
        invoice = opened(at)
        apply(self.paying(invoice, at), answer(outcome), at=at)
        assert (queries.redemption_of(invoice.id).state, uses(one)) == ("released", 0)
        second = self.paying(invoice, at)
        assert (queries.redemption_of(invoice.id).state, uses(one)) == ("held", 1)
        apply(second, answer(Outcome.SUCCEEDED, amount_minor=1200), at=at)
        assert (queries.redemption_of(invoice.id).state, uses(one)) == ("redeemed", 1)

    def test_lets_nobody_pay_again_once_others_have_used_it_up(self, at):
        coupon(at, uses_max=1)
        first = opened(at)
        apply(self.paying(first, at), answer(Outcome.FAILED), at=at)
        opened(at, to=billing.customer(phone="+221770000001"))
        with pytest.raises(CouponRefused) as refused:
            self.paying(first, at)
        assert refused.value.reason == Refusal.USED_UP

    def test_money_that_comes_late_pays_at_the_promised_price_and_is_not_counted_over_the_maximum(self, at):
        one = coupon(at, uses_max=1)
        first = opened(at)
        late = self.paying(first, at)
        apply(late, answer(Outcome.EXPIRED), at=at)
        second = opened(at, to=billing.customer(phone="+221770000001"))
        apply(late, answer(Outcome.SUCCEEDED, amount_minor=1200), at=at)
        redeemed = queries.redemption_of(first.id)
        assert (redeemed.state, redeemed.is_counted) == ("redeemed", False)
        assert (queries.redemption_of(second.id).state, uses(one)) == ("held", 1)
