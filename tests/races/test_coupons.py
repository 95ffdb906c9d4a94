"""Sixteen at once after the last uses of a coupon."""

import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from django.db import connections

from billing.invoices import operations as invoices
from billing.invoices import queries as invoice_queries
from billing.pricing import operations, queries
from billing.pricing.discounts import Refusal
from billing.pricing.models import Redemption
from billing.pricing.operations import CouponRefused
from tests.factories import billing

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16


@pytest.fixture(autouse=True)
def _world(at) -> None:
    billing.reference_world(at=at)


def add(at, **terms):
    return operations.add_coupon(code="RENTREE", owner_ref="web", rate=Fraction(1, 5), by="usr_1", at=at, **terms)


def together(calls):
    """Run all at the same moment; what each gave, or the coupon's refusal."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(timeout=20)
        try:
            return call()
        except CouponRefused as refused:
            return refused.reason
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def buyers(at, phones):
    quote = queries.quote(edition_ref=billing.EDITION, country="SN", coupon_code="RENTREE", owner_ref="web", at=at)
    return [
        lambda phone=phone: billing.open_invoice(at=at, quotes=[quote], to=billing.customer(phone=phone, email=None))
        for phone in phones
    ]


def numbered(count):
    return [f"+2217700000{number:02}" for number in range(count)]


class TestMaximum:
    @pytest.mark.parametrize("maximum", [1, 5, THREADS])
    def test_is_held_by_as_many_invoices_as_it_allows(self, at, maximum):
        one = add(at, uses_max=maximum)
        results = together(buyers(at, numbered(THREADS)))
        refused = [result for result in results if isinstance(result, Refusal)]
        assert refused == [Refusal.USED_UP] * (THREADS - maximum)
        assert queries.coupon(one.id).uses_count == maximum
        assert Redemption.objects.filter(state="held").count() == maximum
        issued = invoice_queries.invoices_of(owner_ref="web", limit=99)
        assert sorted(one.number for one in issued) == [f"SN-2026-{n:06}" for n in range(1, maximum + 1)]

    def test_is_kept_while_others_give_theirs_back(self, at):
        one = add(at, uses_max=4)
        late = buyers(at, [f"+2217711111{number:02}" for number in range(12)])  # quoted while uses were left
        held = [call() for call in buyers(at, numbered(4))]
        giving = [lambda ref=invoice.id: invoices.void(invoice_ref=ref, reason="abandon", at=at) for invoice in held]
        results = together(giving + late)
        live = Redemption.objects.exclude(state="released").count()
        assert queries.coupon(one.id).uses_count == live <= 4
        assert len([result for result in results if isinstance(result, Refusal)]) == 12 - live


class TestOncePerCustomer:
    def test_lets_one_of_sixteen_tabs_use_it(self, at):
        one = add(at, once_per_customer=True)
        results = together(buyers(at, ["+221771234567"] * THREADS))
        assert [result for result in results if isinstance(result, Refusal)] == [Refusal.USED_BEFORE] * (THREADS - 1)
        assert queries.coupon(one.id).uses_count == 1
