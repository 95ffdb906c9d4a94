"""The documents of Web Payment, read and written. Pure.

Amounts are JSON numbers in whole major units. A status answer names none: it is about the amount that was asked with.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers import amounts
from providers.contract import (
    FailureReason,
    Lookup,
    NextAction,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PaymentResult,
)
from providers.errors import RequestRefused, UnreadableAnswer
from providers.masking import masked
from providers.orange.references import echoed, order_id

logger = logging.getLogger(__name__)

LIFE = timedelta(minutes=10)  # of a pay token, documented
_LABEL_MAX = 30  # a longer `reference` is refused with code 24

_OUTCOMES = {
    "INITIATED": Outcome.PENDING,  # waiting for the payer
    "PENDING": Outcome.PENDING,  # the payer has confirmed
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "EXPIRED": Outcome.EXPIRED,
}
_FAILURES = {Outcome.FAILED: FailureReason.UNSPECIFIED, Outcome.EXPIRED: FailureReason.EXPIRED}


@dataclass(frozen=True, slots=True)
class Shop:
    """What is the same in every request of one merchant."""

    merchant_key: str
    currency: str  # empty: the amount's own
    language: str


def payment_request(request: PaymentRequest, shop: Shop, *, notif_url: str) -> bytes:
    """The body that creates a payment.

    :raises RequestRefused: the amount has a part of a unit, which this contract cannot write.
    """
    document = {
        "merchant_key": shop.merchant_key,
        "currency": shop.currency or request.amount.currency,
        "order_id": order_id(request.reference),
        "amount": _number(request.amount),
        "return_url": request.success_url,
        "cancel_url": request.error_url,
        "notif_url": notif_url,
        "lang": shop.language,
        "reference": (request.description or request.reference)[:_LABEL_MAX],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def status_request(lookup: Lookup, amount: amounts.Amount, pay_token: str) -> bytes:
    """The body that asks what became of a payment; all three are required."""
    document = {"order_id": order_id(lookup.reference), "amount": _number(amount), "pay_token": pay_token}
    return json.dumps(document).encode()


def read_created(document: Any, *, reference: str, dated: datetime | None) -> PaymentResult:
    """What a created payment says. Its tokens go into `secrets`, and nowhere else.

    :raises UnreadableAnswer: a part we cannot do without is missing.
    """
    if not isinstance(document, dict):
        raise UnreadableAnswer("a created payment that is no JSON object")
    url = _text(document, "payment_url")
    if not url.startswith(("https://", "http://")):
        raise UnreadableAnswer("a payment address that no browser should open")
    return PaymentResult(
        outcome=Outcome.PENDING,
        provider_ref=order_id(reference),  # the only name of it that is no secret
        next_action=NextAction(NextActionKind.REDIRECT, url=url, expires_at=dated + LIFE if dated else None),
        raw={key: value for key, value in masked(document).items() if key != "payment_url"},  # it ends in the token
        secrets={"pay_token": _text(document, "pay_token"), "notification": _text(document, "notif_token")},
    )


def read_status(document: Any, lookup: Lookup, amount: amounts.Amount) -> PaymentResult:
    """What a status answer says. One that names an amount of its own is taken at its word.

    :raises UnreadableAnswer: not an object, or an amount that is none.
    """
    if not isinstance(document, dict):
        raise UnreadableAnswer("a status that is no JSON object")
    word = document.get("status")
    if not isinstance(word, str) or word not in _OUTCOMES:
        logger.warning("event=unknown_status provider=orange payment=%s words=%.40r", lookup.reference, word)
    outcome = _OUTCOMES.get(word, Outcome.PENDING) if isinstance(word, str) else Outcome.PENDING
    return PaymentResult(
        outcome=outcome,
        provider_ref=lookup.provider_ref or order_id(lookup.reference),
        transaction_ref=_optional(document, "txnid"),
        amount=_amount(document, amount),
        client_reference=echoed(_optional(document, "order_id"), lookup.reference),
        failure=_FAILURES.get(outcome),
        failure_code=str(word) if outcome in _FAILURES else "",
        raw=masked(document),
    )


def error_code(document: Any) -> str:
    """Orange's number of an error (`{"code": 42, …}`), or OAuth's word for it."""
    if not isinstance(document, dict):
        return ""
    code = document.get("code", document.get("error"))
    return str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""


def _number(amount: amounts.Amount) -> int:
    try:
        return amounts.to_number(amount)
    except amounts.NotWhole as error:
        raise RequestRefused(str(error), code="not_whole") from None


def _amount(document: dict[str, Any], asked: amounts.Amount) -> amounts.Amount:
    said = document.get("amount")
    if said is None:
        return asked
    try:
        return amounts.from_either(said, asked.currency)
    except amounts.UnreadableAmount as error:
        raise UnreadableAnswer(f"a status whose amount cannot be read: {error}") from None


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableAnswer(f"a created payment without {key}")
    return value


def _optional(document: dict[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None
