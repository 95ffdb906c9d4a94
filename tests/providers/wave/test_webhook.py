"""Proof of origin: only the exact bytes with the exact stamp pass."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers import registry, simulation
from providers.amounts import Amount
from providers.contract import Arrival, Notification, PaymentRequest, Trust
from providers.errors import NotificationRefused
from providers.wave import webhook

SAMPLES = Path(__file__).parent / "samples"
EVENTS = ["event_completed", "event_payment_failed", "event_merchant_payment"]
SECRET = "wave_test_secret"
AT = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))


def body_of(name: str) -> bytes:
    return json.dumps(json.loads((SAMPLES / f"{name}.json").read_text()), separators=(",", ":")).encode()


def signed(body: bytes, *, stamp: str = STAMP, secret: str = SECRET, between: bytes = b"") -> str:
    return f"t={stamp},v1={hmac.new(secret.encode(), stamp.encode() + between + body, hashlib.sha256).hexdigest()}"


def read(header: str, body: bytes, *, at: datetime = AT, secrets: tuple[str, ...] = (SECRET,)) -> Notification:
    arrival = Arrival({"Wave-Signature": header}, body, at)
    return webhook.read(arrival, strategy=webhook.SIGNATURE, secrets=secrets)


def reason(header: str, body: bytes, **how) -> str:
    with pytest.raises(NotificationRefused) as refused:
        read(header, body, **how)
    return refused.value.reason


class TestSignature:
    def test_is_the_one_of_the_known_vector(self):
        body = b'{"id":"EV_test","type":"checkout.session.completed","data":{"id":"cos-test"}}'
        known = "1ee7a271ce367afd738668627b12fb098fc451c7869db7dea3e5f2cb902235b0"
        assert webhook.signature("wave_test_secret", "1700000000", body) == known
        at = datetime.fromtimestamp(1_700_000_000, UTC)
        assert read(f"t=1700000000,v1={known}", body, at=at).event_ref == "EV_test"


class TestRead:
    def test_translates_a_completed_session(self):
        body = body_of("event_completed")
        assert read(signed(body), body) == Notification(
            event_ref="EV_QvEZuDSQbLdI",
            kind="checkout.session.completed",
            provider_ref="cos-18qq25rgr100a",
            client_reference="pay_01",
        )

    def test_takes_no_other_things_id_for_a_session(self):
        body = body_of("event_merchant_payment")
        assert read(signed(body), body).provider_ref is None

    def test_does_not_mind_how_header_names_are_written(self):
        body = body_of("event_completed")
        arrival = Arrival({"WAVE-SIGNATURE": signed(body)}, body, AT)
        assert webhook.read(arrival, strategy=webhook.SIGNATURE, secrets=[SECRET]).event_ref

    @pytest.mark.parametrize("name", EVENTS)
    def test_refuses_a_change_of_any_byte_of_the_body(self, name):
        body = body_of(name)
        header = signed(body)
        for position in range(len(body)):
            altered = body[:position] + bytes([body[position] ^ (1 << position % 8)]) + body[position + 1 :]
            with pytest.raises(NotificationRefused):
                read(header, altered)

    def test_refuses_a_change_of_any_bit_of_stamp_and_signature(self):
        body = body_of("event_completed")
        header = signed(body)
        for position in range(len(header)):
            for bit in range(7):
                altered = header[:position] + chr(ord(header[position]) ^ (1 << bit)) + header[position + 1 :]
                with pytest.raises(NotificationRefused):
                    read(altered, body)

    def test_refuses_a_byte_more_or_less(self):
        body = body_of("event_completed")
        assert reason(signed(body), body + b" ") == "signature_mismatch"
        assert reason(signed(body), body[:-1]) == "signature_mismatch"

    @pytest.mark.parametrize(
        "rewrite",
        [
            lambda document: json.dumps(document),
            lambda document: json.dumps(document, separators=(",", ":"), sort_keys=True),
            lambda document: json.dumps(document, separators=(",", ":"), ensure_ascii=False),
        ],
        ids=["spaces", "key order", "escapes"],
    )
    def test_refuses_the_same_document_written_differently(self, rewrite):
        body = body_of("event_completed")
        assert reason(signed(body), rewrite(json.loads(body)).encode()) == "signature_mismatch"

    @pytest.mark.parametrize(("seconds", "fits"), [(-301, False), (-300, True), (300, True), (301, False)])
    def test_takes_stamps_of_five_minutes_on_both_sides(self, seconds, fits):
        body, at = body_of("event_completed"), AT + timedelta(seconds=seconds)
        if fits:
            assert read(signed(body), body, at=at)
        else:
            assert reason(signed(body), body, at=at) == "stamp_too_far"

    @pytest.mark.parametrize(
        "stamp", ["", "-" + STAMP[1:], "+" + STAMP[1:], STAMP + "0", STAMP[:-1], "9" * 20, "１" * 10, STAMP[:-1] + "\n"]
    )
    def test_refuses_a_stamp_that_is_not_ten_digits(self, stamp):
        body = body_of("event_completed")
        assert reason(signed(body, stamp=stamp), body) == "stamp_malformed"

    def test_refuses_two_stamps_and_none(self):
        body = body_of("event_completed")
        assert reason(f"t={STAMP},{signed(body)}", body) == "stamp_malformed"
        assert reason(signed(body).partition(",")[2], body) == "stamp_malformed"
        assert reason("", body) == "signature_missing"
        assert reason(f"t={STAMP}", body) == "signature_malformed"

    @pytest.mark.parametrize("digits", range(1, 10))
    def test_refuses_digits_moved_between_stamp_and_body(self, digits):
        body = body_of("event_completed")
        given = signed(body).partition(",v1=")[2]
        shorter, longer = STAMP[:-digits], STAMP[-digits:].encode() + body
        assert reason(f"t={shorter},v1={given}", longer) == "stamp_malformed"
        # The other way round: a body of digits, whose first ones pose as the end of the stamp.
        digit_body = b"7" * digits + body
        moved = signed(digit_body).partition(",v1=")[2]
        assert reason(f"t={STAMP}{'7' * digits},v1={moved}", body) == "stamp_malformed"
        assert reason(signed(digit_body), digit_body) == "body_is_no_object"

    @pytest.mark.parametrize("between", [b".", b",", b":", b"\n"])
    def test_refuses_any_separator(self, between):
        body = body_of("event_completed")
        assert reason(signed(body, between=between), body) == "signature_mismatch"

    def test_refuses_another_merchants_secret_and_a_body_signed_alone(self):
        body = body_of("event_completed")
        assert reason(signed(body, secret="wave_ci_WHS_other"), body) == "signature_mismatch"
        alone = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert reason(f"t={STAMP},v1={alone}", body) == "signature_mismatch"

    def test_accepts_either_secret_while_one_replaces_the_other(self):
        body = body_of("event_completed")
        both = signed(body, secret="old") + "," + signed(body, secret="new").partition(",")[2]
        for secrets in (("old",), ("new",), ("old", "new")):
            assert read(both, body, secrets=secrets)
        assert read(signed(body, secret="old"), body, secrets=("new", "old"))
        assert reason(signed(body, secret="old"), body, secrets=("new",)) == "signature_mismatch"
        assert reason(signed(body), body, secrets=()) == "signature_mismatch"

    def test_compares_only_a_few_signatures(self):
        body = body_of("event_completed")
        assert reason(signed(body) + ",v1=00" * 20, body) == "signature_malformed"

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b'{"id":"EV_1","type":"x"}',
            b'{"id":"EV_1","type":"x","data":[]}',
            b'{"id":7,"type":"x","data":{}}',
            b'{"id":"EV_1","data":{}}',
            b'{"id":"EV_1","id":"EV_2","type":"x","data":{}}',
            b'{"id":"EV_1","type":"x","data":{"a":NaN}}',
            b'{"id":"EV_1","type":"checkout.session.completed","data":{}}',
            b'{"a":' * 5_000,
        ],
    )
    def test_refuses_what_is_signed_but_says_nothing(self, body):
        assert reason(signed(body), body) == "unreadable"

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b' {"id":1}', b'"text"'])
    def test_refuses_a_body_that_opens_with_no_brace(self, body):
        assert reason(signed(body), body) == "body_is_no_object"

    def test_reads_twice_the_same(self):
        body = body_of("event_completed")
        assert read(signed(body), body) == read(signed(body), body)

    def test_does_not_take_a_bare_secret_in_place_of_a_signature(self):
        body = body_of("event_completed")
        arrival = Arrival({}, body, AT, bears=lambda text: text == f"Bearer {SECRET}")
        with pytest.raises(NotificationRefused, match="signature_missing"):
            webhook.read(arrival, strategy=webhook.SIGNATURE, secrets=[SECRET])


class TestSharedSecret:
    def read(self, body: bytes, authorization: str, *, secrets: tuple[str, ...] = (SECRET,), **headers: str):
        arrival = Arrival(headers, body, AT, bears=lambda text: text == authorization)
        return webhook.read(arrival, strategy=webhook.SHARED_SECRET, secrets=secrets)

    @pytest.mark.parametrize("name", EVENTS)
    def test_is_enough_for_a_hint(self, name):
        body = body_of(name)
        assert self.read(body, f"Bearer {SECRET}") == read(signed(body), body)

    def test_accepts_either_while_one_replaces_the_other(self):
        for given in ("old", "new"):
            assert self.read(body_of("event_completed"), f"Bearer {given}", secrets=("old", "new"))

    @pytest.mark.parametrize("given", ["", SECRET, "Bearer ", "Bearer wave_test_secre", f"Basic {SECRET}"])
    def test_refuses_any_other(self, given):
        with pytest.raises(NotificationRefused, match="secret_mismatch"):
            self.read(body_of("event_completed"), given)
        with pytest.raises(NotificationRefused, match="secret_mismatch"):
            self.read(body_of("event_completed"), given, secrets=())

    def test_is_not_replaced_by_a_signature(self):
        body = body_of("event_completed")
        with pytest.raises(NotificationRefused, match="secret_mismatch"):
            self.read(body, "", **{"Wave-Signature": signed(body)})

    def test_refuses_what_says_nothing(self):
        with pytest.raises(NotificationRefused, match="unreadable"):
            self.read(b"[]", f"Bearer {SECRET}")


class TestBothModes:
    """What the simulator sends for a wallet registered the one way or the other."""

    @pytest.mark.parametrize(
        ("market", "trust", "header"),
        [("SN", Trust.SIGNED_FRESH, "Wave-Signature"), ("ML", Trust.TOKEN, "Authorization")],
    )
    def test_are_read_by_the_wallet_they_are_for(self, shop, market, trust, header):
        with simulation.serve(webhooks_to=shop.url, retry_seconds=0.05) as sim:
            wave = registry.adapter("wave", market, environment=sim.environment)
            assert wave.capabilities.trust is trust
            sim.fault("webhook", "forged", matching="pay_forged")
            for reference in ("pay_01", "pay_forged"):
                urls = {"success_url": "https://coko.example/ok", "error_url": "https://coko.example/ko"}
                started = wave.start_payment(PaymentRequest(reference, Amount(1500, "XOF"), None, "", **urls))
                sim.approve(started.provider_ref)
            genuine, forged = (self.arrival(received) for received in shop.wait_for(2))
        assert {"Wave-Signature", "Authorization"} & set(shop.received[0][1]) == {header}
        assert wave.read_notification(genuine).client_reference == "pay_01"
        with pytest.raises(NotificationRefused, match="mismatch"):
            wave.read_notification(forged)

    def arrival(self, received: tuple[str, dict[str, str], bytes]) -> Arrival:
        _, headers, body = received
        given = headers.get("Authorization")
        plain = {name: value for name, value in headers.items() if name != "Authorization"}
        return Arrival(plain, body, datetime.now(UTC), bears=lambda text: text == given)
