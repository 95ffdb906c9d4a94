"""What is MTN's own: ids that are the idempotency key, refusals in a 500, tokens, two platforms, a sandbox in euros."""

import uuid
from dataclasses import replace

import pytest
import requests

from providers import circuit, http
from providers.amounts import Amount
from providers.contract import FailureReason, Lookup, NextActionKind, Outcome, RefundRequest
from providers.credentials import MissingCredential
from providers.errors import CredentialsRefused, NotSent, OutcomeUnknown, ProviderFault, RequestRefused
from providers.mtn import wire
from providers.mtn.demo import SANDBOX_KEYS
from tests.providers.mtn.conftest import PHONE, payout, request

SHORT = http.Limits(connect_seconds=2, read_seconds=2, total_seconds=2)


def refund(minor: int = 1500, reference: str = "ref_01", platform: str = "legacy") -> RefundRequest:
    return RefundRequest(reference, Lookup("pay_01", platform=platform), Amount(minor, "XOF"))


class TestAskedTwice:
    def test_a_duplicate_is_looked_up(self, mtn, sim):
        started = mtn.start_payment(request())
        assert started.next_action.kind is NextActionKind.APPROVE_ON_PHONE
        sim.approve(started.provider_ref)
        again = mtn.start_payment(request())
        assert (again.outcome, again.amount) == (Outcome.SUCCEEDED, Amount(1500, "XOF"))
        assert again.next_action.kind is NextActionKind.NONE
        assert len(sim.movements()) == 1

    def test_a_duplicate_not_readable_yet_was_taken_all_the_same(self, mtn, sim):
        mtn.start_payment(request())
        sim.fault("not_yet_readable", "switch")
        assert mtn.start_payment(request()).outcome is Outcome.PENDING

    @pytest.mark.parametrize("fault", [{"kind": "slow_down"}, {"kind": "error", "status": 503}, {"kind": "html"}])
    def test_a_duplicate_that_cannot_be_read_is_unknown_and_never_nothing_happened(self, mtn, sim, fault):
        mtn.start_payment(request())
        sim.fault("get_session", **fault)
        with pytest.raises(OutcomeUnknown) as unknown:
            mtn.start_payment(request())
        assert not unknown.value.nothing_happened

    def test_a_duplicate_we_may_not_read_is_unknown_too(self, mtn, sim):
        mtn.start_payment(request())
        sim.fault("token_refused", "switch", times=2, matching="requesttopay/")
        with pytest.raises(OutcomeUnknown):
            mtn.start_payment(request())

    def test_a_refused_repetition_ends_nothing(self, mtn, sim):
        sim.fault("create_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            mtn.start_payment(request())
        again = mtn.start_payment(request(currency="XAF"))  # refused: but the first is out there
        assert (again.outcome, again.amount) == (Outcome.PENDING, Amount(1500, "XOF"))

    def test_a_lost_payout_is_found_and_not_paid_again(self, mtn, sim):
        sim.fault("create_payout", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            mtn.start_payout(payout())
        assert mtn.start_payout(payout()).outcome is Outcome.SUCCEEDED
        assert [movement["amount"] for movement in sim.movements()] == ["-700"]


class TestRefusals:
    def test_in_a_500_did_nothing(self, mtn):
        with pytest.raises(RequestRefused) as refused:
            mtn.start_payment(request(currency="XAF"))
        assert (refused.value.code, refused.value.status) == ("INVALID_CURRENCY", 500)
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.NOT_FOUND

    def test_of_the_target_environment_are_an_operators_matter(self, made):
        with pytest.raises(CredentialsRefused) as refused:
            made(target_environment="mtnbenin").start_payment(request())
        assert (refused.value.code, refused.value.status) == ("NOT_ALLOWED_TARGET_ENVIRONMENT", 500)

    def test_500_without_a_known_word_is_unknown(self, mtn, sim):
        sim.fault("empty_note", "switch")
        sim.fault("create_session", "error", status=500)
        with pytest.raises(OutcomeUnknown):
            mtn.start_payment(request())

    def test_nobody_is_asked_without_a_phone(self, mtn):
        with pytest.raises(RequestRefused) as refused:
            mtn.start_payment(replace(request(), payer_phone=None))
        assert refused.value.code == "phone_missing"

    def test_404_of_somebody_else_is_not_mtns_word(self, made, sim):
        astray = made(legacy_url=f"{sim.base_url}/nowhere")
        with pytest.raises(ProviderFault) as fault:
            astray.fetch_payment(Lookup("pay_01"))
        assert not isinstance(fault.value, RequestRefused)


class TestCallbackHost:
    def test_that_mtn_does_not_know_costs_no_sale(self, mtn, sim, caplog):
        sim.fault("callback_host", "switch")
        started = mtn.start_payment(request(notify_url="http://127.0.0.1:1/webhooks/mtn/CI"))
        assert "event=callback_host_refused" in caplog.text
        sim.approve(started.provider_ref)
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED
        assert sim.deliveries() == []


class TestToken:
    def test_that_ended_early_is_replaced_and_the_call_goes_once_more(self, mtn, sim):
        mtn.start_payment(request("pay_01"))
        sim.advance(3600)
        started = mtn.start_payment(request("pay_02"))
        sim.approve(started.provider_ref)
        assert mtn.fetch_payment(Lookup("pay_02")).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_refused_twice_is_an_operators_matter(self, mtn, sim):
        sim.fault("token_refused", "switch", times=2)
        with pytest.raises(CredentialsRefused):
            mtn.start_payment(request())
        sim.fault("token_refused", "switch")
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.NOT_FOUND

    def test_is_asked_for_once_for_many_calls(self, mtn, sim):
        mtn.start_payment(request("pay_01"))
        sim.fault("token", "error", status=500, times=99)
        for number in range(2, 5):
            assert mtn.start_payment(request(f"pay_0{number}")).outcome is Outcome.PENDING

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 500},
            {"kind": "html"},
            {"kind": "empty"},
            {"kind": "drop", "work_done": True},
            {"kind": "truncate"},
            {"kind": "rewrite", "fields": {"expires_in": "soon"}},
            {"kind": "rewrite", "fields": {"access_token": ""}},
        ],
        ids=str,
    )
    def test_that_does_not_come_means_that_nothing_was_sent(self, mtn, sim, fault):
        sim.fault("token", **fault)
        with pytest.raises(NotSent):
            mtn.start_payment(request())
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.NOT_FOUND

    def test_of_the_new_platform_may_take_its_time(self, made, sim):
        sim.fault("token", "late", seconds=2.5)
        assert made(platform="new", limits=SHORT).start_payment(request()).outcome is Outcome.PENDING
        sim.fault("token", "late", seconds=2.5)
        with pytest.raises(NotSent):
            made(platform="legacy", limits=SHORT).start_payment(request("pay_02"))


class TestPlatforms:
    def test_each_knows_only_its_own(self, made, sim):
        before, after = made(platform="legacy"), made(platform="new")
        assert (before.platform, after.platform) == ("legacy", "new")
        before.start_payment(request())
        assert after.fetch_payment(Lookup("pay_01", platform="legacy")).outcome is Outcome.PENDING
        assert after.fetch_payment(Lookup("pay_01", platform="new")).outcome is Outcome.NOT_FOUND
        assert after.fetch_payment(Lookup("pay_01")).outcome is Outcome.NOT_FOUND

    def test_a_repetition_goes_where_the_first_sending_went(self, made, sim):
        """The answer was lost, then the configuration changed: a second request elsewhere would be a second debit."""
        sim.fault("create_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            made(platform="legacy").start_payment(request())
        again = made(platform="new").start_payment(replace(request(), platform="legacy"))
        sim.approve(again.provider_ref)
        assert made(platform="new").start_payment(replace(request(), platform="legacy")).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_a_payout_too(self, made, sim):
        for platform in ("legacy", "new"):
            made(platform=platform).start_payout(replace(payout(), platform="legacy"))
        assert len(sim.movements()) == 1

    def test_a_refund_goes_where_the_payment_was_made(self, made, sim):
        before, after = made(platform="legacy"), made(platform="new")
        sim.approve(before.start_payment(request()).provider_ref)
        after.refund_payment(refund())
        told = after.fetch_refund(Lookup("ref_01", platform="new"), payment=Lookup("pay_01", platform="legacy"))
        assert told.outcome is Outcome.SUCCEEDED

    def test_the_one_being_left_may_be_down(self, made):
        mtn = made(platform="new", legacy_url="http://127.0.0.1:1", new_url=made()._base_url + "/momoapi.momo.africa")
        for _ in range(circuit.FAILURES_MAX + 1):
            with pytest.raises(NotSent):
                mtn.fetch_payment(Lookup("pay_01", platform="legacy"))
        assert circuit.is_open("mtn", "CI-legacy")
        assert mtn.start_payment(request()).outcome is Outcome.PENDING

    def test_the_new_one_shuts_out_requests_under_its_library_name(self, made):
        with pytest.raises(CredentialsRefused) as refused:
            made(platform="new", user_agent="python-requests/2.32").start_payment(request())
        assert refused.value.status == 403

    def test_there_are_two(self, made):
        with pytest.raises(ValueError, match="neither legacy nor new"):
            made(platform="newest")


class TestCredentials:
    @pytest.mark.parametrize("name", ["legacy_user", "legacy_secret", "collection_key"])
    def test_that_are_missing_are_named(self, made, name):
        with pytest.raises(MissingCredential, match=f"PROVIDER_MTN_CI_{name.upper()} "):
            made(**{name: ""})

    def test_of_payouts_are_missed_only_by_payouts(self, made):
        mtn = made(disbursement_key="")
        assert mtn.start_payment(request()).outcome is Outcome.PENDING
        assert mtn.check_holder(PHONE).is_active
        with pytest.raises(MissingCredential, match="PROVIDER_MTN_CI_DISBURSEMENT_KEY "):
            mtn.start_payout(payout())

    def test_one_pair_may_serve_both_products(self, made, sim):
        both = made(platform="new")
        assert both.start_payout(payout()).outcome is Outcome.PENDING
        assert len(sim.movements()) == 1


class TestPayouts:
    def test_by_deposit_are_found_after_the_setting_changed(self, made, sim):
        made(payout_operation="deposit").start_payout(payout())
        assert made(payout_operation="transfer").fetch_payout(Lookup("out_01")).outcome is Outcome.SUCCEEDED
        assert [movement["kind"] for movement in sim.movements()] == ["deposit"]

    def test_are_not_made_by_anything_else(self, made):
        with pytest.raises(ValueError, match="neither transfer nor deposit"):
            made(payout_operation="cash")

    @pytest.mark.parametrize(
        ("suffix", "failure"),
        [
            ("029", FailureReason.PAYEE_NOT_FOUND),
            ("039", FailureReason.PAYEE_NOT_ELIGIBLE),
            ("048", FailureReason.MERCHANT_INSUFFICIENT_FUNDS),
            ("058", FailureReason.PAYEE_LIMIT_REACHED),
            ("068", FailureReason.PROVIDER_ERROR),
        ],
    )
    def test_fail_for_the_payees_reason(self, mtn, sim, suffix, failure):
        mtn.start_payout(payout(phone=PHONE[:-3] + suffix))
        told = mtn.fetch_payout(Lookup("out_01"))
        assert (told.outcome, told.failure) == (Outcome.FAILED, failure)
        assert sim.movements() == []

    def test_may_stay_pending(self, mtn, sim):
        mtn.start_payout(payout(phone=PHONE[:-3] + "129"))
        sim.advance(86_400)
        assert mtn.fetch_payout(Lookup("out_01")).outcome is Outcome.PENDING

    def test_end_with_the_float(self, mtn):
        assert mtn.fetch_float() == Amount(10_000_000, "XOF")
        mtn.start_payout(payout("out_01", minor=9_999_500))
        assert mtn.fetch_float() == Amount(500, "XOF")
        mtn.start_payout(payout("out_02", minor=501))
        assert mtn.fetch_payout(Lookup("out_02")).failure is FailureReason.MERCHANT_INSUFFICIENT_FUNDS
        assert mtn.fetch_balance() == Amount(0, "XOF")


class TestRefunds:
    def test_together_never_exceed_the_payment(self, mtn, sim):
        sim.approve(mtn.start_payment(request()).provider_ref)
        for reference, minor in (("ref_01", 1000), ("ref_02", 501), ("ref_03", 500)):
            mtn.refund_payment(refund(minor, reference))
        payment = Lookup("pay_01")
        outcomes = [mtn.fetch_refund(Lookup(f"ref_0{n}"), payment=payment).outcome for n in (1, 2, 3)]
        assert outcomes == [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.SUCCEEDED]
        assert [movement["amount"] for movement in sim.movements()] == ["1500", "-1000", "-500"]

    def test_may_exceed_it_where_mtn_does_not_count(self, mtn, sim):
        sim.approve(mtn.start_payment(request()).provider_ref)
        sim.fault("uncapped_refund", "switch")
        mtn.refund_payment(refund(1501))
        assert mtn.fetch_refund(Lookup("ref_01"), payment=Lookup("pay_01")).outcome is Outcome.SUCCEEDED

    def test_of_what_was_never_heard_of_are_not_allowed(self, mtn):
        mtn.refund_payment(refund())
        told = mtn.fetch_refund(Lookup("ref_01"), payment=Lookup("pay_01"))
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.REFUND_NOT_ALLOWED)

    def test_are_not_found_before_they_were_asked_for(self, mtn):
        assert mtn.fetch_refund(Lookup("ref_01"), payment=Lookup("pay_01")).outcome is Outcome.NOT_FOUND


class TestHolders:
    def test_are_compared_by_name_only_when_asked(self, mtn):
        assert mtn.check_holder(PHONE).name is None
        told = mtn.check_holder(PHONE, name="Démo Koffi")
        assert (told.is_active, told.name, told.name_matches) == (True, "Koffi Démo", True)
        assert mtn.check_holder(PHONE, name="Awa Traoré").name_matches is False

    def test_may_be_nobody(self, mtn):
        assert mtn.check_holder(PHONE[:-3] + "029").is_active is False
        assert mtn.check_holder("+229" + PHONE[4:]).is_active is False

    def test_are_nameless_where_the_contract_has_no_names(self, mtn, sim):
        sim.fault("nameless", "switch")
        assert mtn.check_holder(PHONE, name="Awa").name_matches is None
        sim.fault("check_holder_name", "rewrite", fields={"name": "", "given_name": None, "family_name": None})
        told = mtn.check_holder(PHONE, name="Awa")
        assert (told.is_active, told.name, told.name_matches) == (True, None, None)

    def test_do_not_appear_in_the_log(self, mtn, caplog):
        caplog.set_level("DEBUG", logger="providers")
        mtn.check_holder(PHONE, name="Awa")
        assert "operation=check_holder" in caplog.text
        assert PHONE.removeprefix("+") not in caplog.text


class TestTellPayer:
    def test_writes_once_it_was_paid(self, mtn, sim):
        started = mtn.start_payment(request())
        with pytest.raises(RequestRefused):
            mtn.tell_payer(Lookup("pay_01"), "Votre livre vous attend")
        sim.approve(started.provider_ref)
        mtn.tell_payer(Lookup("pay_01"), "Votre livre vous attend : https://coko.example/é", language="fr")
        with pytest.raises(RequestRefused):
            mtn.tell_payer(Lookup("pay_404"), "Votre livre vous attend")


class TestStatusBehindItsCallback:
    def test_is_pending_until_mtn_says_so_itself(self, mtn, sim):
        sim.approve(mtn.start_payment(request()).provider_ref)
        sim.fault("get_session", "rewrite", fields={"status": "PENDING"})
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.PENDING
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "FAILED", "reason": "NOT_ENOUGH_FUNDS"},
            {"status": "FAILED", "reason": {"code": "NOT_ENOUGH_FUNDS", "message": "x"}},
        ],
        ids=["word", "object"],
    )
    def test_is_read_with_its_reason_in_both_shapes(self, mtn, sim, fields):
        sim.fail(mtn.start_payment(request()).provider_ref, code="payer_insufficient_funds")
        sim.fault("get_session", "rewrite", fields=fields)
        told = mtn.fetch_payment(Lookup("pay_01"))
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.PAYER_INSUFFICIENT_FUNDS)

    def test_may_stay_pending_beyond_its_time(self, mtn, sim):
        mtn.start_payment(request())
        sim.fault("stuck", "switch")
        sim.advance(301)
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.PENDING
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.EXPIRED


class TestSandbox:
    @pytest.fixture
    def sandboxed(self, made, sim):
        """Our adapter with a user that was provisioned as a developer does it."""
        user, headers = str(uuid.uuid4()), {"Ocp-Apim-Subscription-Key": SANDBOX_KEYS["collection"]}
        users = f"{sim.base_url}/v1_0/apiuser"
        order = {"providerCallbackHost": "coko.example"}
        assert requests.post(users, json=order, headers={**headers, "X-Reference-Id": user}, timeout=5).ok
        key = requests.post(f"{users}/{user}/apikey", headers=headers, timeout=5).json()["apiKey"]
        return made(
            target_environment="sandbox",
            collection_key=SANDBOX_KEYS["collection"],
            disbursement_key=SANDBOX_KEYS["disbursement"],
            legacy_user=user,
            legacy_secret=key,
            legacy_payout_user="",
            legacy_payout_secret="",
        )

    def test_counts_francs_as_euros_and_back(self, sandboxed, sim):
        sandboxed.start_payment(request())
        paid = sandboxed.fetch_payment(Lookup("pay_01"))
        assert (paid.outcome, paid.amount) == (Outcome.SUCCEEDED, Amount(1500, "XOF"))
        assert [(move["amount"], move["currency"]) for move in sim.movements()] == [("1500", "EUR")]
        assert sandboxed.fetch_balance() == Amount(1500, "XOF")

    @pytest.mark.parametrize(
        ("suffix", "outcome", "failure"),
        [
            ("450", Outcome.FAILED, FailureReason.PROVIDER_ERROR),
            ("451", Outcome.FAILED, FailureReason.PAYER_NOT_APPROVED),
            ("452", Outcome.EXPIRED, FailureReason.EXPIRED),
            ("453", Outcome.PENDING, None),
            ("455", Outcome.FAILED, FailureReason.PAYER_NOT_FOUND),
            ("463", Outcome.EXPIRED, FailureReason.EXPIRED),
            ("464", Outcome.FAILED, FailureReason.UNSPECIFIED),
        ],
    )
    def test_meets_the_published_numbers(self, sandboxed, suffix, outcome, failure):
        sandboxed.start_payment(replace(request(), payer_phone=f"+46733123{suffix}"))
        told = sandboxed.fetch_payment(Lookup("pay_01"))
        assert (told.outcome, told.failure) == (outcome, failure)

    @pytest.mark.parametrize(
        ("suffix", "fault"),
        [
            ("452", CredentialsRefused),
            ("453", CredentialsRefused),
            ("454", OutcomeUnknown),
            ("455", OutcomeUnknown),
        ],
    )
    def test_holders_that_are_errors(self, sandboxed, suffix, fault):
        with pytest.raises(fault):
            sandboxed.check_holder(f"+46733123{suffix}")

    def test_goes_on_without_a_callback_to_a_strange_host(self, sandboxed, caplog):
        told = sandboxed.start_payment(request(notify_url="https://other.example/webhooks/mtn/CI"))
        assert told.provider_ref == wire.request_id("pay_01")
        assert "event=callback_host_refused" in caplog.text
        assert sandboxed.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED
