"""Asking for the money: by what the wallet can do, at a good hour, once a step, never after «stop»."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.outbox import operations as outbox
from billing.outbox import queries as outbox_queries
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.subscriptions import operations, queries
from billing.subscriptions.models import CollectionRequest
from billing.subscriptions.operations import collecting
from billing.subscriptions.periods import Interval
from providers.simulation import Running
from tests.factories.billing import customer
from tests.factories.subscriptions import OWNER, USER, active, days, plan, subscribe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world")]
START = days("2026-01-31")
MTN = "+2250501234567"  # answers when somebody answers for it


def ask_at(text: str, hour: int) -> None:
    while operations.ask_one(at=days(text, hour)):
        pass


def renewed(text: str = "2026-02-28", **changed):
    """A subscription of which a period is due."""
    fact = active(plan(at=START, country=changed.pop("country", "SN")), at=START, **changed)
    operations.turn_due(at=days(text, 0))
    return queries.subscription(fact.id)


def abroad(wave: Running):
    """In Ivory Coast, with a wallet whose payers approve on the phone."""
    who = customer(country="CI", phone=MTN, user_ref=USER)
    return renewed(country="CI", to=who, provider="mtn")


class TestMessage:
    def test_goes_to_the_client_with_a_link_to_the_customers_page(self):
        outbox.add_endpoint(owner_ref=OWNER, url="https://client.example/hooks", at=START)
        fact = renewed()
        ask_at("2026-02-28", 18)
        (request,) = queries.requests(fact.id)
        assert (request.way, request.outcome, request.step) == ("message", "sent", 0)
        kinds = [event.kind for event in outbox_queries.events(owner_ref=OWNER)]
        assert "subscription.payment_requested" in kinds


class TestHour:
    def test_waits_for_a_good_one_and_never_asks_at_night(self):
        fact = renewed()
        ask_at("2026-02-28", 3)
        assert queries.subscription(fact.id).next_ask_at == days("2026-02-28", 18)
        ask_at("2026-02-28", 17)
        assert queries.requests(fact.id) == ()
        ask_at("2026-02-28", 18)
        assert len(queries.requests(fact.id)) == 1

    def test_after_an_outage_that_ends_at_night_waits_for_the_day(self):
        fact = renewed()
        ask_at("2026-02-28", 22)
        assert queries.requests(fact.id) == ()
        assert queries.subscription(fact.id).next_ask_at == days("2026-03-01", 18)

    def test_is_the_one_at_which_the_customer_said_yes_before(self):
        fact = renewed()
        approvals = [("ask_a", 11), ("ask_b", 11), ("ask_c", 10)]
        charge_ref = fact.open_charge.id
        for step, (ref, hour) in enumerate(approvals, start=90):
            CollectionRequest.objects.create(
                id=ref, charge_id=charge_ref, step=step, outcome="sent", planned_at=START,
                approved_at=days("2026-02-01"), approved_hour=hour, country="SN", subscriber=USER,
            )  # fmt: skip
        ask_at("2026-02-28", 0)
        assert queries.subscription(fact.id).next_ask_at == days("2026-02-28", 11)


class TestSteps:
    def test_are_the_rules_and_end(self):
        fact = renewed()
        for day in range(16):
            text = str((days("2026-02-28") + timedelta(days=day)).date())
            ask_at(text, 18)
            ask_at(text, 19)
        planned = [str(request.planned_at.date()) for request in queries.requests(fact.id)]
        assert planned == [
            *("2026-02-28", "2026-03-01", "2026-03-03", "2026-03-05", "2026-03-07", "2026-03-10"),
        ]

    def test_that_an_outage_has_eaten_are_not_made_up_for(self):
        fact = renewed()
        ask_at("2026-03-04", 18)
        ask_at("2026-03-04", 19)
        assert len(queries.requests(fact.id)) == 1
        assert queries.subscription(fact.id).next_ask_at == days("2026-03-05", 0)

    def test_end_when_it_is_paid(self):
        from tests.factories.subscriptions import pay_open

        fact = renewed()
        pay_open(fact.id, at=days("2026-02-28", 10))
        ask_at("2026-03-05", 18)
        assert queries.requests(fact.id) == ()

    def test_end_when_the_customer_says_stop(self):
        fact = renewed()
        operations.stop_asking(subscription_ref=fact.id, by=USER, at=days("2026-02-28", 10))
        ask_at("2026-03-05", 18)
        assert queries.requests(fact.id) == ()
        operations.turn_due(at=days("2026-03-07", 0))
        operations.turn_due(at=days("2026-03-14", 0))
        assert queries.subscription(fact.id).state == "expired"

    def test_go_on_when_the_customer_takes_it_back(self):
        fact = renewed()
        operations.stop_asking(subscription_ref=fact.id, by=USER, at=days("2026-02-28", 10))
        operations.ask_again(subscription_ref=fact.id, by=USER, at=days("2026-02-28", 11))
        ask_at("2026-02-28", 18)
        assert len(queries.requests(fact.id)) == 1

    def test_do_not_begin_with_who_stands_before_the_page(self):
        fact = subscribe(plan(at=START), at=START)
        assert fact.next_ask_at == days("2026-02-01", 0)


class TestPush:
    def test_rings_the_phone_and_is_noted_when_approved(self, wave):
        fact = abroad(wave)
        ask_at("2026-02-28", 18)
        (request,) = queries.requests(fact.id)
        assert (request.way, request.outcome) == ("push", "sent")
        payment = payment_queries.payment(request.payment_ref)
        assert (payment.state, payment.next_action.kind) == ("pending", "approve_on_phone")
        at = days("2026-02-28", 18) + timedelta(minutes=1)
        wave.approve(payment.provider_ref)
        assert payments.refresh(payment_ref=payment.id, source="poll", at=at).state == "succeeded"
        operations.settle_due(at=at)
        assert queries.subscription(fact.id).state == "active"
        assert CollectionRequest.objects.get(pk=request.id).approved_hour == 18

    def test_that_a_process_left_behind_is_sent_once(self, wave, monkeypatch):
        fact = abroad(wave)
        with monkeypatch.context() as patched:
            patched.setattr(collecting, "send", _dies)
            with pytest.raises(SystemExit):
                operations.ask_one(at=days("2026-02-28", 18))
        assert queries.requests(fact.id)[0].outcome == "waiting"
        at = days("2026-02-28", 18) + timedelta(minutes=5)
        assert operations.send_one(at=at)
        assert not operations.send_one(at=at)
        assert queries.requests(fact.id)[0].outcome == "sent"
        assert len(payment_queries.payments_of_invoice(fact.open_charge.invoice_ref)) == 1

    def test_is_not_taken_away_while_the_payer_decides(self, wave):
        fact = abroad(wave)
        ask_at("2026-03-06", 18)
        operations.turn_due(at=days("2026-03-07", 0))
        assert queries.subscription(fact.id).state == "grace"
        assert queries.subscription(fact.id).due_at == days("2026-03-07", 0) + timedelta(minutes=15)


class TestMandate:
    def test_once_allowed_is_the_way(self, wave):
        fact = abroad(wave)
        now = timezone.now()
        asked = operations.ask_mandate(subscription_ref=fact.id, by=USER, at=now)
        assert asked.state == "pending"
        assert operations.ask_mandate(subscription_ref=fact.id, by=USER, at=now) == asked
        wave.approve(_mtn_id(asked.id))
        assert operations.check_one(at=now + timedelta(minutes=2))
        assert queries.mandate(fact.id).state == "approved"
        ask_at("2026-02-28", 18)
        assert queries.requests(fact.id)[0].way == "mandate"

    def test_refused_by_the_payer_leaves_the_other_ways(self, wave):
        fact = abroad(wave)
        now = timezone.now()
        asked = operations.ask_mandate(subscription_ref=fact.id, by=USER, at=now)
        wave.refuse(_mtn_id(asked.id))
        operations.check_one(at=now + timedelta(minutes=2))
        assert queries.mandate(fact.id).state == "rejected"
        ask_at("2026-02-28", 18)
        assert queries.requests(fact.id)[0].way == "push"

    def test_is_ended_at_the_provider(self, wave):
        fact = abroad(wave)
        now = timezone.now()
        asked = operations.ask_mandate(subscription_ref=fact.id, by=USER, at=now)
        wave.approve(_mtn_id(asked.id))
        operations.check_one(at=now + timedelta(minutes=2))
        assert operations.end_mandate(subscription_ref=fact.id, at=now).state == "cancelled"

    def test_of_a_wallet_that_knows_none_is_refused(self, wave):
        fact = subscribe(plan(at=START, interval=Interval.WEEK), at=START)
        with pytest.raises(operations.NotNow):
            operations.ask_mandate(subscription_ref=fact.id, by=USER, at=START)


def _dies(*_args, **_kwargs):
    raise SystemExit("killed")


def _mtn_id(reference: str) -> str:
    from providers.mtn import wire

    return wire.request_id(reference)
