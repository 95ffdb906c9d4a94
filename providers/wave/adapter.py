"""Wave through the port: one wallet, all that can be asked of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from providers.amounts import WireAmount
from providers.contract import (
    AmountRule,
    Arrival,
    Capabilities,
    Idempotency,
    NextActionKind,
    Notification,
    RefundKind,
    Trust,
)
from providers.phone_forms import PhoneForm
from providers.wave import webhook
from providers.wave.account import Account
from providers.wave.calls import BASE_URL as BASE_URL
from providers.wave.calls import Credentials as Credentials
from providers.wave.checkout import Checkout
from providers.wave.payouts import REVERSAL_WINDOW, Payouts

CAPABILITIES = Capabilities(
    label="Wave",
    markets={
        **dict.fromkeys(("SN", "CI", "ML", "BF"), frozenset({"XOF"})),
        "GM": frozenset({"GMD"}),
        "UG": frozenset({"UGX"}),
    },
    next_actions=frozenset({NextActionKind.REDIRECT}),
    session_life=timedelta(minutes=30),
    status_window=timedelta(days=90),  # Wave names no limit; ours, so that an old unknown reaches a person
    refunds=RefundKind.FULL,
    refund_returns_fee=True,
    trust=Trust.SIGNED_FRESH,
    idempotency=Idempotency.SEARCH,
    payout_idempotency=Idempotency.KEY,
    wire_amount=WireAmount.TEXT,
    phone_form=PhoneForm.E164,
    pays_out=True,
    reversal_window=REVERSAL_WINDOW,
    payouts={"GM": AmountRule(minor_min=100, minor_step=100)},  # whole units only; the other currencies have no parts
)


class WaveAdapter(Checkout, Payouts, Account):
    """One wallet."""

    platform = ""  # there is one

    def __init__(self, credentials: Credentials, base_url: str = BASE_URL, **options: Any) -> None:
        super().__init__(credentials, base_url, **options)
        is_signed = credentials.webhook_strategy == webhook.SIGNATURE
        self.capabilities = CAPABILITIES if is_signed else replace(CAPABILITIES, trust=Trust.TOKEN)

    def read_notification(self, arrival: Arrival) -> Notification:
        """See `webhook.read`."""
        own = self._credentials
        return webhook.read(arrival, strategy=own.webhook_strategy, secrets=own.webhook_secrets)
