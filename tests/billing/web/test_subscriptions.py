"""The customer's own page of a subscription: seen, paid and cancelled without an account and without a script."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing.payments import queries as payments
from billing.subscriptions import operations, queries
from tests.factories.subscriptions import active, days, pay, plan, subscribe, subscription_world

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"], transaction=True)


@pytest.fixture
def at():
    return timezone.now() - timedelta(minutes=5)


@pytest.fixture
def monthly(at):
    subscription_world(at=at - timedelta(minutes=1))
    return plan(at=at)


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"accept-language": "fr"}, enforce_csrf_checks=False)


def shown(visitor: Client, ref: str) -> str:
    answer = visitor.get(f"/subscriptions/{ref}/")
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("max-age=0")
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


class TestPage:
    def test_shows_what_is_to_pay_with_one_button(self, visitor, monthly, at):
        page = shown(visitor, subscribe(monthly, at=at).id)
        assert "La lecture reprend dès que vous payez" in page
        assert "1 500" in page
        assert "Wave</button>" in page
        assert "<script" not in page

    def test_hides_the_phone(self, visitor, monthly, at):
        assert "771234567" not in shown(visitor, active(monthly, at=at).id)

    def test_is_light(self, visitor, monthly, at):
        assert len(shown(visitor, subscribe(monthly, at=at).id).encode()) < 14_000

    def test_notices_a_payment_at_once(self, visitor, monthly, at):
        fact = subscribe(monthly, at=at)
        pay(fact.open_charge.invoice_ref, at=at)
        assert "Votre abonnement est en cours" in shown(visitor, fact.id)

    def test_speaks_english(self, monthly, at):
        page = Client(headers={"accept-language": "en"}).get(f"/subscriptions/{active(monthly, at=at).id}/")
        assert page.status_code == 200

    @pytest.mark.parametrize("ref", ["sub_0", "sub_00000000000000000000000009", "pay_00000000000000000000000009"])
    def test_of_nobody_is_not_there(self, visitor, ref):
        assert visitor.get(f"/subscriptions/{ref}/").status_code == 404

    def test_of_every_state_is_drawn(self, visitor):
        subscription_world(at=days("2026-01-01", 0))
        start = days("2026-01-31")
        trial, monthly = plan(at=start, code="essai", trial_days=7), plan(at=start)
        shown(visitor, subscribe(trial, at=start, user_ref="usr_a").id)
        ref = active(monthly, at=start).id
        operations.pause(subscription_ref=ref, by="x", at=start)
        assert "En pause" in shown(visitor, ref)
        operations.resume(subscription_ref=ref, by="x", at=start)
        operations.turn_due(at=days("2026-02-28", 0))
        assert "Vous lisez encore jusqu’au 6 mars 2026" in shown(visitor, ref)
        operations.turn_due(at=days("2026-03-07", 0))
        operations.turn_due(at=days("2026-03-14", 0))
        assert "Il a pris fin le 14 mars 2026" in shown(visitor, ref)


class TestPay:
    def test_leads_to_the_wallet_and_a_second_tap_to_the_same_payment(self, visitor, monthly, at, wave):
        fact = subscribe(monthly, at=at)
        answers = [visitor.post(f"/subscriptions/{fact.id}/pay/", {"provider": "wave"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0]["Location"] == answers[1]["Location"]
        (payment,) = payments.payments_of_invoice(fact.open_charge.invoice_ref)
        assert payment.amount_minor == 1500

    def test_of_nothing_leads_back(self, visitor, monthly, at):
        fact = active(monthly, at=at)
        assert visitor.post(f"/subscriptions/{fact.id}/pay/")["Location"] == f"/subscriptions/{fact.id}/"

    def test_with_a_wallet_that_is_none_leads_back_with_a_word(self, visitor, monthly, at):
        fact = subscribe(monthly, at=at)
        page = visitor.post(f"/subscriptions/{fact.id}/pay/", {"provider": "nobody"}, follow=True)
        assert page.redirect_chain == [(f"/subscriptions/{fact.id}/", 303)]


class TestWishes:
    def test_to_cancel_and_to_go_on(self, visitor, monthly, at):
        fact = active(monthly, at=at)
        page = visitor.post(f"/subscriptions/{fact.id}/cancel/", follow=True).content.decode()
        assert "puis il s’arrête" in page
        assert queries.subscription(fact.id).cancels_at_end
        visitor.post(f"/subscriptions/{fact.id}/resume/")
        assert not queries.subscription(fact.id).cancels_at_end

    def test_to_stop_being_asked(self, visitor, monthly, at):
        fact = subscribe(monthly, at=at)
        visitor.post(f"/subscriptions/{fact.id}/asks/")
        assert queries.subscription(fact.id).asks_stopped
        visitor.post(f"/subscriptions/{fact.id}/asks/", {"again": "1"})
        assert not queries.subscription(fact.id).asks_stopped

    def test_by_a_link_alone_change_nothing(self, visitor, monthly, at):
        fact = active(monthly, at=at)
        assert visitor.get(f"/subscriptions/{fact.id}/cancel/").status_code == 405
        assert not queries.subscription(fact.id).cancels_at_end

    def test_need_the_forms_token(self, monthly, at):
        fact = active(monthly, at=at)
        assert Client(enforce_csrf_checks=True).post(f"/subscriptions/{fact.id}/cancel/").status_code == 403
