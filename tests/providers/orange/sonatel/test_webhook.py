"""Sonatel's callbacks are believed for their signature, or for the address we named; never for a key in a header."""

import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import callback_token
from providers.contract import Arrival
from providers.errors import NotificationRefused
from providers.orange.sonatel import webhook

SAMPLES = Path(__file__).parent / "samples"
BODY = (SAMPLES / "callback.json").read_bytes()
NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))


def signed(body: bytes = BODY, stamp: str = STAMP, separator: bytes = b",", *, by: str = "ours") -> str:
    return hmac.new(by.encode(), stamp.encode() + separator + body, hashlib.sha256).hexdigest()


def read(header: str, body: bytes = BODY, token: str = "", signing: tuple[str, ...] = ("ours",)):
    arrival = Arrival({"X-Sonatel-Signature": header} if header else {}, body, NOW, token)
    return webhook.read(arrival, signing_secrets=signing, address_secrets=("address",))


def refusal(*args, **named) -> str:
    with pytest.raises(NotificationRefused) as refused:
        read(*args, **named)
    return refused.value.reason


class TestSigned:
    def test_names_our_reference_and_no_id_of_theirs(self):
        told = read(f"t={STAMP},v1={signed()}")
        assert (told.client_reference, told.provider_ref, told.secret) == ("pay_01", None, None)
        assert told.kind == "merchant_payment.success"

    def test_any_of_several_signatures_and_secrets_will_do(self):
        header = f"t={STAMP},v1={'0' * 64}, v1={signed(by='next')}"
        assert read(header, signing=("ours", "next")).client_reference == "pay_01"

    def test_is_the_same_event_whenever_it_is_signed(self):
        later = str(int(STAMP) + 60)
        first, second = read(f"t={STAMP},v1={signed()}"), read(f"t={later},v1={signed(stamp=later)}")
        assert first.event_ref == second.event_ref

    def test_of_a_batch_names_the_batch(self):
        body = (SAMPLES / "callback_bulk.json").read_bytes()
        told = read(f"t={STAMP},v1={signed(body)}", body)
        assert (told.client_reference, told.provider_ref) == (None, "a1b2c3d4-e5f6-7890-1234-567890abcdef")

    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            ("", "signature_missing"),
            (f"t={STAMP},v1={signed(by='theirs')}", "signature_mismatch"),
            (f"t={STAMP},v1={signed(separator=b'')}", "signature_mismatch"),
            (f"t={STAMP},v1={signed(separator=b'.')}", "signature_mismatch"),
            (f"t={STAMP},v1=é", "signature_mismatch"),
            (f"t={STAMP}", "signature_malformed"),
            (f"t={STAMP}" + f",v1={'0' * 64}" * 9, "signature_malformed"),
            (f"v1={signed()}", "stamp_malformed"),
            (f"t=+{STAMP},v1={signed()}", "stamp_malformed"),
            (f"t={STAMP},t={STAMP},v1={signed()}", "stamp_malformed"),
        ],
    )
    def test_is_refused_when_it_proves_nothing(self, header, reason):
        assert refusal(header) == reason

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_is_refused_when_it_is_not_fresh(self, seconds):
        stamp = str(int(STAMP) + seconds)
        assert refusal(f"t={stamp},v1={signed(stamp=stamp)}") == "stamp_too_far"

    @given(at=st.integers(0, len(BODY) - 1), to=st.integers(0, 255))
    def test_is_refused_when_any_byte_was_changed(self, at: int, to: int):
        changed = BODY[:at] + bytes([to]) + BODY[at + 1 :]
        if changed != BODY:
            assert refusal(f"t={STAMP},v1={signed()}", changed) == "signature_mismatch"

    def test_an_address_alone_is_not_enough_once_there_is_a_secret(self):
        assert refusal("", token=callback_token.make("address", "pay_01")) == "signature_missing"


class TestUnsigned:
    def test_is_believed_for_its_address(self):
        told = read("", token=callback_token.make("address", "pay_01"), signing=())
        assert told.client_reference == "pay_01"

    def test_is_refused_at_another_address(self):
        assert refusal("", token=callback_token.make("guess", "pay_01"), signing=()) == "token_mismatch"
        assert refusal("", token="", signing=()) == "token_missing"

    def test_is_refused_when_it_speaks_of_another_attempt(self):
        assert refusal("", token=callback_token.make("address", "pay_02"), signing=()) == "another_reference"

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type":"X"}', b'{"type":1,"status":"SUCCESS"}', b"{"])
    def test_is_refused_when_it_cannot_be_read(self, body):
        assert refusal("", body, token=callback_token.make("address", "pay_01"), signing=()) == "unreadable"
