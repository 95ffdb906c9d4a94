"""Wave's checkout sessions, read and written. Pure: JSON in, the port's words out, and the other way."""

from collections.abc import Iterable
from typing import Any

from providers import amounts
from providers.contract import (
    NO_ACTION,
    FailureReason,
    NextAction,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PaymentResult,
)
from providers.errors import UnreadableAnswer
from providers.masking import masked
from providers.wave import fields

FAILURES = {
    "insufficient-funds": FailureReason.PAYER_INSUFFICIENT_FUNDS,
    "blocked-account": FailureReason.PAYER_ACCOUNT_BLOCKED,
    "payer-mobile-mismatch": FailureReason.PAYER_MISMATCH,
    "cross-border-payment-not-allowed": FailureReason.CROSS_BORDER_NOT_ALLOWED,
    "customer-age-restricted": FailureReason.PAYER_NOT_ELIGIBLE,
    "kyb-limits-exceeded": FailureReason.MERCHANT_LIMIT_REACHED,
    "payment-failure": FailureReason.PROVIDER_ERROR,
}

_CHECKOUT_WORDS = {"open", "complete", "expired"}
_PAYMENT_WORDS = {"processing", "cancelled", "succeeded"}
_RANK = {Outcome.SUCCEEDED: 2, Outcome.PENDING: 1}


def session_request(request: PaymentRequest) -> bytes:
    """The body that creates a session."""
    document = {
        "amount": amounts.to_text(request.amount),
        "currency": request.amount.currency,
        "client_reference": request.reference,
        "success_url": request.success_url,
        "error_url": request.error_url,
    }
    if request.payer_phone:
        document["restrict_payer_mobile"] = request.payer_phone
    return fields.written(document)


def read_session(document: Any) -> PaymentResult:
    """What one checkout session says.

    :raises UnreadableAnswer: a part we cannot do without is missing or no amount.
    """
    document = fields.mapping(document, "a session")
    outcome = _outcome(document)
    code = fields.error_code({"last_payment_error": document.get("last_payment_error")})
    return PaymentResult(
        outcome=outcome,
        provider_ref=fields.text(document, "id"),
        transaction_ref=fields.optional(document, "transaction_id"),
        amount=fields.amount(document),
        client_reference=fields.optional(document, "client_reference"),
        next_action=_next_action(document) if document.get("checkout_status") == "open" else NO_ACTION,
        failure=_failure(outcome, code),
        failure_code=code,
        completed_at=fields.moment(document, "when_completed"),
        raw=masked(document),
    )


def read_search(document: Any, *, reference: str) -> tuple[PaymentResult, ...]:
    """The sessions that carry exactly our reference, however generous the search was.

    :raises UnreadableAnswer: not a list of sessions under `result`.
    """
    found = fields.listing(document, "result")
    return tuple(read_session(item) for item in found if item.get("client_reference") == reference)


def most_telling(results: Iterable[PaymentResult]) -> PaymentResult | None:
    """Of several sessions for one attempt: the paid one, else one that can still be paid, else the newest."""
    return max(
        results, key=lambda result: (_RANK.get(result.outcome, 0), str(result.raw.get("when_created"))), default=None
    )


def unknown_words(raw: Any) -> str:
    """The status words of a session that the documentation does not have; empty when all are known."""
    words = (raw.get("checkout_status"), raw.get("payment_status"))
    known = words[0] in _CHECKOUT_WORDS and words[1] in _PAYMENT_WORDS
    return "" if known else f"{words[0]!r}/{words[1]!r}"


def _outcome(document: dict[str, Any]) -> Outcome:
    match document.get("checkout_status"), document.get("payment_status"):
        case "complete", "succeeded":
            return Outcome.SUCCEEDED
        case "complete", "cancelled":
            return Outcome.FAILED
        case "expired", "processing" | "cancelled":
            return Outcome.EXPIRED
        case _:  # open, or words that contradict each other or that nobody told us of
            return Outcome.PENDING


def _failure(outcome: Outcome, code: str) -> FailureReason | None:
    """While the session is open this is the payer's last try, not the end of the attempt."""
    if outcome is Outcome.SUCCEEDED:
        return None
    if code:
        return FAILURES.get(code, FailureReason.UNSPECIFIED)
    return {Outcome.FAILED: FailureReason.CANCELLED, Outcome.EXPIRED: FailureReason.EXPIRED}.get(outcome)


def _next_action(document: dict[str, Any]) -> NextAction:
    url = fields.text(document, "wave_launch_url")
    if not url.startswith(("https://", "http://")):
        raise UnreadableAnswer("a launch address that no browser should open")
    return NextAction(NextActionKind.REDIRECT, url=url, expires_at=fields.moment(document, "when_expires"))
