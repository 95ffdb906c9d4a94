"""Pebble's documents, read and written. Pure."""

import json
from datetime import datetime
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

OUTCOMES = {
    "asked": Outcome.PENDING,
    "paid": Outcome.SUCCEEDED,
    "refused": Outcome.FAILED,
    "over": Outcome.EXPIRED,
}
_FAILURES = {
    Outcome.FAILED: FailureReason.PAYER_NOT_APPROVED,
    Outcome.EXPIRED: FailureReason.EXPIRED,
}
_PROMPT = NextAction(NextActionKind.APPROVE_ON_PHONE)


def written(request: PaymentRequest) -> bytes:
    document = {
        "id": request.reference,
        "amount": amounts.to_text(request.amount),
        "currency": request.amount.currency,
        "phone": request.payer_phone,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def read(document: Any) -> PaymentResult:
    """:raises UnreadableAnswer: it is no request of Pebble's."""
    try:
        outcome = OUTCOMES.get(document["state"], Outcome.PENDING)
        return PaymentResult(
            outcome=outcome,
            provider_ref=str(document["id"]),
            client_reference=str(document["id"]),
            transaction_ref=document["movement"],
            amount=amounts.from_text(document["amount"], document["currency"]),
            next_action=_PROMPT if outcome is Outcome.PENDING else NO_ACTION,
            failure=_FAILURES.get(outcome),
            completed_at=datetime.fromisoformat(document["ended_at"]) if document["ended_at"] else None,
            raw=masked(document),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableAnswer(f"no request of Pebble's: {type(error).__name__}") from None


def error_code(document: Any) -> str:
    return str(document.get("error", "")) if isinstance(document, dict) else ""
