"""MTN MoMo through the port: payments asked for on the payer's phone, refunds, payouts, balances, holders, mandates."""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote

from providers import callback_token, http, phone_forms
from providers.amounts import Amount, WireAmount
from providers.contract import (
    Arrival,
    Capabilities,
    HolderResult,
    Idempotency,
    Lookup,
    MandateRequest,
    MandateResult,
    MandateState,
    NextAction,
    NextActionKind,
    Notification,
    Outcome,
    PaymentRequest,
    PaymentResult,
    PayoutRequest,
    RefundKind,
    RefundRequest,
    TransferResult,
    Trust,
)
from providers.errors import OutcomeUnknown, ProviderFault, RequestRefused
from providers.failures import FailureReason
from providers.mtn import holders, inquiries, mandates, reasons, webhook, wire
from providers.mtn.line import Line, Order
from providers.mtn.markets import MARKETS, SANDBOX, SANDBOX_CURRENCY
from providers.mtn.platforms import LEGACY, LEGACY_URL, NEW, Product, account
from providers.mtn.platforms import Credentials as Credentials
from providers.mtn.tokens import Tokens
from providers.phone_forms import PhoneForm

logger = logging.getLogger(__name__)

R = TypeVar("R")

BASE_URL = LEGACY_URL
CAPABILITIES = Capabilities(
    label="MTN MoMo",
    markets={name: frozenset({market.currency}) for name, market in MARKETS.items()},
    next_actions=frozenset({NextActionKind.APPROVE_ON_PHONE}),
    session_life=timedelta(minutes=5),
    status_window=timedelta(days=30),  # MTN publishes none; ours, so that an old unknown reaches a person
    refunds=RefundKind.PARTIAL,
    trust=Trust.TOKEN,
    idempotency=Idempotency.REFERENCE,
    wire_amount=WireAmount.TEXT,
    phone_form=PhoneForm.DIGITS,
    needs_phone=True,
    pays_out=True,
    confidence="medium",
)

_PAYMENTS = "v1_0/requesttopay"
_REFUNDS = "v1_0/refund"
_MANDATES = "v2_0/preapproval"


class MtnAdapter:
    """One market's wallets."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        credentials: Credentials,
        base_url: str = BASE_URL,
        *,
        market: str,
        limits: http.Limits = http.USUAL_LIMITS,
    ) -> None:
        self.platform = credentials.platform
        self._credentials = credentials
        self._base_url = base_url
        self._market = market
        self._limits = limits
        self._tokens = Tokens()
        currency = MARKETS[market].currency
        is_sandbox = credentials.target_environment == SANDBOX
        self._money = wire.Money(currency, SANDBOX_CURRENCY if is_sandbox else currency)
        self._line(Product.COLLECTION)  # says at once when what it takes is not set

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Ask for the money under an id made from our reference; MTN knows it when it comes again."""
        if not request.payer_phone:
            raise RequestRefused("MTN asks on the payer's phone, and there is none", code="phone_missing")
        ref = wire.request_id(request.reference)
        line = self._line(Product.COLLECTION, request.platform)
        body = wire.payment_request(request, request.payer_phone, self._money)
        order = self._order("start_payment", _PAYMENTS, request.reference, body, request.notify_url)
        earlier = self._placed(line, order, lambda: self._payment(line, request.reference), _payment_unknown)
        asked = PaymentResult(
            Outcome.PENDING, ref, client_reference=request.reference, next_action=_prompt(Outcome.PENDING)
        )
        return earlier or asked

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """What the platform says where it was asked."""
        return self._payment(self._line(Product.COLLECTION, lookup.platform), lookup.reference)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """A prompt cannot be called back: it stays for its five minutes, and this only tells how it stands."""
        return self.fetch_payment(lookup)

    def tell_payer(self, lookup: Lookup, message: str, *, language: str = "") -> None:
        """See `contract.TellsPayers`."""
        text = wire.notice(message)
        headers = {"notificationMessage": text, **({"Language": language} if language else {})}
        path = f"{_PAYMENTS}/{wire.request_id(lookup.reference)}/deliverynotification"
        self._line(Product.COLLECTION, lookup.platform).do(
            "tell_payer", "POST", path, body=wire.note_request(text), headers=headers, reference=lookup.reference
        )

    def refund_payment(self, request: RefundRequest) -> TransferResult:
        """From the payout wallet, on the platform that took the payment: only that one knows it."""
        line = self._line(Product.DISBURSEMENT, request.payment.platform)
        body = wire.refund_request(request, wire.request_id(request.payment.reference), self._money)
        order = self._order("refund_payment", _REFUNDS, request.reference, body, request.notify_url)
        earlier = self._placed(line, order, lambda: self._refund(line, request.reference), _transfer_unknown)
        return earlier or _transfer_asked(request.reference)

    def fetch_refund(self, lookup: Lookup, *, payment: Lookup) -> TransferResult:
        return self._refund(self._line(Product.DISBURSEMENT, payment.platform or lookup.platform), lookup.reference)

    def start_payout(self, request: PayoutRequest) -> TransferResult:
        """By transfer, or by deposit where the credentials say so."""
        line = self._line(Product.DISBURSEMENT, request.platform)
        body = wire.payout_request(request, self._money)
        path = f"v1_0/{self._credentials.payout_operation}"
        order = self._order("start_payout", path, request.reference, body, request.notify_url)
        earlier = self._placed(line, order, lambda: self._payout(line, request.reference), _transfer_unknown)
        return earlier or _transfer_asked(request.reference)

    def fetch_payout(self, lookup: Lookup) -> TransferResult:
        return self._payout(self._line(Product.DISBURSEMENT, lookup.platform), lookup.reference)

    def fetch_balance(self) -> Amount:
        """Of the wallet that payments go to."""
        return self._balance(Product.COLLECTION)

    def fetch_float(self) -> Amount:
        """Of the wallet that payouts and refunds come from."""
        return self._balance(Product.DISBURSEMENT)

    def check_holder(self, phone: str, *, name: str | None = None, amount: Amount | None = None) -> HolderResult:
        """Whether the number has a wallet; and, asked for a name, whether it is that person's, where MTN tells."""
        line = self._line(Product.DISBURSEMENT if self._credentials.disbursement_key else Product.COLLECTION)
        path = f"v1_0/accountholder/msisdn/{phone_forms.to_wire(phone, PhoneForm.DIGITS)}"
        try:
            is_active = holders.read_active(line.ask("check_holder", f"{path}/active"))
        except RequestRefused as refused:
            if not inquiries.is_unknown(refused):
                raise
            return HolderResult(is_active=False)
        told = inquiries.name_of(line, path) if name else None
        return HolderResult(
            is_active=is_active, name=told, name_matches=holders.same_person(name, told) if name and told else None
        )

    def start_mandate(self, request: MandateRequest) -> MandateResult:
        """Ask the payer to allow debits; each debit is then an ordinary payment, which may still prompt."""
        line = self._line(Product.COLLECTION, request.platform)
        body = mandates.written(request, self._money)
        order = self._order("start_mandate", _MANDATES, request.reference, body, request.notify_url)
        earlier = self._placed(line, order, lambda: self._mandate(line, request.reference), _mandate_unknown)
        return earlier or MandateResult(MandateState.PENDING, wire.request_id(request.reference))

    def fetch_mandate(self, lookup: Lookup) -> MandateResult:
        """The payer may end it on the phone at any time; then only the list of what he allowed says so."""
        return self._mandate(self._line(Product.COLLECTION, lookup.platform), lookup.reference)

    def cancel_mandate(self, lookup: Lookup, *, payer_phone: str) -> MandateResult:
        """End it under MTN's own id, which the payer's list has; what is not approved cannot be ended."""
        line = self._line(Product.COLLECTION, lookup.platform)
        listed = inquiries.allowed(line, phone_forms.to_wire(payer_phone, PhoneForm.DIGITS))
        entry = mandates.ours(listed, lookup.reference)
        if entry and entry.get("status") == "APPROVED" and isinstance(entry.get("preApprovalId"), str):
            path = f"v1_0/preapproval/{quote(entry['preApprovalId'], safe='')}"
            line.do("cancel_mandate", "DELETE", path, reference=lookup.reference)
        return self.fetch_mandate(lookup)

    def read_notification(self, arrival: Arrival) -> Notification:
        """See `webhook.read`."""
        return webhook.read(arrival, secrets=self._callback_secrets())

    def _payment(self, line: Line, reference: str) -> PaymentResult:
        document = inquiries.document(line, "fetch_payment", _PAYMENTS, reference)
        if document is None:
            return PaymentResult(Outcome.NOT_FOUND)
        ref = wire.request_id(reference)
        told = wire.read_payment(document, request_ref=ref, money=self._money)
        _notice(ref, told.raw)
        return _with_prompt(told)

    def _refund(self, line: Line, reference: str) -> TransferResult:
        return self._transfer(line, "fetch_refund", _REFUNDS, reference, reasons.REFUND)

    def _payout(self, line: Line, reference: str) -> TransferResult:
        """It may have been sent by the other operation, before the credentials were changed."""
        usual = self._credentials.payout_operation
        for kind in (usual, "deposit" if usual == "transfer" else "transfer"):
            told = self._transfer(line, "fetch_payout", f"v1_0/{kind}", reference, reasons.PAYOUT)
            if told.outcome is not Outcome.NOT_FOUND:
                break
        return told

    def _transfer(
        self, line: Line, operation: str, path: str, reference: str, failures: Mapping[str, FailureReason]
    ) -> TransferResult:
        document = inquiries.document(line, operation, path, reference)
        if document is None:
            return TransferResult(Outcome.NOT_FOUND)
        ref = wire.request_id(reference)
        told = wire.read_transfer(document, request_ref=ref, money=self._money, failures=failures)
        _notice(ref, told.raw)
        return told

    def _mandate(self, line: Line, reference: str) -> MandateResult:
        document = inquiries.document(line, "fetch_mandate", _MANDATES, reference)
        if document is None:
            return MandateResult(MandateState.NOT_FOUND)
        told = mandates.read(document, request_ref=wire.request_id(reference))
        payer = mandates.payer_of(document)
        if told.state is not MandateState.APPROVED or payer is None:
            return told
        over = mandates.ended(mandates.ours(inquiries.allowed(line, payer), reference))
        return mandates.closed(told, over) if over else told

    def _balance(self, product: Product) -> Amount:
        return wire.read_balance(self._line(product).ask("fetch_balance", "v1_0/account/balance"), self._money)

    def _placed(self, line: Line, order: Order, fetch: Callable[[], R], is_unknown: Callable[[R], bool]) -> R | None:
        """None: it was taken. Otherwise what became of an earlier sending under the same id.

        That a repetition is refused says nothing of the first sending: only when MTN knows of none is the refusal ours.

        :raises RequestRefused: refused, and never heard of.
        """
        try:
            line.order(order)
        except RequestRefused as refused:
            is_duplicate = refused.code == reasons.DUPLICATE or refused.status == 409
            try:
                earlier = fetch()
            except ProviderFault as fault:
                raise OutcomeUnknown("may have been taken before", code=refused.code, status=fault.status) from fault
            if not is_unknown(earlier):
                return earlier
            if not is_duplicate:
                raise
        return None

    def _order(self, operation: str, path: str, reference: str, body: bytes, notify_url: str) -> Order:
        secret = self._callback_secrets()[0]
        address = callback_token.address(notify_url, secret=secret, reference=reference) if notify_url else ""
        return Order(operation, path, wire.request_id(reference), reference, body, address)

    def _line(self, product: Product, platform: str = "") -> Line:
        where = platform if platform in (LEGACY, NEW) else self.platform
        return Line(
            account(self._credentials, product=product, platform=where, base_url=self._base_url, market=self._market),
            # The platform that is being left has a circuit of its own.
            market=self._market if where == self.platform else f"{self._market}-{where}",
            limits=self._limits,
            user_agent=self._credentials.user_agent,
            tokens=self._tokens,
        )

    def _callback_secrets(self) -> list[str]:
        return [secret.strip() for secret in self._credentials.callback_secret.split(",") if secret.strip()]


def _prompt(outcome: Outcome) -> NextAction:
    return NextAction(NextActionKind.APPROVE_ON_PHONE if outcome is Outcome.PENDING else NextActionKind.NONE)


def _with_prompt(told: PaymentResult) -> PaymentResult:
    return dataclasses.replace(told, next_action=_prompt(told.outcome))


def _transfer_asked(reference: str) -> TransferResult:
    return TransferResult(Outcome.PENDING, wire.request_id(reference), client_reference=reference)


def _payment_unknown(told: PaymentResult) -> bool:
    return told.outcome is Outcome.NOT_FOUND


def _transfer_unknown(told: TransferResult) -> bool:
    return told.outcome is Outcome.NOT_FOUND


def _mandate_unknown(told: MandateResult) -> bool:
    return told.state is MandateState.NOT_FOUND


def _notice(request_ref: str, raw: Mapping[str, object]) -> None:
    if word := wire.unknown_word(raw):
        logger.warning("event=unknown_status provider=mtn request=%s word=%s", request_ref, word)
