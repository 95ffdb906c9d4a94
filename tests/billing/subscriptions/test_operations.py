"""A subscription's life through its operations, one promise at a time."""

import dataclasses
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from billing.invoices import queries as invoices
from billing.money import parse
from billing.pricing import queries as pricing
from billing.subscriptions import operations, queries
from billing.subscriptions.models import PeriodCharge, RecurringBilling, SubscriptionEvent
from billing.subscriptions.operations import turning
from billing.subscriptions.periods import Interval
from tests.factories.billing import customer
from tests.factories.subscriptions import OWNER, USER, active, days, pay, pay_open, plan, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
START = days("2026-01-31")


def read(ref: str):
    return queries.subscription(ref)


def turn(*texts: str) -> None:
    for text in texts:
        while operations.turn_due(at=days(text, 0)):
            pass


def whats(ref: str) -> list[str]:
    return [event.what for event in queries.events(ref)]


@pytest.fixture
def monthly():
    return plan(at=START)


class TestSubscribe:
    def test_without_a_trial_reads_once_the_first_period_is_paid(self, monthly):
        fact = subscribe(monthly, at=START)
        assert (fact.state, fact.number, fact.starts_on, fact.ends_on) == (
            *("past_due", 1),
            *(date(2026, 1, 31), date(2026, 2, 28)),
        )
        assert not queries.is_entitled(user_ref=USER, at=START)
        fact = pay_open(fact.id, at=START)
        assert fact.state == "active"
        assert queries.is_entitled(user_ref=USER, at=START)
        assert queries.is_entitled(user_ref=USER, at=START, plan_codes=["premium"])
        assert not queries.is_entitled(user_ref=USER, at=START, plan_codes=["createur"])

    def test_prints_the_days_and_the_tax(self, monthly):
        fact = subscribe(monthly, at=START)
        (item,) = invoices.invoice(fact.open_charge.invoice_ref).items
        assert item.title == "Premium, du 31 janvier 2026 au 27 février 2026"
        assert (item.gross_minor, item.net_minor) == (1500, 1271)

    def test_paid_two_days_later_begins_two_days_later(self, monthly):
        fact = subscribe(monthly, at=START)
        fact = pay_open(fact.id, at=START + timedelta(days=2))
        assert (fact.starts_on, fact.ends_on) == (date(2026, 2, 2), date(2026, 3, 2))

    def test_with_a_trial_asks_nothing_until_it_ends(self):
        trial = plan(at=START, code="essai", trial_days=7)
        fact = subscribe(trial, at=START)
        assert (fact.state, fact.open_charge, fact.trial_ends_on) == ("trialing", None, date(2026, 2, 7))
        assert queries.is_entitled(user_ref=USER, at=days("2026-02-06"))
        assert not queries.is_entitled(user_ref=USER, at=days("2026-02-07"))
        turn("2026-02-07")
        fact = read(fact.id)
        assert (fact.state, fact.number, fact.starts_on) == ("past_due", 1, date(2026, 2, 7))

    def test_gives_one_trial_a_person(self):
        trial = plan(at=START, code="essai", trial_days=7)
        first = subscribe(trial, at=START)
        operations.cancel(subscription_ref=first.id, by=USER, at=START, at_period_end=False)
        assert subscribe(trial, at=START).state == "past_due"

    def test_twice_is_one(self, monthly):
        first = subscribe(monthly, at=START)
        with pytest.raises(operations.AlreadySubscribed) as refusal:
            subscribe(monthly, at=START)
        assert refusal.value.subscription_ref == first.id
        assert PeriodCharge.objects.count() == 1

    def test_refuses_what_nobody_has_said(self, monthly):
        with pytest.raises(pricing.NoPrice):
            subscribe(monthly, at=START, to=customer(country="CI", phone=None))
        with pytest.raises(operations.NoSuchPlan):
            operations.subscribe(
                owner_ref="usr_other",
                plan_ref=monthly.id,
                customer=customer(),
                currency="XOF",
                provider="wave",
                by=OWNER,
                at=START,
            )
        operations.withdraw_plan(plan_ref=monthly.id, owner_ref=OWNER)
        with pytest.raises(operations.PlanNotOffered):
            subscribe(monthly, at=START)
        assert not RecurringBilling.objects.exists()


class TestRenewal:
    def test_is_an_invoice_that_may_be_read_in_grace(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-27")
        assert read(fact.id).number == 1
        turn("2026-02-28")
        fact = read(fact.id)
        assert (fact.state, fact.number, fact.starts_on, fact.ends_on) == (
            *("grace", 2),
            *(date(2026, 2, 28), date(2026, 3, 31)),
        )
        assert queries.is_entitled(user_ref=USER, at=days("2026-03-06"))
        assert not queries.is_entitled(user_ref=USER, at=days("2026-03-07"))

    def test_paid_in_grace_keeps_its_days(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28")
        fact = pay_open(fact.id, at=days("2026-03-05"))
        assert (fact.state, fact.ends_on) == ("active", date(2026, 3, 31))

    def test_paid_after_grace_gives_the_unread_days_back(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28", "2026-03-07")
        assert read(fact.id).state == "past_due"
        fact = pay_open(fact.id, at=days("2026-03-10"))
        # Three days nobody could read: 7, 8 and 9 March.
        assert (fact.state, fact.ends_on) == ("active", date(2026, 4, 3))
        turn("2026-04-03")
        assert (read(fact.id).starts_on, read(fact.id).ends_on) == (date(2026, 4, 3), date(2026, 5, 3))

    def test_never_paid_expires_and_its_invoice_is_void(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28")
        invoice_ref = read(fact.id).open_charge.invoice_ref
        turn("2026-03-07", "2026-03-14")
        fact = read(fact.id)
        assert (fact.state, fact.ended_on, fact.open_charge, fact.due_at) == ("expired", date(2026, 3, 14), None, None)
        assert invoices.invoice(invoice_ref).state == "void"
        assert whats(fact.id) == ["started", "invoiced", "paid", "invoiced", "grace_over", "expired"]

    def test_is_not_done_twice(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28", "2026-02-28", "2026-03-01")
        assert [charge.number for charge in queries.charges(fact.id)] == [1, 2]
        charge = PeriodCharge.objects.get(number=2)
        charge.id, charge.invoice_ref, charge.state = "chg_again", "inv_again", "void"
        with pytest.raises(IntegrityError, match="period_charged_once"), transaction.atomic():
            charge.save(force_insert=True)

    def test_after_an_outage_loses_no_period_and_takes_no_grace(self):
        daily = plan(at=START, code="jour", interval=Interval.DAY, price="150")
        fact = active(daily, at=START)
        for day in ("2026-02-04", "2026-02-04", "2026-02-04", "2026-02-04"):
            turn(day)
            pay_open(fact.id, at=days(day, 1))
        numbers = [(charge.number, str(charge.starts_on)) for charge in queries.charges(fact.id)]
        assert numbers == [
            *((1, "2026-01-31"), (2, "2026-02-01"), (3, "2026-02-02")),
            *((4, "2026-02-03"), (5, "2026-02-04")),
        ]
        assert read(fact.id).ends_on == date(2026, 2, 5)

    def test_in_grace_after_an_outage_counts_from_the_invoice(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-03-10")
        assert (read(fact.id).grace_ends_on, read(fact.id).starts_on) == (date(2026, 3, 17), date(2026, 2, 28))

    def test_that_nobody_can_tax_is_held_with_the_reason(self, monthly):
        fact = active(monthly, at=START)
        with connection.cursor() as cursor:  # as if nobody had ever said it
            cursor.execute("ALTER TABLE configuration_billingconfiguration DISABLE TRIGGER ALL")
            cursor.execute("DELETE FROM configuration_billingconfiguration WHERE kind = 'tax_rule'")
            cursor.execute("ALTER TABLE configuration_billingconfiguration ENABLE TRIGGER ALL")
        turn("2026-02-28")
        row = RecurringBilling.objects.get(pk=fact.id)
        assert (row.state, row.number, row.due_at) == ("active", 1, days("2026-03-01", 0))
        assert "no tax rule" in row.held_reason

    def test_beside_money_that_comes_in_the_same_moment_takes_nothing_away(self, monthly, monkeypatch):
        fact = active(monthly, at=START)
        turn("2026-02-28", "2026-03-07")
        pay(read(fact.id).open_charge.invoice_ref, at=days("2026-03-13"))
        monkeypatch.setattr(turning, "_money_is_coming", lambda charge: False)  # it looked a moment too early
        operations.turn_due(at=days("2026-03-14", 0))
        assert read(fact.id).state == "past_due"
        operations.settle_due(at=days("2026-03-14", 0))
        assert (read(fact.id).state, read(fact.id).ends_on) == ("active", date(2026, 4, 6))

    def test_follows_the_customers_midnight(self):
        gabon = plan(at=START, code="gabon", country="CM", currency="XAF")
        who = customer(country="CM", phone="+237670000001", user_ref=USER)
        fact = active(gabon, at=START, to=who, currency="XAF", provider="mtn")
        assert fact.timezone == "Africa/Douala"
        assert fact.due_at == days("2026-02-27", 23)


class TestCancel:
    def test_at_the_end_reads_what_is_paid(self, monthly):
        fact = active(monthly, at=START)
        operations.cancel(subscription_ref=fact.id, by=USER, at=days("2026-02-10"), reason="Trop cher")
        assert queries.is_entitled(user_ref=USER, at=days("2026-02-27"))
        assert not queries.is_entitled(user_ref=USER, at=days("2026-02-28"))
        turn("2026-02-28")
        fact = read(fact.id)
        assert (fact.state, fact.end_reason, len(queries.charges(fact.id))) == ("cancelled", "Trop cher", 1)

    def test_may_be_taken_back(self, monthly):
        fact = active(monthly, at=START)
        operations.cancel(subscription_ref=fact.id, by=USER, at=days("2026-02-10"))
        operations.resume(subscription_ref=fact.id, by=USER, at=days("2026-02-11"))
        turn("2026-02-28")
        assert read(fact.id).state == "grace"

    def test_now_tells_what_the_days_left_are_worth(self, monthly):
        fact = active(monthly, at=START)
        fact = operations.cancel(subscription_ref=fact.id, by=USER, at=days("2026-02-13"), at_period_end=False)
        assert fact.state == "cancelled"
        assert SubscriptionEvent.objects.get(what="cancelled").details == {"unused_minor": 750}  # 14 of 28 days

    def test_of_a_debt_voids_its_invoice(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28")
        invoice_ref = read(fact.id).open_charge.invoice_ref
        assert operations.cancel(subscription_ref=fact.id, by=USER, at=days("2026-03-01")).state == "cancelled"
        assert invoices.invoice(invoice_ref).state == "void"

    def test_of_what_was_just_paid_waits_for_the_end(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28")
        pay(read(fact.id).open_charge.invoice_ref, at=days("2026-03-01"))
        fact = operations.cancel(subscription_ref=fact.id, by=USER, at=days("2026-03-01", 10))
        assert (fact.state, fact.cancels_at_end) == ("active", True)

    def test_of_what_is_over_is_refused(self, monthly):
        fact = active(monthly, at=START)
        operations.cancel(subscription_ref=fact.id, by=USER, at=START, at_period_end=False)
        with pytest.raises(operations.SubscriptionEnded):
            operations.cancel(subscription_ref=fact.id, by=USER, at=START)


class TestPause:
    def test_keeps_the_days_left(self, monthly):
        fact = active(monthly, at=START)
        operations.pause(subscription_ref=fact.id, by=USER, at=days("2026-02-10"))
        assert queries.is_entitled(user_ref=USER, at=days("2026-02-10", 23))
        assert not queries.is_entitled(user_ref=USER, at=days("2026-02-11"))
        turn("2026-03-15")
        fact = operations.resume(subscription_ref=fact.id, by=USER, at=days("2026-03-21"))
        # From 11 February to 20 March: 38 days; 17 days were left.
        assert (fact.state, fact.ends_on) == ("active", date(2026, 4, 7))
        assert len(queries.charges(fact.id)) == 1

    def test_ends_by_itself_on_its_day(self, monthly):
        fact = active(monthly, at=START)
        operations.pause(subscription_ref=fact.id, by=USER, at=days("2026-02-10"), resumes_on=date(2026, 2, 20))
        turn("2026-02-19")
        assert read(fact.id).state == "paused"
        turn("2026-02-20")
        assert (read(fact.id).state, read(fact.id).ends_on) == ("active", date(2026, 3, 9))

    def test_of_a_debt_is_refused(self, monthly):
        fact = active(monthly, at=START)
        turn("2026-02-28")
        with pytest.raises(operations.OwesMoney):
            operations.pause(subscription_ref=fact.id, by=USER, at=days("2026-03-01"))

    def test_on_the_last_day_is_refused(self, monthly):
        fact = active(monthly, at=START)
        with pytest.raises(operations.NothingLeftToPause):
            operations.pause(subscription_ref=fact.id, by=USER, at=days("2026-02-27"))


class TestChangePlan:
    @pytest.fixture
    def dearer(self):
        return plan(at=START, code="famille", price="3000")

    def test_to_a_dearer_one_gives_back_first_and_holds_once_paid(self, monthly, dearer):
        fact = active(monthly, at=START)
        fact = operations.change_plan(
            subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=days("2026-02-14")
        )  # 14 of 28 days are over
        back, new = invoices.invoice(fact.open_charge.invoice_ref).items
        assert (back.gross_minor, new.gross_minor, fact.open_charge.gross_minor) == (-750, 1500, 750)
        assert back.title == "Premium, jours non utilisés du 14 février 2026 au 27 février 2026"
        assert fact.plan_ref == monthly.id
        fact = pay_open(fact.id, at=days("2026-02-14", 10))
        assert (fact.plan_ref, fact.unit_minor, fact.ends_on) == (dearer.id, 3000, date(2026, 2, 28))
        turn("2026-02-28")
        assert read(fact.id).open_charge.gross_minor == 3000

    def test_used_and_given_back_make_what_was_printed_tax_for_tax(self, monthly, dearer):
        fact = active(monthly, at=START)
        (sold,) = invoices.invoice(queries.charges(fact.id)[0].invoice_ref).items
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=days("2026-02-10"))
        back = invoices.invoice(fact.open_charge.invoice_ref).items[0]
        assert back.net_minor + sum(line.amount_minor for line in back.tax_lines) == back.gross_minor
        assert -back.tax_lines[0].amount_minor == 229 - round(229 * 10 / 28)
        assert sold.gross_minor + back.gross_minor == round(1500 * 10 / 28)

    def test_not_paid_that_day_lapses(self, monthly, dearer):
        fact = active(monthly, at=START)
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=days("2026-02-14"))
        offer = fact.open_charge.invoice_ref
        turn("2026-02-15")
        fact = read(fact.id)
        assert (fact.plan_ref, fact.open_charge, fact.state) == (monthly.id, None, "active")
        assert invoices.invoice(offer).state == "void"

    def test_asked_twice_leaves_one_offer(self, monthly, dearer):
        fact = active(monthly, at=START)
        for hour in (9, 10):
            operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=days("2026-02-14", hour))
        assert [charge.state for charge in queries.charges(fact.id)] == ["paid", "void", "open"]

    def test_to_a_cheaper_one_waits_for_the_end(self, monthly, dearer):
        fact = active(dearer, at=START)
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=monthly.id, by=USER, at=days("2026-02-14"))
        assert (fact.plan_ref, fact.next_plan_ref, fact.open_charge) == (dearer.id, monthly.id, None)
        turn("2026-02-28")
        fact = read(fact.id)
        assert (fact.plan_ref, fact.next_plan_ref, fact.open_charge.gross_minor) == (monthly.id, None, 1500)

    def test_to_a_year_begins_today_and_is_counted_from_today(self, monthly):
        yearly = plan(at=START, code="annuel", price="15000", interval=Interval.YEAR)
        fact = active(monthly, at=START)
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=yearly.id, by=USER, at=days("2026-02-14"))
        assert fact.open_charge.gross_minor == 15000 - 750
        fact = pay_open(fact.id, at=days("2026-02-14", 10))
        assert (fact.starts_on, fact.ends_on, fact.number) == (date(2026, 2, 14), date(2027, 2, 14), 2)
        turn("2027-02-14")
        assert (read(fact.id).number, read(fact.id).ends_on) == (3, date(2028, 2, 14))

    def test_twice_in_a_period_gives_back_the_second_ones_days(self, monthly, dearer):
        dearest = plan(at=START, code="ecole", price="9000")
        fact = active(monthly, at=START)
        operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=days("2026-02-14"))
        pay_open(fact.id, at=days("2026-02-14"))
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=dearest.id, by=USER, at=days("2026-02-21"))
        back, new = invoices.invoice(fact.open_charge.invoice_ref).items
        assert (back.gross_minor, new.gross_minor) == (-750, 2250)  # 7 days of 14 that cost 1 500, a quarter of 9 000

    def test_in_a_trial_costs_nothing(self, dearer):
        trial = plan(at=START, code="essai", trial_days=7)
        fact = subscribe(trial, at=START)
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=START)
        assert (fact.plan_ref, fact.state, fact.unit_minor) == (dearer.id, "trialing", 3000)

    def test_to_todays_plan_is_refused_and_takes_a_wish_back(self, monthly, dearer):
        fact = active(dearer, at=START)
        with pytest.raises(operations.NothingToChange):
            operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=START)
        operations.change_plan(subscription_ref=fact.id, plan_ref=monthly.id, by=USER, at=START)
        fact = operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=START)
        assert fact.next_plan_ref is None


class TestPrice:
    def test_lower_holds_from_the_next_period(self, monthly):
        fact = active(monthly, at=START)
        operations.set_plan_price(
            plan_ref=monthly.id, country="SN", currency="XOF", amount=parse("1200", "XOF"), at=days("2026-02-10")
        )
        turn("2026-02-28")
        assert read(fact.id).open_charge.gross_minor == 1200

    def test_higher_waits_for_the_notice(self, monthly):
        fact = active(monthly, at=START)
        operations.set_plan_price(
            plan_ref=monthly.id, country="SN", currency="XOF", amount=parse("2000", "XOF"), at=days("2026-02-10")
        )
        turn("2026-02-28")
        assert read(fact.id).open_charge.gross_minor == 1500  # told 18 days before: 30 are promised
        pay_open(fact.id, at=days("2026-02-28"))
        turn("2026-03-31")
        assert read(fact.id).open_charge.gross_minor == 2000

    def test_of_a_new_subscriber_is_todays(self, monthly):
        operations.set_plan_price(
            plan_ref=monthly.id, country="SN", currency="XOF", amount=parse("2000", "XOF"), at=days("2026-02-10")
        )
        assert subscribe(monthly, at=days("2026-02-11")).open_charge.gross_minor == 2000


class TestTables:
    def test_refuse_to_forget_or_to_rewrite(self, monthly):
        active(monthly, at=START)
        for statement in (
            "UPDATE subscriptions_plan SET trial_days = 5",
            "UPDATE subscriptions_periodcharge SET gross_minor = 1",
            "UPDATE subscriptions_periodcharge SET state = 'open'",
            "UPDATE subscriptions_revenueschedule SET net_minor = 1",
            "UPDATE subscriptions_subscriptionevent SET reason = 'x'",
            "DELETE FROM subscriptions_recurringbilling",
            "UPDATE subscriptions_collectionrule SET grace_days = 0",
        ):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_facts_are_frozen(monthly):
    with pytest.raises(dataclasses.FrozenInstanceError):
        monthly.title = "x"
