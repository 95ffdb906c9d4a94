"""Wave's checkout sessions through the port: asked for, read again, closed and refunded."""

import logging
from urllib.parse import quote

from providers.contract import Lookup, Outcome, PaymentRequest, PaymentResult, RefundRequest, TransferResult
from providers.errors import OutcomeUnknown, RequestRefused
from providers.failures import FailureReason
from providers.wave import wire
from providers.wave.calls import Calls

logger = logging.getLogger(__name__)

_SESSIONS = "/v1/checkout/sessions"


class Checkout(Calls):
    """Collects, and gives back."""

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Search by our reference, and create a session only when there is none.

        Wave has no idempotency key here. Searching always costs one round trip, and in return no second session can
        come from a caller that wrongly believes it asks for the first time.
        """
        earlier = wire.most_telling(self._search(request.reference))
        if earlier is not None:
            return earlier
        created = self._call("start_payment", "POST", _SESSIONS, request.reference, body=wire.session_request(request))
        return self._noticed(wire.read_session(created))

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """By session id; and by our reference before any bad news, since a second session may have been paid."""
        known = self._session(lookup)
        if known and known.outcome in (Outcome.SUCCEEDED, Outcome.PENDING):
            return known
        found = (*self._search(lookup.reference), *([known] if known else []))
        return wire.most_telling(found) or PaymentResult(Outcome.NOT_FOUND)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """Expire what is still open. Wave answers 409 when the payer was faster; reading again tells."""
        known = self._session(lookup)
        for session in {s.provider_ref: s for s in (known, *self._search(lookup.reference)) if s}.values():
            if session.outcome is Outcome.PENDING and session.provider_ref:
                self._expire(session.provider_ref, lookup.reference)
        return self.fetch_payment(lookup)

    def refund_payment(self, request: RefundRequest) -> TransferResult:
        """The whole payment, fees included. Asking twice refunds once."""
        paid = self.fetch_payment(request.payment)
        if paid.outcome is not Outcome.SUCCEEDED or not paid.provider_ref:
            outcome = Outcome.NOT_FOUND if paid.outcome is Outcome.NOT_FOUND else Outcome.FAILED
            return TransferResult(outcome, failure=FailureReason.REFUND_NOT_ALLOWED, raw=paid.raw)
        if paid.amount != request.amount:
            return TransferResult(Outcome.FAILED, failure=FailureReason.AMOUNT_INVALID, failure_code="full_refund_only")
        try:
            self._call("refund_payment", "POST", f"{_path(paid.provider_ref)}/refund", request.reference)
        except RequestRefused as refused:
            if refused.code != "checkout-refund-failed":
                raise
            return TransferResult(Outcome.FAILED, failure=FailureReason.REFUND_NOT_ALLOWED, failure_code=refused.code)
        return TransferResult(Outcome.SUCCEEDED, paid.provider_ref, amount=request.amount, raw=paid.raw)

    def fetch_refund(self, lookup: Lookup, *, payment: Lookup) -> TransferResult:
        """Wave has no question for it, but asking for the refund again is one: it gives back once."""
        if payment.amount is None:
            return TransferResult(Outcome.NOT_FOUND)
        return self.refund_payment(RefundRequest(lookup.reference, payment, payment.amount))

    def _session(self, lookup: Lookup) -> PaymentResult | None:
        if not lookup.provider_ref:
            return None
        try:
            answer = self._call("fetch_payment", "GET", _path(lookup.provider_ref), lookup.reference)
        except RequestRefused as refused:
            if refused.status != 404:
                raise
            return None
        return self._noticed(wire.read_session(answer))

    def _search(self, reference: str) -> tuple[PaymentResult, ...]:
        query = {"client_reference": reference}
        try:
            answer = self._call("search_payment", "GET", f"{_SESSIONS}/search", reference, query=query)
        except RequestRefused as refused:
            # That the search was refused says nothing of the payment, which an earlier call may have begun.
            raise OutcomeUnknown("the search was refused", code=refused.code, status=refused.status) from refused
        return tuple(map(self._noticed, wire.read_search(answer, reference=reference)))

    def _expire(self, session_ref: str, reference: str) -> None:
        try:
            self._call("cancel_payment", "POST", f"{_path(session_ref)}/expire", reference)
        except RequestRefused as refused:
            if refused.status not in (404, 409):
                raise

    def _noticed(self, session: PaymentResult) -> PaymentResult:
        if words := wire.unknown_words(session.raw):
            logger.warning("event=unknown_status provider=wave session=%s words=%s", session.provider_ref, words)
        return session


def _path(session_ref: str) -> str:
    return f"{_SESSIONS}/{quote(session_ref, safe='')}"
