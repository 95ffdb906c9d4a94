"""Clients that others wrote for MTN's API, unmodified, against our simulator over HTTP.

`mtn-momo-client` (import `momo_api`) knows the legacy gateway and the sandbox, `momo-openapi` the new platform. What
they and we read out of MTN's documents independently must meet here.
"""

import uuid

import momo_api
import momo_openapi
import pytest
import requests
from momo_api import CollectionApi, Config, DisbursementApi, PaymentRequest, RefundRequest, SandboxApi, TransferRequest

from providers import registry, simulation
from providers.amounts import Amount
from providers.contract import Lookup, Outcome
from providers.contract import PaymentRequest as OurRequest
from providers.mtn import wire
from providers.mtn.demo import NEW_PREFIX, SANDBOX_KEYS

DEMO = simulation.DEMO_CREDENTIALS["mtn"]
PHONE = "2250701020304"


def provisioned(sim: simulation.Running, product: str) -> Config:
    """An API user of the sandbox, made as a developer makes one."""
    api = SandboxApi(SANDBOX_KEYS[product], sim.base_url)
    user = str(uuid.uuid4())
    assert api.create_api_user(user, "coko.example") == user
    key = api.create_api_key(user)
    assert api.get_api_user(user) == {"providerCallbackHost": "coko.example", "targetEnvironment": "sandbox"}
    return Config(SANDBOX_KEYS[product], user, key)


class TestMtnMomoClientInTheSandbox:
    @pytest.fixture
    def collection(self, sim) -> CollectionApi:
        return CollectionApi(provisioned(sim, "collection"), sim.base_url, "sandbox")

    @pytest.fixture
    def disbursement(self, sim) -> DisbursementApi:
        return DisbursementApi(provisioned(sim, "disbursement"), sim.base_url, "sandbox")

    def test_collects_and_reads_the_balance(self, collection, sim):
        ref = collection.request_to_pay(
            PaymentRequest.make("100", "56733123453", "order-1", "EUR", "Un livre", "Merci")
        )
        paid = collection.get_payment_status(ref)
        assert paid.is_successful()
        assert (paid.amount, paid.currency, paid.external_id, paid.payer) == ("100", "EUR", "order-1", "56733123453")
        assert (paid.payer_message, paid.payee_note) == ("Un livre", "Merci")
        assert paid.financial_transaction_id.isdigit()
        assert collection.get_balance().available_balance == "100"
        assert [(move["kind"], move["amount"]) for move in sim.movements()] == [("requesttopay", "100")]

    @pytest.mark.parametrize(
        ("suffix", "reason"),
        [
            ("450", "INTERNAL_PROCESSING_ERROR"),
            ("451", "APPROVAL_REJECTED"),
            ("452", "EXPIRED"),
            ("455", "PAYER_NOT_FOUND"),
            ("456", "PAYEE_NOT_ALLOWED_TO_RECEIVE"),
            ("457", "NOT_ALLOWED"),
            ("458", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
            ("459", "INVALID_CALLBACK_URL_HOST"),
            ("460", "INVALID_CURRENCY"),
            ("461", "INTERNAL_PROCESSING_ERROR"),
            ("462", "SERVICE_UNAVAILABLE"),
            ("463", "COULD_NOT_PERFORM_TRANSACTION"),
        ],
    )
    def test_meets_the_published_test_numbers(self, collection, sim, suffix, reason):
        failed = collection.get_payment_status(collection.quick_pay("5", f"46733123{suffix}", "order-1", "EUR"))
        assert failed.is_failed()
        assert failed.reason.code == reason
        assert sim.movements() == []

    def test_waits_for_the_ongoing_and_the_delayed_one(self, collection, sim):
        ongoing = collection.quick_pay("5", "46733123453", "order-1", "EUR")
        delayed = collection.quick_pay("5", "46733123454", "order-2", "EUR")
        assert collection.get_payment_status(ongoing).is_pending()
        assert collection.get_payment_status(delayed).is_pending()
        sim.advance(45)
        assert collection.get_payment_status(ongoing).is_pending()
        assert collection.get_payment_status(delayed).is_successful()
        sim.advance(300)
        assert collection.get_payment_status(ongoing).reason.code == "EXPIRED"

    @pytest.mark.parametrize(
        ("suffix", "reason"),
        [
            ("455", "NOT_ENOUGH_FUNDS"),
            ("456", "PAYER_LIMIT_REACHED"),
            ("457", "PAYEE_NOT_FOUND"),
            ("461", "INVALID_CURRENCY"),
            ("463", "SERVICE_UNAVAILABLE"),
        ],
    )
    def test_transfers_have_their_own_numbers(self, disbursement, suffix, reason):
        ref = disbursement.transfer(TransferRequest.make("5", f"46733123{suffix}", "out-1", "EUR"))
        assert disbursement.get_transfer_status(ref).reason.code == reason

    def test_transfers_and_refunds(self, collection, disbursement, sim):
        paid = collection.quick_pay("100", "56733123453", "order-1", "EUR")
        sent = disbursement.transfer(TransferRequest.make("30", "56733123453", "out-1", "EUR"))
        back = disbursement.refund(RefundRequest.make("40", paid, "ref-1", "EUR"))
        told = disbursement.get_transfer_status(sent)
        assert (told.is_successful(), told.payee, told.payer_message) == (True, "56733123453", None)
        assert disbursement.get_refund_status(back).is_successful()
        assert [move["amount"] for move in sim.movements()] == ["100", "-30", "-40"]
        assert disbursement.get_balance().available_balance == str(10_000_000 - 70)

    @pytest.mark.parametrize(
        ("selector", "reason"), [("1", "RESOURCE_NOT_FOUND"), ("4", "EXPIRED"), ("13", "COULD_NOT_PERFORM_TRANSACTION")]
    )
    def test_refunds_of_the_selectors_fail_as_published(self, disbursement, selector, reason):
        ref = disbursement.refund(RefundRequest.make("5", selector, "ref-1", "EUR"))
        assert disbursement.get_refund_status(ref).reason.code == reason

    def test_reads_holders(self, collection):
        assert collection.check_account_holder("56733123453") is True
        assert collection.check_account_holder("46733123451") is False
        with pytest.raises(momo_api.ResourceNotFoundException):
            collection.check_account_holder("46733123450")
        with pytest.raises(momo_api.InternalServerErrorException) as refused:
            collection.check_account_holder("46733123452")
        assert refused.value.code == "NOT_ALLOWED"

    def test_is_told_of_a_duplicate_and_of_an_unknown_reference(self, collection):
        ref = collection.quick_pay("5", "56733123453", "order-1", "EUR")
        with pytest.raises(momo_api.ConflictException) as conflict:
            collection.request_to_pay(PaymentRequest.make("5", "56733123453", "order-1", "EUR"), ref)
        assert conflict.value.code == "RESOURCE_ALREADY_EXIST"
        with pytest.raises(momo_api.ResourceNotFoundException):
            collection.get_payment_status(str(uuid.uuid4()))

    def test_may_be_called_back_only_at_its_registered_host(self, collection, sim):
        for url, is_known in (("https://coko.example/hook", True), ("https://other.example/hook", False)):
            own = CollectionApi(collection.config.with_callback_uri(url), sim.base_url, "sandbox")
            if is_known:
                assert own.quick_pay("5", "56733123453", "order-1", "EUR")
                continue
            with pytest.raises(momo_api.InternalServerErrorException) as refused:
                own.quick_pay("5", "56733123453", "order-1", "EUR")
            assert refused.value.code == "INVALID_CALLBACK_URL_HOST"

    def test_is_refused_with_the_key_of_another_product(self, collection, sim):
        mixed = Config(SANDBOX_KEYS["disbursement"], collection.config.api_user, collection.config.api_key)
        with pytest.raises(momo_api.InvalidSubscriptionKeyException):
            CollectionApi(mixed, sim.base_url, "sandbox").get_balance()

    def test_its_deposit_names_a_payer_which_a_deposit_does_not_have(self, disbursement):
        with pytest.raises(momo_api.BadRequestException):
            disbursement.deposit(PaymentRequest.make("5", "56733123453", "out-1", "EUR"))


class TestMtnMomoClientInAMarket:
    @pytest.fixture
    def collection(self, sim) -> CollectionApi:
        own = DEMO["CI"]
        config = Config(own.collection_key, own.legacy_user, own.legacy_secret)
        return CollectionApi(config, sim.base_url, "mtnivorycoast")

    def test_waits_for_the_payer(self, collection, sim):
        ref = collection.quick_pay("1500", PHONE, "order-1", "XOF")
        assert collection.get_payment_status(ref).is_pending()
        sim.approve(ref)
        paid = collection.get_payment_status(ref)
        assert (paid.is_successful(), paid.amount, paid.currency) == (True, "1500", "XOF")

    def test_writes_no_decimals_of_a_currency_without(self, collection):
        with pytest.raises(momo_api.BadRequestException):
            collection.quick_pay("1500.00", PHONE, "order-1", "XOF")

    def test_cannot_pay_in_another_currency(self, collection):
        with pytest.raises(momo_api.InternalServerErrorException) as refused:
            collection.quick_pay("1500", PHONE, "order-1", "EUR")
        assert refused.value.code == "INVALID_CURRENCY"


class TestMomoOpenapiOnTheNewPlatform:
    def config(self, sim, product: str = "collection", **changes: str) -> momo_openapi.MomoConfig:
        own = DEMO["CI"]
        fields = {
            "subscription_key": own.collection_key if product == "collection" else own.disbursement_key,
            "user_id": own.new_user,
            "credential_token": own.new_secret,
            "target_environment": "mtnivorycoast",
            "base_url": sim.base_url + NEW_PREFIX,
            "currency": "XOF",
        }
        return momo_openapi.MomoConfig(**{**fields, **changes})

    def test_collects_transfers_and_reads_balances(self, sim):
        collection = momo_openapi.Collection(self.config(sim))
        disbursement = momo_openapi.Disbursement(self.config(sim, "disbursement"))
        ref = collection.request_to_pay(1500, PHONE, "order-1", payer_message="Un livre", payee_note="Merci")
        assert collection.get_transaction_status(ref)["status"] == "PENDING"
        sim.approve(ref)
        assert collection.get_transaction_status(ref)["status"] == "SUCCESSFUL"
        assert collection.get_balance() == {"availableBalance": "1500", "currency": "XOF"}
        sent = disbursement.transfer(700, PHONE, "out-1", payer_message="Droits", payee_note="Coko")
        assert disbursement.get_transaction_status(sent)["status"] == "SUCCESSFUL"
        assert disbursement.get_balance()["availableBalance"] == str(10_000_000 - 700)

    def test_sees_500_without_a_word_for_empty_notes_where_the_market_does_so(self, sim):
        collection = momo_openapi.Collection(self.config(sim))
        assert collection.request_to_pay(1500, PHONE, "order-1")
        sim.fault("empty_note", "switch")
        with pytest.raises(momo_openapi.MomoAPIError) as refused:
            collection.request_to_pay(1500, PHONE, "order-2")
        assert (refused.value.status_code, refused.value.code) == (500, None)

    def test_needs_the_right_environment_and_credentials_for_a_token(self, sim):
        with pytest.raises(momo_openapi.MomoAPIError) as wrong:
            momo_openapi.Collection(self.config(sim, target_environment="mtnbenin")).get_access_token()
        assert (wrong.value.status_code, wrong.value.code) == (400, "Invalid or missing X-Target-Environment header")
        with pytest.raises(momo_openapi.AuthenticationError) as unknown:
            momo_openapi.Collection(self.config(sim, credential_token="another")).get_access_token()
        assert unknown.value.code == "invalid_client"

    def test_has_its_user_id_refused_once_it_was_url_encoded(self, sim):
        with pytest.raises(momo_openapi.MomoAPIError) as broken:
            momo_openapi.Collection(self.config(sim, user_id="mtn_ci-portal%3D")).get_access_token()
        assert broken.value.status_code == 500

    def test_reads_only_what_was_made_there(self, sim):
        new = momo_openapi.Collection(self.config(sim))
        ref = new.request_to_pay(1500, PHONE, "order-1")
        own = DEMO["CI"]
        legacy = self.config(sim, base_url=sim.base_url, user_id=own.legacy_user, credential_token=own.legacy_secret)
        with pytest.raises(momo_openapi.MomoAPIError) as unknown:
            momo_openapi.Collection(legacy).get_transaction_status(ref)
        assert (unknown.value.status_code, unknown.value.code) == (404, "RESOURCE_NOT_FOUND")

    def test_would_be_a_403_page_under_the_name_of_requests(self, sim):
        url, headers = f"{sim.base_url}{NEW_PREFIX}/collection/token/", {"X-Target-Environment": "mtnivorycoast"}
        answer = requests.post(url, headers=headers, auth=("a", "b"), timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")


class TestOursAndTheirs:
    def test_speak_of_the_same_payment(self, sim):
        """What our adapter asked, a stranger's client reads in the same words."""
        adapter = registry.adapter("mtn", "CI", environment=sim.environment)
        request = OurRequest("pay_01", Amount(1500, "XOF"), f"+{PHONE}", "L’été à Ségou", "", "")
        started = adapter.start_payment(request)
        own = DEMO["CI"]
        config = Config(own.collection_key, own.legacy_user, own.legacy_secret)
        theirs = CollectionApi(config, sim.base_url, "mtnivorycoast")
        told = theirs.get_payment_status(started.provider_ref)
        assert (told.amount, told.currency, told.external_id, told.payer) == ("1500", "XOF", "pay_01", PHONE)
        assert told.payer_message == "L ete a Segou"

    def test_find_the_same_payment_after_theirs_asked(self, sim):
        own = DEMO["CI"]
        config = Config(own.collection_key, own.legacy_user, own.legacy_secret)
        theirs = CollectionApi(config, sim.base_url, "mtnivorycoast")
        ref = theirs.quick_pay("1500", PHONE, "pay_02", "XOF", reference_id=wire.request_id("pay_02"))
        sim.approve(ref)
        adapter = registry.adapter("mtn", "CI", environment=sim.environment)
        paid = adapter.fetch_payment(Lookup("pay_02"))
        assert (paid.outcome, paid.amount) == (Outcome.SUCCEEDED, Amount(1500, "XOF"))
