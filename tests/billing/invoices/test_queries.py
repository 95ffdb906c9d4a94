"""Reading invoices and sold lines."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.queries import (
    NoSuchInvoice,
    NoSuchSaleLine,
    invoice,
    invoices_of,
    invoices_of_phone,
    invoices_of_user,
    paid_editions_of,
    sale_line,
    sale_lines,
)
from billing.invoices.rows import fee_shares
from tests.factories import billing

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(at):
    billing.reference_world(at=at)


@pytest.mark.django_db
class TestInvoice:
    def test_refuses_what_does_not_exist(self):
        with pytest.raises(NoSuchInvoice):
            invoice("inv_none")


@pytest.mark.django_db
class TestInvoicesOf:
    def test_pages_through_the_owner_s_own_newest_first(self, world, at):
        mine = [billing.open_invoice(at=at + n * MINUTE, owner_ref="usr_me").id for n in range(5)]
        billing.open_invoice(at=at, owner_ref="usr_other")
        first = [one.id for one in invoices_of(owner_ref="usr_me", limit=3)]
        second = [one.id for one in invoices_of(owner_ref="usr_me", limit=3, before=first[-1])]
        assert first + second == mine[::-1]


@pytest.mark.django_db
class TestInvoicesOfPhone:
    def test_finds_by_number_without_opening_the_others(self, world, at):
        mine = billing.open_invoice(at=at)
        billing.open_invoice(at=at, to=billing.customer(phone="+221770000001"))
        assert invoices_of_phone("+221771234567") == (mine,)


@pytest.mark.django_db
class TestOfAUser:
    def test_knows_what_was_invoiced_and_what_was_paid(self, world, at):
        reader = billing.customer(user_ref="usr_reader")
        waiting = billing.open_invoice(at=at, to=reader)
        assert (invoices_of_user("usr_reader"), paid_editions_of("usr_reader")) == ((waiting,), ())
        paid = billing.paid_invoice(at=at + MINUTE, payment_ref="pay_1", to=reader)
        billing.paid_invoice(at=at + MINUTE, payment_ref="pay_2", to=reader)
        assert paid in invoices_of_user("usr_reader")
        assert paid_editions_of("usr_reader") == (billing.EDITION,)
        assert paid_editions_of("") == ()


@pytest.mark.django_db
class TestSaleLines:
    def test_shares_the_fee_over_the_lines(self, world, at):
        quotes = [billing.quote(at=at, quantity=count) for count in (1, 1, 5)]
        billing.paid_invoice(at=at, payment_ref="pay_1", fee_minor=105, quotes=quotes)
        lines = sale_lines(paid_from=at, paid_until=at + MINUTE)
        assert sorted((line.gross_minor, line.fee_minor) for line in lines) == [(1500, 15), (1500, 15), (7500, 75)]

    def test_carries_what_royalties_need(self, world, at):
        paid = billing.paid_invoice(at=at, payment_ref="pay_1")
        (line,) = sale_lines(paid_from=at, paid_until=at + MINUTE)
        assert (line.invoice_number, line.payment_ref, line.entity) == (paid.number, "pay_1", "coko-sn")
        assert (line.gross_minor, line.net_minor, line.fee_minor, line.provider) == (1500, 1271, 15, "wave")
        assert (line.item_ref, line.title, line.paid_at) == (paid.items[0].id, "Une si longue lettre", at)
        assert line.tax_lines == paid.items[0].tax_lines
        assert sale_line(line.item_ref) == line

    def test_takes_the_first_moment_and_leaves_the_last(self, world, at):
        for minute in range(3):
            billing.paid_invoice(at=at + minute * MINUTE, payment_ref=f"pay_{minute}")
        found = sale_lines(paid_from=at, paid_until=at + 2 * MINUTE)
        assert [line.payment_ref for line in found] == ["pay_0", "pay_1"]

    def test_pages_without_losing_or_repeating_a_line(self, world, at):
        quotes = [billing.quote(at=at)] * 3
        for number in range(4):
            billing.paid_invoice(at=at, payment_ref=f"pay_{number}", quotes=quotes)
        whole = [line.item_ref for line in sale_lines(paid_from=at, paid_until=at + MINUTE)]
        paged, after = [], None
        while page := sale_lines(paid_from=at, paid_until=at + MINUTE, after=after, limit=5):
            paged += [line.item_ref for line in page]
            after = paged[-1]
        assert paged == whole
        assert len(set(paged)) == 12

    def test_asks_the_database_as_often_for_many_lines_as_for_one(self, world, at, django_assert_num_queries):
        for number in range(4):
            billing.paid_invoice(at=at, payment_ref=f"pay_{number}")
        with django_assert_num_queries(2):
            assert len(sale_lines(paid_from=at, paid_until=at + MINUTE)) == 4

    def test_knows_nothing_of_open_invoices(self, world, at):
        opened = billing.open_invoice(at=at)
        assert sale_lines(paid_from=at - MINUTE, paid_until=at + MINUTE) == ()
        with pytest.raises(NoSuchSaleLine):
            sale_line(opened.items[0].id)


class TestFeeShares:
    @given(
        fee=st.integers(0, 10**9),
        gross=st.dictionaries(st.text(max_size=5), st.integers(1, 10**9), min_size=1, max_size=9),
    )
    def test_always_sum_to_the_fee(self, fee, gross):
        shares = fee_shares(fee, gross)
        assert sum(shares.values()) == fee
        assert all(share >= 0 for share in shares.values())
