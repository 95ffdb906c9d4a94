"""Contract B through the port: a code or link that the payer opens, money sent by cash-in, the wallet's own history."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from providers import callback_token, http
from providers.amounts import Amount, WireAmount
from providers.capabilities import AmountRule
from providers.contract import (
    Arrival,
    Capabilities,
    FailureReason,
    HolderResult,
    Idempotency,
    Lookup,
    NextActionKind,
    Notification,
    Outcome,
    PaymentRequest,
    PaymentResult,
    PayoutRequest,
    RefundKind,
    StatementPage,
    TransferResult,
    Trust,
)
from providers.errors import OutcomeUnknown, RequestRefused, UnreadableAnswer
from providers.orange.references import secrets_of
from providers.orange.sonatel import account, webhook, wire
from providers.orange.sonatel.calls import TRANSACTIONS, Calls
from providers.orange.sonatel.failures import COLLECTING, PAYING_OUT, PENDING
from providers.orange.sonatel.pin import Pin
from providers.phone_forms import PhoneForm, to_wire

BASE_URL = "https://api.orange-sonatel.com"
_RULE = {"SN": AmountRule(minor_min=10)}  # observed; the specification says 1
CAPABILITIES = Capabilities(
    label="Orange Money",
    markets={"SN": frozenset({"XOF"})},
    next_actions=frozenset({NextActionKind.SHOW_QR}),
    session_life=wire.VALIDITY + wire.GRACE,
    status_window=timedelta(days=2),  # a final word comes within a day, documented
    refunds=RefundKind.BY_PAYOUT,
    trust=Trust.SIGNED_FRESH,
    idempotency=Idempotency.NONE,
    wire_amount=WireAmount.NUMBER,
    phone_form=PhoneForm.NATIONAL,
    code_ussd={"SN": "#144#391#"},  # a payer may make a code, and is then asked for nothing more
    pays_out=True,
    collects=_RULE,
    payouts=_RULE,
    confidence="medium",
)
_PAGE = 500
_CALLBACKS = "/api/notification/v1/merchantcallback"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One merchant code, and the wallet that pays out."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    merchant_code: str  # six digits
    callback_secret: str = field(repr=False)  # ours, for the addresses; several, comma-separated, the first is used
    merchant_name: str = "Coko"
    signing_secret: str = field(default="", repr=False)  # theirs, once they give it; several while one replaces another
    callback_key: str = field(default="", repr=False)  # what they send back in `Authorization`
    partner_id: str = ""  # of the wallet that pays out, nine digits; without it and its PIN nothing is paid out
    partner_kind: str = "MSISDN"  # or CODE
    pin: str = field(default="", repr=False)
    rsa_padding: str = "pkcs1v15"  # what most clients do; `oaep_sha1` (Node's default), `oaep_sha256`
    wallet: str = "PRINCIPAL"  # or INTERNATIONAL
    oauth_path: str = "/oauth/v1/token"  # `/oauth/token` in older texts


class SonatelAdapter:
    """One merchant."""

    def __init__(
        self,
        credentials: Credentials,
        base_url: str = BASE_URL,
        *,
        market: str = "SN",
        limits: http.Limits = http.USUAL_LIMITS,
    ) -> None:
        self._credentials = credentials
        self.platform = "sandbox" if ".sandbox." in base_url else ""
        trust = Trust.SIGNED_FRESH if credentials.signing_secret else Trust.TOKEN
        self.capabilities = dataclasses.replace(CAPABILITIES, trust=trust)
        self._calls = Calls(
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            oauth_path=credentials.oauth_path,
            pin=Pin(
                credentials.pin, owner=f"{base_url} {credentials.partner_id}", padding_name=credentials.rsa_padding
            ),
            base_url=base_url,
            market=market,
            limits=limits,
        )

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Look for a payment with our reference first; then ask for a code, or take the money with the payer's own.

        A code that was asked for and not answered can be paid by nobody: it was never shown.
        """
        found, _ = self._calls.search(request.reference)
        if (earlier := wire.most_telling(found)) is not None:
            return wire.payment(earlier, provider_ref=None)
        return self._one_step(request) if request.payer_code and request.payer_phone else self._code(request)

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """What the search has. It has no unpaid codes, so those end when Sonatel's own clock says that they have."""
        self._check_platform(lookup)
        found, answer = self._calls.search(lookup.reference)
        if (told := wire.most_telling(found)) is not None:
            return wire.payment(told, provider_ref=lookup.provider_ref)
        if not lookup.provider_ref:
            return PaymentResult(Outcome.NOT_FOUND)
        if _is_over(lookup.secrets.get("valid_until"), answer.dated):
            return PaymentResult(Outcome.EXPIRED, lookup.provider_ref, failure=FailureReason.EXPIRED)
        return PaymentResult(Outcome.PENDING, lookup.provider_ref)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """A code cannot be taken back; it ends by itself."""
        return self.fetch_payment(lookup)

    def start_payout(self, request: PayoutRequest) -> TransferResult:
        """Look for our reference first, then send. The PIN is tried once; refused, it is never tried again."""
        found, _ = self._calls.search(request.reference)
        if (earlier := wire.most_telling(found)) is not None:
            return wire.transfer(earlier)
        wallet = self._credentials.wallet
        try:
            answer = self._calls.post_with_pin(
                "start_payout",
                "/api/eWallet/v1/cashins",
                request.reference,
                lambda pin: wire.cash_in_request(request, self._partner(pin), wallet=wallet),
            )
        except OutcomeUnknown as unknown:
            if unknown.code != PENDING:
                raise
            return TransferResult(Outcome.PENDING, failure_code=PENDING)
        except RequestRefused as refused:
            if refused.code not in PAYING_OUT:
                raise
            return TransferResult(Outcome.FAILED, failure=PAYING_OUT[refused.code], failure_code=refused.code)
        return wire.transfer(wire.read_transaction(answer.document))

    def fetch_payout(self, lookup: Lookup) -> TransferResult:
        self._check_platform(lookup)
        found, _ = self._calls.search(lookup.reference)
        told = wire.most_telling(found)
        return wire.transfer(told) if told else TransferResult(Outcome.NOT_FOUND)

    def fetch_balance(self) -> Amount:
        """Of the wallet that pays out."""
        path = "/api/eWallet/v1/account/retailer/balance"
        own = self._credentials

        def document(pin: str) -> Mapping[str, str]:
            identity = {"idType": own.partner_kind, "id": own.partner_id}
            return {**identity, "encryptedPinCode": pin, "wallet": own.wallet.lower()}

        return wire.read_money(self._calls.post_with_pin("fetch_balance", path, "", document).document)

    def list_movements(self, day: date, cursor: str | None = None) -> StatementPage:
        """Oldest first within a page; Sonatel does not say in which order its pages come, and tells no fees."""
        start = datetime.combine(day, time(), UTC)
        query = {
            "fromDateTime": _stamp(start),
            "toDateTime": _stamp(start + timedelta(days=1)),
            "page": cursor or "0",
            "size": str(_PAGE),
        }
        document = self._calls.get("fetch_history", TRANSACTIONS, query=query).document
        lines = account.read_lines(document, day=day)
        is_last = len(wire.items(document)) < _PAGE
        return StatementPage(lines, None if is_last else str(int(cursor or "0") + 1))

    def check_holder(self, phone: str, *, name: str | None = None, amount: Amount | None = None) -> HolderResult:
        query = {
            "msisdn": to_wire(phone, PhoneForm.NATIONAL),
            "type": "customer",
            "walletType": self._credentials.wallet,
        }
        try:
            answer = self._calls.get("check_holder", "/api/eWallet/v1/account", query=query)
        except RequestRefused as refused:
            if refused.code not in ("2000", "2001"):
                raise
            return HolderResult(is_active=False)
        return account.read_holder(answer.document, name=name)

    def read_notification(self, arrival: Arrival) -> Notification:
        """See `webhook.read`."""
        own = self._credentials
        return webhook.read(
            arrival,
            signing_secrets=secrets_of(own.signing_secret),
            address_secrets=secrets_of(own.callback_secret),
        )

    def register_callback(self, callback_url: str) -> None:
        """Tell Sonatel where to call for what names no address of its own. Answered with nothing."""
        own = self._credentials
        document = {
            "code": own.merchant_code,
            "name": own.merchant_name,
            "callbackUrl": callback_url,
            "apiKey": own.callback_key,
        }
        self._calls.post("register_callback", _CALLBACKS, "", document)

    def registered_callbacks(self) -> tuple[str, ...]:
        """The addresses registered for our code. Sonatel shows their keys, too; those go no further."""
        query = {"code": self._credentials.merchant_code}
        document = self._calls.get("fetch_callbacks", _CALLBACKS, query=query).document
        return tuple(str(item["callbackUrl"]) for item in wire.items(document) if item.get("callbackUrl"))

    def _code(self, request: PaymentRequest) -> PaymentResult:
        own = self._credentials
        secret = secrets_of(own.callback_secret)[0]
        headers = {
            "X-Callback-Url": callback_token.address(request.notify_url, secret=secret, reference=request.reference)
        }
        if own.callback_key:
            headers["X-Api-Key"] = own.callback_key
        document = wire.qr_request(request, code=own.merchant_code, name=own.merchant_name)
        answer = self._calls.post("start_payment", "/api/eWallet/v4/qrcode", request.reference, document, headers)
        return wire.read_qr(answer.document, dated=answer.dated)

    def _one_step(self, request: PaymentRequest) -> PaymentResult:
        document = wire.one_step_request(request, code=self._credentials.merchant_code)
        path = "/api/eWallet/v1/payments/onestep"
        try:
            answer = self._calls.post("start_payment", path, request.reference, document)
        except OutcomeUnknown as unknown:
            if unknown.code != PENDING:
                raise
            return PaymentResult(Outcome.PENDING, failure_code=PENDING)
        except RequestRefused as refused:
            if refused.code not in COLLECTING:
                raise
            return PaymentResult(Outcome.FAILED, failure=COLLECTING[refused.code], failure_code=refused.code)
        told = wire.read_transaction(answer.document)
        if told.outcome is Outcome.SUCCEEDED and told.amount is None:
            return self._confirmed(request, told)
        return wire.payment(told, provider_ref=None)

    def _confirmed(self, request: PaymentRequest, told: wire.Transaction) -> PaymentResult:
        """The answer to a one-step payment names no amount: the search does, and nothing is booked without one."""
        found, _ = self._calls.search(request.reference)
        known = wire.most_telling(found) or dataclasses.replace(told, outcome=Outcome.PENDING)
        return wire.payment(known, provider_ref=told.transaction_id)

    def _partner(self, encrypted_pin: str) -> dict[str, str]:
        own = self._credentials
        return {
            "idType": own.partner_kind,
            "id": own.partner_id,
            "encryptedPinCode": encrypted_pin,
            "walletType": own.wallet,
        }

    def _check_platform(self, lookup: Lookup) -> None:
        if lookup.platform != self.platform:
            raise OutcomeUnknown(f"asked at {lookup.platform or 'live'}, and this is {self.platform or 'live'}")


def _is_over(valid_until: str | None, now: datetime | None) -> bool:
    if not valid_until or now is None:
        return False
    try:
        # A `Date` is cut to whole seconds.
        return now + timedelta(seconds=1) > datetime.fromisoformat(valid_until) + wire.GRACE
    except ValueError:
        raise UnreadableAnswer("a kept validity that is no moment") from None


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
