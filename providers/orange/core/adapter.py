"""Contract C through the port: a ticket first (`init`), then the request that uses it (`pay`)."""

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote

from providers import callback_token, http
from providers.amounts import WireAmount
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
    PayoutRequest,
    RefundKind,
    TransferResult,
    Trust,
)
from providers.errors import OutcomeUnknown, RequestRefused
from providers.orange.core import webhook, wire
from providers.orange.references import secrets_of
from providers.orange.tokens import Tokens
from providers.phone_forms import PhoneForm

BASE_URL = "https://api-s1.orange.cm"  # older: apiw.orange.cm
CAPABILITIES = Capabilities(
    label="Orange Money",
    markets={"CM": frozenset({wire.CURRENCY})},
    next_actions=frozenset({NextActionKind.APPROVE_ON_PHONE}),
    session_life=timedelta(minutes=10),  # a guess: clients wait so long
    status_window=timedelta(days=1),  # ours; nobody names a limit
    refunds=RefundKind.BY_PAYOUT,
    trust=Trust.TOKEN,
    idempotency=Idempotency.NONE,
    wire_amount=WireAmount.TEXT,
    phone_form=PhoneForm.NATIONAL,
    needs_phone=True,
    leaves_out=frozenset({Detail.TIME}),
    pays_out=True,
    confidence="low",
)

_API = "/omcoreapis/1.0.2"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One channel user."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    api_user: str = field(repr=False)
    api_password: str = field(repr=False)
    channel_msisdn: str  # nine digits
    pin: str = field(repr=False)
    callback_secret: str = field(repr=False)  # ours, for the addresses; several, comma-separated, the first is used
    needs_confirmation: str = "yes"  # a success without `confirmtxnstatus` stays pending, as one client does; or "no"


class CoreAdapter:
    """One channel user."""

    capabilities = CAPABILITIES
    platform = ""  # the two hosts are one

    def __init__(
        self,
        credentials: Credentials,
        base_url: str = BASE_URL,
        *,
        market: str = "CM",
        limits: http.Limits = http.USUAL_LIMITS,
    ) -> None:
        self._credentials = own = credentials
        client = http.Client(
            provider="orange_core", market=market, base_url=base_url, read_code=wire.error_code, limits=limits
        )
        basic = _base64(f"{own.consumer_key}:{own.consumer_secret}")
        self._tokens = Tokens(client, path="/token", headers={"Authorization": f"Basic {basic}"}, form={})
        self._auth = _base64(f"{own.api_user}:{own.api_password}")
        self._confirmed = own.needs_confirmation != "no"

    def prepare_payment(self) -> str:
        """A payToken. Nothing has happened yet."""
        return self._init("mp", "prepare_payment", "")

    def prepare_payout(self) -> str:
        """A payToken for a cash-in. Nothing has happened yet."""
        return self._init("cashin", "prepare_payout", "")

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Send the prompt under a ticket.

        Once the ticket is there, a lost answer is no reason to raise: we say that it is pending and how to ask.
        """
        pay_token = request.ticket or self._init("mp", "start_payment", request.reference)
        own = self._credentials
        secret = secrets_of(own.callback_secret)[0]
        body = wire.payment_request(
            request,
            channel=own.channel_msisdn,
            pin=own.pin,
            pay_token=pay_token,
            notif_url=callback_token.address(request.notify_url, secret=secret, reference=request.reference),
        )
        try:
            answer = self._post("mp/pay", "start_payment", request.reference, body)
            told = self._payment(answer, request.reference, pay_token)
        except OutcomeUnknown as unknown:
            told = PaymentResult(Outcome.PENDING, pay_token, failure_code=unknown.code)
        except RequestRefused as refused:
            failure = wire.COLLECTING.get(refused.code)
            if failure is not None:
                return PaymentResult(Outcome.FAILED, pay_token, failure=failure, failure_code=refused.code)
            # The ticket may be refused because an earlier call has used it: then that call is the answer.
            told = self.fetch_payment(Lookup(request.reference, pay_token))
            if told.raw.get("status") == wire.UNUSED:
                raise
        return replace(told, next_action=wire.PROMPT) if told.outcome is Outcome.PENDING else told

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """By the ticket; there is no other way to ask."""
        if not lookup.provider_ref:
            return PaymentResult(Outcome.NOT_FOUND)
        answer = self._get(f"mp/paymentstatus/{quote(lookup.provider_ref, safe='')}", "fetch_payment", lookup.reference)
        return self._payment(answer, lookup.reference, lookup.provider_ref)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """A prompt cannot be called back; it ends by itself."""
        return self.fetch_payment(lookup)

    def prompt_again(self, lookup: Lookup) -> PaymentResult:
        """Send the prompt of an open payment once more."""
        if not lookup.provider_ref:
            return PaymentResult(Outcome.NOT_FOUND)
        answer = self._get(f"mp/push/{quote(lookup.provider_ref, safe='')}", "prompt_again", lookup.reference)
        return self._payment(answer, lookup.reference, lookup.provider_ref)

    def start_payout(self, request: PayoutRequest) -> TransferResult:
        """Send money under a ticket. Without `request.ticket` a crash before the answer leaves an unknown payout."""
        pay_token = request.ticket or self._init("cashin", "start_payout", request.reference)
        own = self._credentials
        body = wire.cash_in_request(request, channel=own.channel_msisdn, pin=own.pin, pay_token=pay_token)
        try:
            answer = self._post("cashin/pay", "start_payout", request.reference, body)
            return self._transfer(answer, request.reference, pay_token)
        except OutcomeUnknown as unknown:
            return TransferResult(Outcome.PENDING, pay_token, failure_code=unknown.code)
        except RequestRefused as refused:
            failure = wire.PAYING_OUT.get(refused.code)
            if failure is not None:
                return TransferResult(Outcome.FAILED, pay_token, failure=failure, failure_code=refused.code)
            told = self.fetch_payout(Lookup(request.reference, pay_token))  # as above
            if told.raw.get("status") == wire.UNUSED:
                raise
            return told

    def fetch_payout(self, lookup: Lookup) -> TransferResult:
        """By the ticket; there is no other way to ask."""
        if not lookup.provider_ref:
            return TransferResult(Outcome.NOT_FOUND)
        path = f"cashin/paymentstatus/{quote(lookup.provider_ref, safe='')}"
        answer = self._get(path, "fetch_payout", lookup.reference)
        return self._transfer(answer, lookup.reference, lookup.provider_ref)

    def read_notification(self, arrival: Arrival) -> Notification:
        """See `webhook.read`."""
        return webhook.read(arrival, secrets=secrets_of(self._credentials.callback_secret))

    def _payment(self, answer: http.Answer, reference: str, pay_token: str) -> PaymentResult:
        return wire.read_payment(
            answer.document, reference=reference, pay_token=pay_token, needs_confirmation=self._confirmed
        )

    def _transfer(self, answer: http.Answer, reference: str, pay_token: str) -> TransferResult:
        return wire.read_transfer(
            answer.document, reference=reference, pay_token=pay_token, needs_confirmation=self._confirmed
        )

    def _init(self, family: str, operation: str, reference: str) -> str:
        return wire.read_pay_token(self._post(f"{family}/init", operation, reference, b"").document)

    def _get(self, path: str, operation: str, reference: str) -> http.Answer:
        return self._send("GET", path, operation, reference, None)

    def _post(self, path: str, operation: str, reference: str, body: bytes) -> http.Answer:
        return self._send("POST", path, operation, reference, body)

    def _send(self, method: str, path: str, operation: str, reference: str, body: bytes | None) -> http.Answer:
        return self._tokens.send(
            lambda token: http.Call(
                operation=operation,
                method=method,
                path=f"{_API}/{path}",
                headers={
                    "Authorization": f"Bearer {token}",
                    "X-AUTH-TOKEN": self._auth,
                    "Content-Type": "application/json",
                },
                body=body,
                reference=reference,
            )
        )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
