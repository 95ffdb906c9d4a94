"""What is Moov's own: asked first, asked where it was made, believed only today, never paid out twice on a guess."""

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from providers import credentials, registry, simulation
from providers.amounts import Amount
from providers.contract import (
    ConfirmsByCode,
    FailureReason,
    Lookup,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PayoutRequest,
    TellsBalance,
)
from providers.errors import (
    CredentialsRefused,
    NotSent,
    OutcomeUnknown,
    RequestRefused,
    UnreadableAnswer,
)
from providers.moov.building import build
from providers.moov.credentials import Credentials
from providers.moov.simulator import credentials_of, demo_wallets
from tests.providers.moov.conftest import bodies

PRICE = Amount(1500, "XOF")
LOOKUP = Lookup("pay_01", amount=PRICE)
PAYOUT = PayoutRequest("out_01", PRICE, "+2290195123456", "Awa Demo", "Redevances")


def request(phone: str = "+2290195123456", **more) -> PaymentRequest:
    return PaymentRequest("pay_01", PRICE, phone, "Un livre & demi", "https://a.example/", "https://a.example/", **more)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestAskedFirst:
    def test_a_payment_is_pushed_once_it_is_known_to_be_unheard_of(self, recorded, line):
        moov = recorded("BJ", "m1_status_unheard.xml", "m1_push_pending.xml")
        started = moov.start_payment(request())
        assert started.outcome is Outcome.PENDING
        assert started.next_action.kind is NextActionKind.APPROVE_ON_PHONE
        asked, pushed = bodies(line)
        assert "<api:getTransactionStatus>" in asked
        assert "<transid>pay_01</transid>" in asked
        assert "<api:PushWithPending><token>" in pushed
        assert (
            "<msisdn>2290195123456</msisdn><message>Un livre &amp; demi</message><amount>1500</amount>"
            "<externaldata1>pay_01</externaldata1><externaldata2></externaldata2><fee>0</fee>"
        ) in pushed

    @pytest.mark.parametrize(
        ("market", "answer", "outcome"),
        [
            ("BJ", "m1_status_prolog_utf16.xml", Outcome.SUCCEEDED),
            ("BJ", "m1_status_not_approved.xml", Outcome.FAILED),
            ("BF", "m2_status_pending.json", Outcome.PENDING),
        ],
    )
    def test_one_that_is_known_is_told_and_not_pushed(self, recorded, line, market, answer, outcome):
        assert recorded(market, answer).start_payment(request()).outcome is outcome
        assert len(line.requests) == 1

    @pytest.mark.parametrize(
        ("market", "answer", "status"),
        [
            ("BF", "m3_without_status.json", 200),
            ("BF", "m2_bare_12.json", 200),
            ("BF", "m2_status_failed.json", 400),
            ("BJ", "m1_fault.xml", 500),
            ("BJ", "m1_fault.xml", 200),
            ("BJ", "m1_fault_of_ours.xml", 500),
            ("BJ", "m1_push_paid.xml", 200),  # an answer to another question
        ],
    )
    def test_an_answer_that_says_nothing_lets_nothing_be_pushed(self, recorded, line, market, answer, status):
        with pytest.raises(OutcomeUnknown) as unknown:
            recorded(market, answer, status=status).start_payment(request())
        assert not unknown.value.nothing_happened
        assert len(line.requests) == 1

    def test_a_push_that_was_malformed_did_nothing(self, sim):
        moov = registry.adapter("moov", "BJ", environment=sim.environment)
        sim.fault("create_session", "rewrite", fields={"status": "91"})
        told = moov.start_payment(request())
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.REQUEST_INVALID)

    def test_a_push_answered_by_breakdown_is_unknown(self, sim):
        moov = registry.adapter("moov", "BJ", environment=sim.environment)
        sim.fault("create_session", "rewrite", fields={"status": "99"})
        with pytest.raises(OutcomeUnknown) as unknown:
            moov.start_payment(request())
        assert unknown.value.code == "99"
        assert moov.start_payment(request()).outcome is Outcome.PENDING


class TestAnswers:
    def test_of_a_paid_push_name_moov_s_transaction(self, recorded):
        paid = recorded("BJ", "m1_status_unheard.xml", "m1_push_paid.xml").start_payment(request())
        assert (paid.outcome, paid.amount, paid.client_reference) == (Outcome.SUCCEEDED, PRICE, "pay_01")
        assert (paid.provider_ref, paid.transaction_ref) == ("pay_01", "0020190503000001")

    def test_for_another_payment_are_passed_on_for_billing_to_see(self, recorded):
        told = recorded("BJ", "m1_status_unheard.xml", "m1_push_for_another.xml").start_payment(request())
        assert told.client_reference == "pay_02"

    def test_do_not_tell_a_refusal_from_silence(self, recorded):
        told = recorded("BJ", "m1_status_not_approved.xml").fetch_payment(LOOKUP)
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.PAYER_NOT_APPROVED)
        assert told.failure_code == "92"

    @pytest.mark.parametrize(
        ("name", "outcome", "transaction"),
        [
            ("m2_status_paid.json", Outcome.SUCCEEDED, "WMRCH241120.1440.J00031"),
            ("m2_status_as_number.json", Outcome.SUCCEEDED, "WMRCH241120.1440.J00033"),
            ("m2_status_failed.json", Outcome.FAILED, None),
            ("m2_status_pending.json", Outcome.PENDING, None),
            ("m2_status_unheard.json", Outcome.NOT_FOUND, None),
            ("m3_without_status.json", Outcome.PENDING, None),
        ],
    )
    def test_of_the_gateways_are_read(self, recorded, name, outcome, transaction):
        told = recorded("BF", name).fetch_payment(LOOKUP)
        assert (told.outcome, told.transaction_ref) == (outcome, transaction)

    def test_a_prompt_that_is_out_is_not_paid(self, recorded):
        started = recorded("BF", "m2_status_unheard.json", "m2_push_sent.json").start_payment(request("+22670123456"))
        assert (started.outcome, started.provider_ref) == (Outcome.PENDING, "pay_01")

    def test_a_bare_failure_may_be_our_question_s(self, recorded):
        with pytest.raises(OutcomeUnknown) as unknown:
            recorded("BF", "m2_bare_12.json").fetch_payment(LOOKUP)
        assert unknown.value.code == "12"

    def test_refused_credentials_may_come_with_200(self, recorded):
        with pytest.raises(CredentialsRefused):
            recorded("BF", "m2_refused_credentials.json").fetch_payment(LOOKUP)

    def test_an_installation_s_own_codes_are_read(self, recorded):
        told = recorded("BJ", "m1_status_not_approved.xml", codes="status:92=pending").fetch_payment(LOOKUP)
        assert told.outcome is Outcome.PENDING


class TestWithoutANumber:
    @pytest.mark.parametrize("variant", ["m1", "m2", "m2-otp", "m3"])
    @pytest.mark.parametrize("phone", [None, ""])
    def test_nobody_is_asked(self, recorded, line, variant, phone):
        with pytest.raises(RequestRefused):
            recorded("BF", "m2_status_unheard.json", variant=variant).start_payment(request(phone))
        assert line.requests == []


class TestAskedByTheirs:
    def test_where_ours_is_not_known(self, recorded, line):
        moov = recorded("BJ", "m1_status_unheard.xml", "m1_status_prolog_utf16.xml")
        told = moov.fetch_payment(Lookup("pay_01", "020190503000000", amount=PRICE))
        assert told.outcome is Outcome.SUCCEEDED
        assert ["pay_01" in body for body in bodies(line)] == [True, False]


class TestAnotherDay:
    """The search of M3 finds today's transactions only; Ouagadougou is at UTC."""

    asked = Lookup("pay_01", amount=PRICE, asked_at=moment("2026-03-01T23:58:00"))

    def moov(self, recorded, answer: str, now: str):
        return recorded("BF", answer, clock=lambda: moment(now).timestamp())

    @pytest.mark.parametrize("answer", ["m2_status_unheard.json", "m2_status_failed.json", "m2_status_pending.json"])
    def test_no_bad_news_is_believed_any_more(self, recorded, answer):
        with pytest.raises(OutcomeUnknown) as unknown:
            self.moov(recorded, answer, "2026-03-02T00:01:00").fetch_payment(self.asked)
        assert unknown.value.code == "search_window_over"

    def test_a_success_is(self, recorded):
        told = self.moov(recorded, "m2_status_paid.json", "2026-03-02T00:01:00").fetch_payment(self.asked)
        assert told.outcome is Outcome.SUCCEEDED

    def test_on_the_same_day_all_is(self, recorded):
        told = self.moov(recorded, "m2_status_unheard.json", "2026-03-01T23:59:59").fetch_payment(self.asked)
        assert told.outcome is Outcome.NOT_FOUND

    def test_nothing_is_pushed_again_over_midnight(self, recorded, line):
        moov = self.moov(recorded, "m2_status_unheard.json", "2026-03-02T00:01:00")
        with pytest.raises(OutcomeUnknown):
            moov.start_payment(request("+22670123456", asked_at=self.asked.asked_at))
        assert len(line.requests) == 1

    def test_m1_has_no_such_limit(self, recorded):
        moov = recorded("BJ", "m1_status_unheard.xml", clock=lambda: moment("2026-03-02T00:01:00").timestamp())
        assert moov.fetch_payment(self.asked).outcome is Outcome.NOT_FOUND

    def test_the_simulator_forgets_over_night_too(self, sim):
        moov = registry.adapter("moov", "BF", environment=sim.environment)
        moov.start_payment(request("+22670123111"))
        sim.approve("pay_01")
        sim.advance(86_400)
        assert moov.fetch_payment(LOOKUP).outcome is Outcome.NOT_FOUND


class TestPlatforms:
    def m2(self, **more: str) -> Credentials:
        wallet = next(wallet for wallet in demo_wallets() if wallet.variant == "m2")
        return credentials_of(wallet, **more)

    def test_are_chosen_by_market_and_by_configuration(self):
        def platform(market: str, **own: str) -> str:
            return build(Credentials("u", "p", base_url="http://127.0.0.1:1", **own), market=market).platform

        assert [platform(market) for market in ("BJ", "BF", "ML")] == ["m1", "m3", "m3"]
        assert platform("BF", variant="m2") == "m2"
        assert platform("BF", variant="m2-otp") == "m2-otp"

    def test_differ_in_what_they_can_do(self):
        def adapter(market: str, variant: str = ""):
            return build(Credentials("u", "p", variant, base_url="http://127.0.0.1:1"), market=market)

        assert isinstance(adapter("BJ"), TellsBalance)
        assert not isinstance(adapter("BF"), TellsBalance)
        assert isinstance(adapter("BF", "m2-otp"), ConfirmsByCode)
        assert not isinstance(adapter("BF", "m2"), ConfirmsByCode)
        assert adapter("BF", "m2-otp").capabilities.next_actions == {NextActionKind.ENTER_OTP}
        assert adapter("BF").capabilities.status_window < adapter("BJ").capabilities.status_window
        assert registry.capabilities("moov", "BF") == adapter("BF").capabilities
        assert registry.capabilities("moov", "BJ") == adapter("BJ").capabilities

    def test_an_attempt_is_asked_where_it_was_made(self, sim):
        old = build(self.m2(), sim.base_url, market="BF")
        old.start_payment(request("+22670123111"))
        sim.approve("pay_01")
        m3 = simulation.DEMO_CREDENTIALS["moov"]["BF"]
        moved = Credentials(
            m3.username,
            m3.password,
            former_variant="m2",
            former_username=self.m2().username,
            former_password=self.m2().password,
        )
        moov = build(moved, sim.base_url, market="BF")
        assert moov.fetch_payment(Lookup("pay_01", amount=PRICE)).outcome is Outcome.NOT_FOUND
        assert moov.fetch_payment(Lookup("pay_01", platform="m2", amount=PRICE)).outcome is Outcome.SUCCEEDED
        assert moov.cancel_payment(Lookup("pay_01", platform="m2", amount=PRICE)).outcome is Outcome.SUCCEEDED
        assert moov.fetch_payout(Lookup("pay_01", platform="m2", amount=PRICE)).outcome is Outcome.SUCCEEDED

    def test_one_that_is_gone_makes_it_unknown_never_not_found(self, sim):
        moov = registry.adapter("moov", "BF", environment=sim.environment)
        for ask in (moov.fetch_payment, moov.fetch_payout):
            with pytest.raises(OutcomeUnknown) as unknown:
                ask(Lookup("pay_01", platform="m2", amount=PRICE))
            assert unknown.value.code == "other_platform"


class TestAddress:
    def test_of_m3_must_be_set_for_nobody_has_published_it(self):
        with pytest.raises(credentials.MissingCredential, match="PROVIDER_MOOV_BF_BASE_URL "):
            build(Credentials("u", "p"), market="BF")

    def test_is_the_market_s_own_before_any_other(self, line):
        def speak(connection) -> None:
            connection.sendall(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")

        own = Credentials("u", "p", base_url=line(speak), path="/elsewhere", user_agent="librairie/2")
        with pytest.raises(OutcomeUnknown):
            build(own, "http://127.0.0.1:1", market="BJ").fetch_payment(LOOKUP)
        assert line.requests[0].startswith(b"POST /elsewhere ")
        assert b"User-Agent: librairie/2" in line.requests[0]

    @pytest.mark.parametrize(
        ("market", "variant", "environment", "path"),
        [
            ("BJ", "m1", "live", b"/com.tlc.merchant.api/UssdPush"),
            ("BF", "m2", "live", b"/tlcfzc_gw_prod/mbs-gateway/gateway/3pp/transaction/process"),
            ("BF", "m2", "test", b"/tlcfzc_gw/api/gateway/3pp/transaction/process"),
            ("BF", "m3", "live", b"/apiaccess/SearchTransactionByExtID"),
        ],
    )
    def test_leads_to_the_published_path(self, recorded, line, market, variant, environment, path):
        with pytest.raises(OutcomeUnknown):
            recorded(market, "m2_bare_12.json", variant=variant, environment=environment).fetch_payment(LOOKUP)
        assert line.requests[0].startswith(b"POST " + path + b" ")


class TestHeaders:
    def sent(self, recorded, line, **own: str) -> tuple[dict[str, str], bytes]:
        recorded("BF", "m2_status_paid.json", **own).fetch_payment(LOOKUP)
        head, _, body = line.requests[0].partition(b"\r\n\r\n")
        rows = (row.partition(": ") for row in head.decode().split("\r\n")[1:])
        return {name.lower(): value for name, _, value in rows}, body

    @pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
    def test_prove_who_asks_behind_either_word(self, recorded, line, scheme):
        headers, _ = self.sent(recorded, line, auth_scheme=scheme)
        pair = base64.b64encode(b"coko:password_not_real").decode()
        assert headers["authorization"] == f"{scheme} {pair}"
        assert "hash" not in headers

    def test_carry_a_hash_of_the_body_where_it_is_wanted(self, recorded, line):
        headers, body = self.sent(recorded, line, body_hash="yes")
        assert headers["hash"] == hashlib.sha256(b"coko" + body).hexdigest()

    @pytest.mark.parametrize(
        ("own", "command"),
        [
            ({}, "process-check-transaction"),
            ({"variant": "m2"}, "process-check-mror-transaction"),
            ({"status_command": "process-check-mror"}, "process-check-mror"),
        ],
    )
    def test_name_the_command(self, recorded, line, own, command):
        assert self.sent(recorded, line, **own)[0]["command-id"] == command


class TestBodies:
    def pushed(self, recorded, line, market: str, phone: str, **own: str) -> dict:
        names = ("m1_status_unheard.xml",) if market == "BJ" else ("m2_status_unheard.json", "m2_push_sent.json")
        recorded(market, *names, **own).start_payment(request(phone))
        return json.loads(bodies(line)[1])

    def test_are_numbers_in_burkina_and_text_and_national_in_mali(self, recorded, line):
        burkina = self.pushed(recorded, line, "BF", "+22670123456")
        assert (burkina["destination"], burkina["amount"]) == ("22670123456", 1500)
        line.requests.clear()
        mali = self.pushed(recorded, line, "ML", "+22365012345")
        assert (mali["destination"], mali["amount"]) == ("65012345", "1500")

    def test_may_be_configured(self, recorded, line):
        own = {"amount_form": "text", "msisdn_form": "national", "push_command": "process-mror-transaction"}
        burkina = self.pushed(recorded, line, "BF", "+22670123456", **own)
        assert (burkina["destination"], burkina["amount"]) == ("70123456", "1500")
        assert b"command-id: process-mror-transaction" in line.requests[1]

    def test_of_benin_may_have_eight_digits(self, recorded, line):
        recorded("BJ", "m1_status_unheard.xml", "m1_push_pending.xml", msisdn_form="digits_8").start_payment(request())
        assert "<msisdn>22995123456</msisdn>" in bodies(line)[1]

    def test_hold_a_token_of_the_configured_cipher(self, recorded, line):
        key = "sixteen-letters!"
        recorded("BJ", "m1_status_prolog_utf16.xml", token_cipher=key).fetch_payment(LOOKUP)
        token = bodies(line)[0].partition("<token>")[2].partition("</token>")[0]
        cipher = Cipher(algorithms.AES(key.encode()), modes.CBC(bytes(16))).decryptor()
        assert cipher.update(base64.b64decode(token)).startswith(b"0:coko:password_not_real")

    def test_keep_a_long_description_short(self, recorded, line):
        long = PaymentRequest("pay_01", PRICE, "+22670123456", "x" * 200, "https://a.example/", "https://a.example/")
        recorded("BF", "m2_status_unheard.json", "m2_push_sent.json").start_payment(long)
        sent = json.loads(bodies(line)[1])
        assert sent["remarks"] == sent["message"] == "x" * 60


class TestPayouts:
    def test_take_moov_s_reference_for_moov_s(self, recorded):
        moov = recorded("BJ", "m1_status_unheard.xml", "m1_transfer.xml")
        told = moov.start_payout(PAYOUT)
        assert (told.outcome, told.provider_ref, told.client_reference) == (
            Outcome.SUCCEEDED,
            "920190616000000",
            None,
        )
        assert told.fee is None
        assert "22994512412" not in str(told.raw)

    def test_cost_what_moov_says(self, sim):
        moov = registry.adapter("moov", "BJ", environment=sim.environment)
        told = moov.start_payout(PAYOUT)
        assert (told.fee, told.client_reference) == (Amount(15, "XOF"), "out_01")
        assert sim.movements()[0]["transaction_id"] == told.transaction_ref

    def test_that_are_not_found_are_not_paid_again_on_a_guess(self, recorded):
        unproven = recorded("BJ", "m1_status_unheard.xml")
        with pytest.raises(OutcomeUnknown):
            unproven.fetch_payout(Lookup("out_01", amount=PRICE))
        proven = recorded("BJ", "m1_status_unheard.xml", transfer_status="proven")
        assert proven.fetch_payout(Lookup("out_01", amount=PRICE)).outcome is Outcome.NOT_FOUND

    @pytest.mark.parametrize(
        ("market", "phone", "outcome", "reason"),
        [
            ("BJ", "+2290195123089", Outcome.FAILED, FailureReason.PAYEE_NOT_FOUND),
            ("BF", "+22670123089", Outcome.FAILED, FailureReason.PAYEE_NOT_FOUND),
            ("BJ", "+2290195123119", Outcome.FAILED, FailureReason.UNSPECIFIED),
            ("BF", "+22670123119", Outcome.FAILED, FailureReason.UNSPECIFIED),
            ("BJ", "+2290195123129", Outcome.PENDING, None),
            ("BF", "+22670123129", Outcome.PENDING, None),
        ],
    )
    def test_end_as_moov_says(self, sim, market, phone, outcome, reason):
        moov = registry.adapter("moov", market, environment=sim.environment)
        told = moov.start_payout(PayoutRequest("out_01", PRICE, phone, "Awa Demo", "Redevances"))
        assert (told.outcome, told.failure) == (outcome, reason)
        assert sim.movements() == []
        if outcome is Outcome.PENDING:
            sim.approve("out_01")
            assert moov.fetch_payout(Lookup("out_01", amount=PRICE)).outcome is Outcome.SUCCEEDED

    def test_beyond_our_balance_are_our_matter(self, sim):
        moov = registry.adapter("moov", "BJ", environment=sim.environment)
        told = moov.start_payout(PayoutRequest("out_01", Amount(10**7, "XOF"), "+2290195123456", "Awa", "R"))
        assert told.failure is FailureReason.MERCHANT_INSUFFICIENT_FUNDS


class TestHolders:
    def test_are_described_by_m1(self, recorded):
        moov = recorded("BJ", "m1_account.xml")
        told = moov.check_holder("+2290195123456", name="KOUASSI Adjoa Elise")
        assert (told.is_active, told.name, told.name_matches) == (True, "Adjoa Élise KOUASSI", True)
        for personal in ("Adjoa", "KOUASSI", "1988", "COTONOU", "22995123456"):
            assert personal not in str(told.raw)
        assert moov.check_holder("+2290195123456", name="Kofi Mensah").name_matches is False

    def test_are_described_by_the_gateways(self, recorded):
        told = recorded("BF", "m2_subscriber.json").check_holder("+22662356789", name="Test Demo")
        assert (told.is_active, told.name, told.name_matches) == (True, "TEST", None)
        assert "TEST" not in str(told.raw)

    @pytest.mark.parametrize("market", ["BJ", "BF", "ML"])
    @pytest.mark.parametrize(("ending", "active"), [("111", True), ("029", False), ("068", False)])
    def test_are_known_in_every_market(self, sim, market, ending, active):
        number = {"BJ": "+2290195123", "BF": "+22670123", "ML": "+22365012"}[market]
        moov = registry.adapter("moov", market, environment=sim.environment)
        assert moov.check_holder(number + ending).is_active is active


class TestBalance:
    def test_is_the_amount_and_not_the_words(self, recorded):
        moov = recorded("BJ", "m1_balance.xml", merchant_msisdn="2290195000000")
        assert moov.fetch_balance() == Amount(16809, "XOF")

    def test_is_not_searched_for_in_the_words(self, recorded):
        moov = recorded("BJ", "m1_balance_only_in_message.xml", merchant_msisdn="2290195000000")
        with pytest.raises(UnreadableAnswer):
            moov.fetch_balance()

    def test_needs_the_merchant_s_number(self, recorded):
        with pytest.raises(NotSent) as fault:
            recorded("BJ", "m1_balance.xml").fetch_balance()
        assert fault.value.code == "merchant_msisdn_missing"


class TestCredentials:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"variant": "m4"},
            {"environment": ""},
            {"push_operation": "push"},
            {"auth_scheme": "Digest"},
            {"body_hash": "maybe"},
            {"transfer_status": "hoped"},
            {"token_cipher": "short"},
            {"codes": "91=perhaps"},
        ],
        ids=str,
    )
    def test_with_words_nobody_knows_are_refused(self, wrong):
        with pytest.raises(ValueError):  # noqa: PT011  the message names the field, see below
            Credentials("u", "p", **wrong)

    def test_name_the_field_that_is_wrong(self):
        with pytest.raises(ValueError, match="auth_scheme 'Digest' is none of Basic, Bearer"):
            Credentials("u", "p", auth_scheme="Digest")

    def test_of_m1_are_refused_with_98(self, sim):
        moov = build(Credentials("coko_bj_m1", "another"), sim.base_url, market="BJ")
        with pytest.raises(CredentialsRefused) as refused:
            moov.start_payment(request())
        assert refused.value.code == "98"

    def test_that_are_another_wallet_s_find_nothing_of_ours(self, sim):
        registry.adapter("moov", "BF", environment=sim.environment).start_payment(request("+22670123111"))
        other = registry.adapter("moov", "ML", environment=sim.environment)
        assert other.fetch_payment(LOOKUP).outcome is Outcome.NOT_FOUND


class TestRefusals:
    def test_of_a_push_say_that_nothing_happened(self, recorded, line):
        # Answered with 400 and a code of Moov's: the status question alone may not conclude so, the push may.
        moov = recorded("BJ", "m1_fault_of_ours.xml", status=500)
        with pytest.raises(RequestRefused):
            moov._rail.push(request())
        assert len(line.requests) == 1
