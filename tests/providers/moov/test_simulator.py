"""The simulator speaks as Moov's public clients expect, and misbehaves as Moov does."""

import base64
import contextlib
import hashlib
import ipaddress
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from werkzeug.serving import make_server

from providers import http, simulation
from providers.amounts import Amount
from providers.contract import FailureReason, Lookup, Outcome, PaymentRequest, PayoutRequest
from providers.errors import CredentialsRefused, NotSent, OutcomeUnknown
from providers.moov import token
from providers.moov.building import build
from providers.moov.simulated import Wallet
from providers.moov.simulator import MoovSimulator, credentials_of, demo_wallets
from providers.rehearsal.book import Book
from providers.rehearsal.courier import Courier
from providers.rehearsal.faults import Faults
from providers.rehearsal.payer import Habit
from providers.rehearsal.stage import Stage

BENIN, BURKINA, MALI, BURKINA_M2 = demo_wallets()
TOKEN = token.made(username=BENIN.username, password=BENIN.password)
PRICE = Amount(1500, "XOF")
LOOKUP = Lookup("pay_01", amount=PRICE)
M1 = "/com.tlc.merchant.api/UssdPush"
M2 = "/tlcfzc_gw/api/gateway/3pp/transaction/process"


def request(phone: str = "+2290195123111") -> PaymentRequest:
    return PaymentRequest("pay_01", PRICE, phone, "Un livre", "https://a.example/", "https://a.example/")


def call(sim, operation: str, fields: str, *, prolog: str = "", path: str = M1) -> requests.Response:
    """As the public clients of M1 write it, indented and all."""
    body = f"""{prolog}
        <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:api="http://api.merchant.tlc.com/">
            <soapenv:Header/>
            <soapenv:Body>
                <api:{operation}>
                    <token>{TOKEN}</token>
                    {fields}
                </api:{operation}>
            </soapenv:Body>
        </soapenv:Envelope>""".lstrip()
    headers = {"Content-Type": "application/soap+xml; charset=utf-8", "accept": "text/xml"}
    return requests.post(sim.base_url + path, data=body.encode(), headers=headers, timeout=5)


def push(sim, **changes: str) -> requests.Response:
    fields = {
        "msisdn": "22995123111",
        "message": "Achat",
        "amount": "100",
        "externaldata1": "a-1",
        "fee": "0",
    } | changes
    return call(sim, "PushWithPending", "".join(f"<{name}>{text}</{name}>" for name, text in fields.items()))


class TestM1:
    def test_answers_with_the_prefixes_that_clients_look_for(self, sim):
        answer = push(sim)
        assert answer.status_code == 200
        assert answer.text == (
            '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
            '<ns2:PushWithPendingResponse xmlns:ns2="http://api.merchant.tlc.com/">'
            "<result><description>IN PENDING STATE</description><status>100</status></result>"
            "</ns2:PushWithPendingResponse></soap:Body></soap:Envelope>"
        )

    @pytest.mark.parametrize("path", [M1, "/com.merchant.api/UssdPush"])
    def test_takes_a_prolog_that_claims_utf_16_at_either_path(self, sim, path):
        prolog = '<?xml version="1.0" encoding="utf-16"?>'
        answer = call(sim, "getBalance", "<request><msisdn>2290195000000</msisdn></request>", prolog=prolog, path=path)
        assert "<return><balance>1000000</balance>" in answer.text

    def test_is_pending_first_and_paid_later(self, sim):
        push(sim)
        sim.approve("a-1")
        answer = call(sim, "getTransactionStatus", "<request><transid>a-1</transid></request>").text
        assert "<response><description>SUCCESS</description>" in answer
        assert "<status>0</status><transid>a-1</transid>" in answer
        theirs = sim.movements()[0]["transaction_id"]
        by_theirs = call(sim, "getTransactionStatus", f"<request><transid>{theirs}</transid></request>").text
        assert by_theirs == answer

    def test_makes_a_second_prompt_for_the_same_reference_and_takes_both(self, sim):
        push(sim)
        push(sim)
        sim.approve("a-1")
        assert len(sim.movements()) == 2

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"amount": "abc"}, 'soap:Server</faultcode><faultstring>For input string: "abc"'),
            ({"amount": ""}, "soap:Server"),
        ],
    )
    def test_faults_on_an_amount_that_is_none(self, sim, changes, word):
        answer = push(sim, **changes)
        assert answer.status_code == 500
        assert f"<soap:Fault><faultcode>{word}" in answer.text

    @pytest.mark.parametrize("body", [b"", b"not xml", b"<a/>"])
    def test_faults_on_what_is_no_call(self, sim, body):
        answer = requests.post(sim.base_url + M1, data=body, timeout=5)
        assert (answer.status_code, "<faultcode>soap:Client<" in answer.text) == (500, True)

    def test_faults_on_an_operation_nobody_knows(self, sim):
        assert "soap:Client" in call(sim, "reverseFlooz", "").text

    @pytest.mark.parametrize("operation", ["cashintrans", "airtimetrans"])
    def test_sends_money_by_the_agents_operations_too(self, sim, operation):
        number = "<destination>22995123111</destination>"
        fields = f"<request><amount>100</amount>{number}<referenceid>b-1</referenceid></request>"
        assert "<return><message>SUCCESS</message><referenceid>b-1</referenceid><status>0</status>" in (
            call(sim, operation, fields).text
        )
        assert [movement["amount"] for movement in sim.movements()] == ["-100"]

    def test_knows_no_other_token(self, sim):
        answer = push(sim).text
        assert "<status>100</status>" in answer
        body = push(sim).request.body.replace(TOKEN.encode(), b"AAAA")
        assert "<status>98</status>" in requests.post(sim.base_url + M1, data=body, timeout=5).text


class TestPush:
    """The older operation holds the line while the payer types the PIN."""

    def moov(self, sim, limits: http.Limits = http.USUAL_LIMITS):
        return build(credentials_of(BENIN, push_operation="Push"), sim.base_url, market="BJ", limits=limits)

    @pytest.mark.parametrize(
        ("ending", "outcome", "reason"),
        [
            ("789", Outcome.SUCCEEDED, None),
            ("039", Outcome.FAILED, FailureReason.PAYER_NOT_APPROVED),
            ("048", Outcome.FAILED, FailureReason.PAYER_INSUFFICIENT_FUNDS),
            ("058", Outcome.FAILED, FailureReason.PAYER_LIMIT_REACHED),
            ("029", Outcome.FAILED, FailureReason.PAYER_NOT_FOUND),
            ("068", Outcome.FAILED, FailureReason.UNSPECIFIED),
        ],
    )
    def test_is_answered_when_the_payer_has_decided(self, sim, ending, outcome, reason):
        told = self.moov(sim).start_payment(request(f"+2290195123{ending}"))
        assert (told.outcome, told.failure) == (outcome, reason)
        assert len(sim.movements()) == (outcome is Outcome.SUCCEEDED)

    def test_that_outlives_our_patience_is_asked_about_and_not_pushed_again(self, sim):
        limits = http.Limits(read_seconds=0.3, total_seconds=0.5)
        moov = self.moov(sim, limits)
        with pytest.raises(OutcomeUnknown):
            moov.start_payment(request())
        assert moov.start_payment(request()).outcome is Outcome.PENDING
        sim.approve("pay_01")
        assert moov.fetch_payment(LOOKUP).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_pending_may_hold_the_line_for_a_while_too(self):
        with own_server(wallet(BENIN, hold_seconds=10)) as (base_url, stage):
            stage.payers.habit = Habit("approve")
            assert (
                build(credentials_of(BENIN), base_url, market="BJ").start_payment(request()).outcome
                is Outcome.SUCCEEDED
            )


def gateway(sim, known: Wallet, command: str, document: dict, *, path: str = M2, word: str = "Basic", **headers: str):
    pair = base64.b64encode(f"{known.username}:{known.password}".encode()).decode()
    body = json.dumps(document).encode()
    sent = {"Authorization": f"{word} {pair}", "command-id": command, "Content-Type": "application/json", **headers}
    return requests.post(sim.base_url + path, data=body, headers=sent, timeout=5)


ORDER = {"request-id": "USSDPayment-1", "destination": "22670123111", "amount": 100, "message": "m", "remarks": "r"}


class TestGateways:
    @pytest.mark.parametrize("path", [M2, "/tlcfzc_gw_prod/mbs-gateway/gateway/3pp/transaction/process"])
    @pytest.mark.parametrize("extended", [{}, {"extended-data": {}}, {"extended-data": []}], ids=str)
    def test_take_a_collection_as_the_clients_write_it(self, sim, path, extended):
        sent = gateway(sim, BURKINA_M2, "mror-transaction-ussd", {**ORDER, **extended}, path=path).json()
        assert (sent["request-id"], sent["status"]) == ("USSDPayment-1", "0")
        asked = {"request-id": "USSDPayment-1"}
        for command in ("process-check-mror-transaction", "process-check-transaction"):
            told = gateway(sim, BURKINA_M2, command, asked, path=path).json()
            assert told["status"] == "15"
            assert told["trans-id"].startswith("CHKTRANS")
            assert told["trans-id"] != sent["trans-id"]

    @pytest.mark.parametrize(
        ("known", "path", "changes"),
        [
            (BURKINA, "/apiaccess/Deduction", {}),
            (MALI, "/apiaccess/CustomerPayOnlineMerchant", {"amount": "100", "destination": "65012111"}),
        ],
        ids=["BF", "ML"],
    )
    def test_of_m3_have_a_path_for_each_operation(self, sim, known, path, changes):
        order, word = {**ORDER, **changes}, known.scheme
        assert gateway(sim, known, "mror-transaction-ussd", order, path=path, word=word).json()["status"] == "0"
        assert gateway(sim, known, "transfer-api-transaction", order, path=path, word=word).status_code == 404
        other = "Basic" if word == "Bearer" else "Bearer"
        assert gateway(sim, known, "mror-transaction-ussd", order, path=path, word=other).status_code == 401

    @pytest.mark.parametrize(
        "changes",
        [
            {"request-id": "abc"},
            {"request-id": "x" * 51},
            {"amount": 0},
            {"amount": 1.5},
            {"amount": None},
            {"destination": "70123111"},
            {"destination": "2267012311"},
        ],
        ids=str,
    )
    def test_refuse_a_malformed_order(self, sim, changes):
        answer = gateway(sim, BURKINA_M2, "mror-transaction-ussd", {**ORDER, **changes})
        assert answer.json()["status"] == "12"

    def test_check_the_hash_where_there_is_one(self, sim):
        wrong = gateway(sim, BURKINA_M2, "mror-transaction-ussd", ORDER, hash="0" * 64)
        assert wrong.status_code == 401
        digest = hashlib.sha256(BURKINA_M2.username.encode() + json.dumps(ORDER).encode()).hexdigest()
        assert gateway(sim, BURKINA_M2, "mror-transaction-ussd", ORDER, hash=digest).json()["status"] == "0"

    def test_take_a_cash_transfer_with_the_fields_of_one_client(self, sim):
        more = {"command-id": "WCASH", "sender": "22670000000", "auth": 1}
        assert gateway(sim, BURKINA_M2, "transfer-api-transaction", {**ORDER, **more}).json()["status"] == "0"
        assert [movement["amount"] for movement in sim.movements()] == ["-100"]


class TestManners:
    """Where deployments differ, the simulated wallet can have either manner."""

    def test_refused_credentials_may_look_like_a_failure(self):
        with own_server(wallet(BURKINA, refused_credentials_say="12")) as (base_url, _):
            moov = build(credentials_of(BURKINA, auth_scheme="Bearer"), base_url, market="BF")
            with pytest.raises(OutcomeUnknown) as unknown:
                moov.fetch_payment(LOOKUP)
            assert unknown.value.code == "12"

    def test_a_hash_may_be_wanted(self):
        with own_server(wallet(BURKINA, needs_hash=True)) as (base_url, _):
            with pytest.raises(CredentialsRefused):
                build(credentials_of(BURKINA), base_url, market="BF").fetch_payment(LOOKUP)
            hashing = build(credentials_of(BURKINA, body_hash="yes"), base_url, market="BF")
            assert hashing.start_payment(request("+22670123111")).outcome is Outcome.PENDING

    def test_duplicates_may_be_refused(self):
        with own_server(wallet(BURKINA, duplicates="refused")) as (base_url, _):
            rail = build(credentials_of(BURKINA), base_url, market="BF")._rail
            assert [rail.push(request("+22670123111")).code for _ in range(2)] == ["0", "12"]

    def test_a_deployment_that_calls_the_unheard_of_pending_pushes_nothing(self):
        """Why README says to ask for a made-up reference before going live."""
        with own_server(wallet(BURKINA, unheard_says="15")) as (base_url, stage):
            moov = build(credentials_of(BURKINA), base_url, market="BF")
            assert moov.start_payment(request("+22670123111")).outcome is Outcome.PENDING
            assert stage.book.every("moov.request") == []


class TestBook:
    def test_holds_what_moved_and_what_it_cost(self, sim):
        moov = build(credentials_of(BENIN), sim.base_url, market="BJ")
        moov.start_payment(request())
        sim.approve("pay_01")
        moov.start_payout(PayoutRequest("out_01", Amount(1050, "XOF"), "+2290195123456", "Awa", "R"))
        assert [(one["kind"], one["amount"], one["fee"], one["client_reference"]) for one in sim.movements()] == [
            ("moov.collection", "1500", "0", "pay_01"),
            ("moov.transfer", "-1050", "11", "out_01"),
        ]
        assert moov.fetch_balance() == Amount(1_000_000 + 1500 - 1050 - 11, "XOF")

    def test_shows_the_prompt_on_the_payer_s_phone(self, sim):
        build(credentials_of(BENIN), sim.base_url, market="BJ").start_payment(request())
        page = requests.get(f"{sim.base_url}/phone/", timeout=5).text
        assert "1500 F CFA, Un livre" in page
        assert "moov · BJ · 2290195123111" in page


def wallet(known: Wallet, **manners) -> Wallet:
    usual = {name: getattr(known, name) for name in Wallet.__dataclass_fields__}
    return Wallet(**{**usual, **manners})


@contextlib.contextmanager
def own_server(known: Wallet, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, Stage]]:
    """A simulator of this one wallet."""
    book, faults = Book(), Faults()
    stage = Stage(book, faults, Courier(book, faults, post_to=None, retry_seconds=1))
    app = Flask(__name__)
    app.register_blueprint(MoovSimulator(stage, (known,)).blueprint)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=tls)
    stage.payers.start()
    with simulation.answering(server):
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", stage
    stage.stopping.set()
    stage.payers.stop()
    book.close()


class TestCertificates:
    """Moov signs its own: the file that is named is trusted, and nothing else."""

    @pytest.fixture
    def signed(self, tmp_path) -> tuple[ssl.SSLContext, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (tmp_path / "moov.pem").write_bytes(certificate.public_bytes(pem))
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (tmp_path / "key.pem").write_bytes(private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "moov.pem", tmp_path / "key.pem")
        return context, str(tmp_path / "moov.pem")

    def test_are_trusted_by_file_and_never_blindly(self, signed):
        context, file = signed
        with own_server(BENIN, tls=context) as (base_url, _):
            trusting = build(credentials_of(BENIN, ca_file=file), base_url, market="BJ")
            assert trusting.start_payment(request()).outcome is Outcome.PENDING
            with pytest.raises(NotSent):
                build(credentials_of(BENIN), base_url, market="BJ").start_payment(request())
