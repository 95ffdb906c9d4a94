"""Notifications of MTN: nothing but the address proves anything, and nothing in them is believed."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import callback_token
from providers.contract import Arrival, Notification
from providers.errors import NotificationRefused
from providers.mtn import webhook, wire
from tests.providers.mtn.test_wire import sample

SECRET = "a secret of the wallet"
STORABLE = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])  # the rest is no strict JSON
TOKEN = callback_token.make(SECRET, "pay_01")


def read(body: bytes, *, token: str = TOKEN, method: str = "POST", secrets=(SECRET,)) -> Notification:
    return webhook.read(Arrival({}, body, datetime.now(UTC), token, method), secrets=secrets)


def body_of(name: str, **changes) -> bytes:
    return json.dumps({**sample(name), **changes}).encode()


def reason(*args, **changes) -> str:
    with pytest.raises(NotificationRefused) as refused:
        read(*args, **changes)
    return refused.value.reason


class TestRead:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("callback_successful", "status.successful"),
            ("callback_failed", "status.failed"),
            ("callback_preapproval", "status.successful"),
        ],
    )
    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_takes_both_methods_and_names_the_attempt_of_the_address(self, name, kind, method):
        told = read(body_of(name), method=method)
        assert (told.kind, told.client_reference, told.provider_ref) == (kind, "pay_01", wire.request_id("pay_01"))

    def test_is_the_same_event_when_it_says_the_same(self):
        body = body_of("callback_successful")
        assert read(body) == read(body, method="PUT")
        assert read(body).event_ref != read(body_of("callback_failed")).event_ref

    def test_is_another_event_of_another_attempt_although_it_says_the_same(self):
        body = body_of("callback_preapproval")
        other = callback_token.make(SECRET, "pay_02")
        assert read(body).event_ref != read(body, token=other).event_ref

    def test_refuses_what_speaks_of_another_attempt(self):
        assert reason(body_of("callback_successful", externalId="pay_02")) == "reference_mismatch"
        assert reason(body_of("callback_successful", externalId=7)) == "reference_mismatch"

    @pytest.mark.parametrize("method", ["GET", "DELETE", "post", ""])
    def test_refuses_other_methods(self, method):
        assert reason(body_of("callback_successful"), method=method) == "method"

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"a":1,"a":2}', b'{"a":NaN}'])
    def test_refuses_what_says_nothing(self, body):
        assert reason(body) == "unreadable"

    def test_refuses_an_address_of_nobody(self):
        body = body_of("callback_successful")
        assert reason(body, token="") == "token_missing"
        assert reason(body, token=callback_token.make("another", "pay_01")) == "token_mismatch"
        assert reason(body, secrets=()) == "token_mismatch"

    def test_knows_both_secrets_while_one_replaces_the_other(self):
        assert read(body_of("callback_successful"), secrets=("new", SECRET)).client_reference == "pay_01"

    @given(status=st.one_of(st.none(), st.text(STORABLE), st.integers(), st.lists(st.integers(), max_size=2)))
    def test_writes_no_strange_word_into_the_log(self, status):
        told = read(body_of("callback_failed", status=status))
        assert told.kind.removeprefix("status.").replace("_", "").isascii()
        assert len(told.kind) <= 50
