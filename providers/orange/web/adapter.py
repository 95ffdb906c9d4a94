"""Contract A through the port: a page of Orange's that the payer is sent to, and the question what became of it."""

import base64
from dataclasses import dataclass, field
from datetime import timedelta

from providers import callback_token, http
from providers.amounts import WireAmount
from providers.capabilities import AmountRule
from providers.contract import (
    Arrival,
    Capabilities,
    Detail,
    Idempotency,
    Lookup,
    NextActionKind,
    Notification,
    Outcome,
    PaymentRequest,
    PaymentResult,
    RefundKind,
    Trust,
)
from providers.orange.references import secrets_of
from providers.orange.tokens import Tokens
from providers.orange.web import webhook, wire
from providers.phone_forms import PhoneForm

BASE_URL = "https://api.orange.com"
_HUNDREDTHS = ("MG", "BW", "CD", "SL", "LR")  # where a unit has parts, which this contract cannot write
CAPABILITIES = Capabilities(
    label="Orange Money",
    markets={
        **dict.fromkeys(("CI", "ML", "BF", "NE"), frozenset({"XOF"})),
        **dict.fromkeys(("CM", "CF"), frozenset({"XAF"})),
        "GN": frozenset({"GNF"}),
        "MG": frozenset({"MGA"}),
        "BW": frozenset({"BWP"}),
        "CD": frozenset({"CDF"}),
        "SL": frozenset({"SLE"}),
        "LR": frozenset({"LRD"}),
    },
    next_actions=frozenset({NextActionKind.REDIRECT}),
    session_life=wire.LIFE,
    status_window=timedelta(days=1),  # ours; Orange names no limit
    refunds=RefundKind.NONE,
    trust=Trust.TOKEN,
    idempotency=Idempotency.NONE,
    wire_amount=WireAmount.NUMBER,
    phone_form=PhoneForm.NONE,
    collects={market: AmountRule(minor_min=100, minor_step=100) for market in _HUNDREDTHS},
    leaves_out=frozenset({Detail.AMOUNT, Detail.TIME}),
    confidence="medium",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One merchant in one country."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    merchant_key: str = field(repr=False)
    callback_secret: str = field(repr=False)  # ours, for the addresses; several, comma-separated, the first is used
    country: str = ""  # in the path; empty: the market in lower case. `dev` is Orange's sandbox
    currency: str = ""  # empty: the amount's own. `OUV` in the sandbox, and (unverified) with some Ivorian merchants
    language: str = "fr"
    oauth_path: str = "/oauth/v3/token"  # `/oauth/v2/token` in older texts


class WebPaymentAdapter:
    """One merchant."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        credentials: Credentials,
        base_url: str = BASE_URL,
        *,
        market: str = "",
        limits: http.Limits = http.USUAL_LIMITS,
    ) -> None:
        self._credentials = credentials
        self.platform = credentials.country or market.lower()
        self._shop = wire.Shop(credentials.merchant_key, credentials.currency, credentials.language)
        client = http.Client(
            provider="orange", market=market, base_url=base_url, read_code=wire.error_code, limits=limits
        )
        basic = base64.b64encode(f"{credentials.client_id}:{credentials.client_secret}".encode()).decode()
        self._tokens = Tokens(client, path=credentials.oauth_path, headers={"Authorization": f"Basic {basic}"}, form={})

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Create one. What an earlier, unanswered call created can be paid by nobody: its address was never seen."""
        notif_url = callback_token.address(request.notify_url, secret=self._secrets[0], reference=request.reference)
        body = wire.payment_request(request, self._shop, notif_url=notif_url)
        answer = self._post("start_payment", self.platform, "webpayment", request.reference, body)
        return wire.read_created(answer.document, reference=request.reference, dated=answer.dated)

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """By the pay token, where it was created. Without one there is no question, and nothing the payer ever saw."""
        pay_token = lookup.secrets.get("pay_token")
        if not pay_token or lookup.amount is None:
            return PaymentResult(Outcome.NOT_FOUND)
        body = wire.status_request(lookup, lookup.amount, pay_token)
        platform = lookup.platform or self.platform
        answer = self._post("fetch_payment", platform, "transactionstatus", lookup.reference, body)
        return wire.read_status(answer.document, lookup, lookup.amount)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """There is no way to close one: it ends by itself after ten minutes."""
        return self.fetch_payment(lookup)

    def read_notification(self, arrival: Arrival) -> Notification:
        """See `webhook.read`."""
        return webhook.read(arrival, secrets=self._secrets)

    @property
    def _secrets(self) -> list[str]:
        return secrets_of(self._credentials.callback_secret)

    def _post(self, operation: str, platform: str, what: str, reference: str, body: bytes) -> http.Answer:
        return self._tokens.send(
            lambda token: http.Call(
                operation=operation,
                method="POST",
                path=f"/orange-money-webpay/{platform}/v1/{what}",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                body=body,
                reference=reference,
            )
        )
