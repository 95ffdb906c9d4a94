"""What is Web Payment's own: tokens that travel, a sandbox, orders that are told apart, tokens that end."""

import dataclasses

import pytest

from providers import registry, simulation
from providers.amounts import Amount
from providers.contract import Lookup, Outcome, PaymentRequest
from providers.errors import CredentialsRefused, OutcomeUnknown, RequestRefused
from providers.orange.web.adapter import WebPaymentAdapter

AMOUNT = Amount(1500, "XOF")
REQUEST = PaymentRequest(
    "pay_01", AMOUNT, None, "Un livre", "https://coko.example/ok", "https://coko.example/ko", "https://coko.example/n"
)


def lookup(started, **changes) -> Lookup:
    return dataclasses.replace(Lookup("pay_01", started.provider_ref, "ci", AMOUNT, secrets=started.secrets), **changes)


@pytest.fixture
def orange(sim) -> WebPaymentAdapter:
    adapter = registry.adapter("orange", "CI", environment=sim.environment)
    assert isinstance(adapter, WebPaymentAdapter)
    return adapter


class TestStartPayment:
    def test_the_second_try_is_another_page_and_the_first_nobodys(self, orange, sim):
        sim.fault("create_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            orange.start_payment(REQUEST)
        started = orange.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        assert orange.fetch_payment(lookup(started)).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_is_refused_where_an_order_id_serves_once(self, orange, sim):
        orange.start_payment(REQUEST)
        sim.fault("duplicate_order", "error")
        with pytest.raises(RequestRefused) as refused:
            orange.start_payment(REQUEST)
        assert refused.value.code == "24"

    def test_a_token_that_ended_is_replaced_and_the_order_sent_once(self, orange, sim):
        orange.start_payment(REQUEST)
        sim.advance(3600)
        second = dataclasses.replace(REQUEST, reference="pay_02")
        assert orange.start_payment(second).outcome is Outcome.PENDING

    def test_obeys_a_life_told_as_text(self, orange, sim):
        sim.fault("token", "rewrite", fields={"expires_in": "7776000"})
        assert orange.start_payment(REQUEST).outcome is Outcome.PENDING

    def test_works_in_the_sandbox_with_its_fictitious_unit(self, sim):
        own = {"PROVIDER_ORANGE_CI_COUNTRY": "dev", "PROVIDER_ORANGE_CI_CURRENCY": "OUV"}
        sandbox = registry.adapter("orange", "CI", environment={**sim.environment, **own})
        started = sandbox.start_payment(REQUEST)
        assert sandbox.platform == "dev"
        sim.approve(started.provider_ref)
        assert sandbox.fetch_payment(lookup(started, platform="dev")).amount == AMOUNT

    def test_refuses_the_currency_of_another_country(self, orange):
        with pytest.raises(RequestRefused):
            orange.start_payment(dataclasses.replace(REQUEST, amount=Amount(1500, "GNF")))


class TestFetchPayment:
    def test_asks_where_the_payment_was_made(self, orange):
        started = orange.start_payment(REQUEST)
        with pytest.raises(RequestRefused):
            orange.fetch_payment(lookup(started, platform="ml"))

    @pytest.mark.parametrize("changes", [{"amount": Amount(1501, "XOF")}, {"reference": "pay_02"}])
    def test_gets_no_answer_about_another_order_or_amount(self, orange, sim, changes):
        started = orange.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        with pytest.raises(RequestRefused):
            orange.fetch_payment(lookup(started, **changes))

    def test_finds_nothing_without_a_token(self, orange):
        orange.start_payment(REQUEST)
        assert orange.fetch_payment(Lookup("pay_01", "pay_01", "ci", AMOUNT)).outcome is Outcome.NOT_FOUND

    def test_waits_while_orange_is_at_it(self, orange, sim):
        started = orange.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        sim.fault("get_session", "rewrite", fields={"status": "PENDING"})
        assert orange.fetch_payment(lookup(started)).outcome is Outcome.PENDING
        assert orange.fetch_payment(lookup(started)).outcome is Outcome.SUCCEEDED


class TestMarkets:
    def test_share_no_secret(self):
        own = simulation.DEMO_CREDENTIALS["orange"]
        assert own["CI"].callback_secret != own["ML"].callback_secret

    def test_another_markets_key_is_refused(self, sim):
        mixed = {**sim.environment, "PROVIDER_ORANGE_CI_CLIENT_ID": "demo-ml"}
        with pytest.raises(CredentialsRefused):
            registry.adapter("orange", "CI", environment=mixed).start_payment(REQUEST)
