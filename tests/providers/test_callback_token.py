"""The token of a notification's address: names one attempt, and cannot be made by a stranger."""

import pytest

from providers import callback_token
from providers.errors import NotificationRefused

SECRET = "a secret of the wallet"


class TestReferenceOf:
    def test_gives_back_what_the_address_was_made_for(self):
        address = callback_token.address("https://coko.example/webhooks/mtn/CI/", secret=SECRET, reference="pay_01")
        assert address.startswith("https://coko.example/webhooks/mtn/CI/pay_01.")
        assert callback_token.reference_of(address.rsplit("/", 1)[1], secrets=["another", SECRET]) == "pay_01"

    @pytest.mark.parametrize(
        ("token", "reason"),
        [
            ("", "token_missing"),
            ("pay_01", "token_malformed"),
            ("pay_01." + "A" * 43, "token_mismatch"),
            (callback_token.make("another", "pay_01"), "token_mismatch"),
            (callback_token.make(SECRET, "pay_01").replace("pay_01", "pay_02"), "token_mismatch"),
            (callback_token.make(SECRET, "pay_01") + "/", "token_malformed"),
        ],
    )
    def test_refuses_everything_else(self, token, reason):
        with pytest.raises(NotificationRefused) as refused:
            callback_token.reference_of(token, secrets=[SECRET])
        assert refused.value.reason == reason
