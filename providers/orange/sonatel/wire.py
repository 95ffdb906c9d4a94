"""Sonatel's documents of payments and payouts, read and written. Pure.

Amounts are JSON numbers in whole francs; they come back as fractions (`10.0`), which must be whole. XOF only.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers import amounts
from providers.contract import (
    FailureReason,
    NextAction,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PaymentResult,
    PayoutRequest,
    TransferResult,
)
from providers.errors import RequestRefused, UnreadableAnswer
from providers.masking import masked
from providers.phone_forms import PhoneForm, to_wire

logger = logging.getLogger(__name__)

VALIDITY = timedelta(minutes=14)  # of a code: short, because an old one stays payable after a new one was made
GRACE = timedelta(minutes=1)  # for a payment approved in its last second to appear in the search

_CURRENCY = "XOF"
_OUTCOMES = {
    **dict.fromkeys(("PRE_INITIATED", "INITIATED", "ACCEPTED", "PENDING"), Outcome.PENDING),
    "SUCCESS": Outcome.SUCCEEDED,
    **dict.fromkeys(("FAILED", "REJECTED", "CANCELLED"), Outcome.FAILED),
}
_RANK = {Outcome.SUCCEEDED: 2, Outcome.PENDING: 1}
_PARTIES = ("customer", "partner")  # names and numbers of people: not for our record


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement, as any of Sonatel's answers tells it. None: that answer does not say."""

    outcome: Outcome
    transaction_id: str | None
    reference: str | None
    amount: amounts.Amount | None
    failure: FailureReason | None
    failure_code: str
    changed_at: datetime | None
    kind: str
    raw: Mapping[str, Any]


def qr_request(request: PaymentRequest, *, code: str, name: str) -> dict[str, Any]:
    """Asks for a code and links that one payer can use once."""
    restrictions: dict[str, Any] = {"isSingleUse": True}
    if request.payer_phone:
        restrictions["payerMsisdn"] = to_wire(request.payer_phone, PhoneForm.NATIONAL)
    return {
        "code": code,
        "name": name,
        "amount": _money(request.amount),
        "validity": int(VALIDITY.total_seconds()),
        "callbackSuccessUrl": request.success_url,
        "callbackCancelUrl": request.error_url,
        "reference": request.reference,
        "metadata": {},
        "restrictions": restrictions,
    }


def one_step_request(request: PaymentRequest, *, code: str) -> dict[str, Any]:
    """Takes the money with the code that the payer dialled for."""
    phone = to_wire(request.payer_phone or "", PhoneForm.NATIONAL)
    return {
        "customer": {"idType": "MSISDN", "id": phone, "otp": request.payer_code},
        "partner": {"idType": "CODE", "id": code},
        "amount": _money(request.amount),
        "reference": request.reference,
        "metadata": {},
    }


def cash_in_request(request: PayoutRequest, partner: Mapping[str, str], *, wallet: str) -> dict[str, Any]:
    """Sends money; `partner` is our wallet with its encrypted PIN."""
    phone = to_wire(request.payee_phone, PhoneForm.NATIONAL)
    return {
        "partner": dict(partner),
        "customer": {"idType": "MSISDN", "id": phone, "walletType": wallet},
        "amount": _money(request.amount),
        "reference": request.reference,
        "receiveNotification": True,
    }


def read_qr(document: Any, *, dated: datetime | None) -> PaymentResult:
    """The code and the links. The picture in the answer is not kept: pages draw the link it stands for.

    :raises UnreadableAnswer: no id, or no link that a browser may open.
    """
    if not isinstance(document, dict):
        raise UnreadableAnswer("a code that is no JSON object")
    link = document.get("deepLink")
    if not _is_link(link):
        raise UnreadableAnswer("a code without a link that a browser may open")
    until = _moment(_object(document, "validFor").get("endDateTime")) or (dated + VALIDITY if dated else None)
    links = {label: url for label, url in _object(document, "deepLinks").items() if _is_link(url)}
    kept = {key: value for key, value in document.items() if key not in ("qrCode", "deepLink", "deepLinks")}
    return PaymentResult(
        outcome=Outcome.PENDING,
        provider_ref=_text(document, "qrId"),
        next_action=NextAction(NextActionKind.SHOW_QR, url=link, qr=link, links=links, expires_at=until),
        raw=masked(kept),
        secrets={"valid_until": until.isoformat()} if until else {},
    )


def read_transaction(document: Any) -> Transaction:
    """What an answer says of one movement.

    :raises UnreadableAnswer: not an object, or an amount that is none.
    """
    if not isinstance(document, dict):
        raise UnreadableAnswer("a transaction that is no JSON object")
    word = document.get("status")
    known = _OUTCOMES.get(word) if isinstance(word, str) else None
    if known is None:
        logger.warning("event=unknown_status provider=orange_sonatel words=%.40r", word)
    reason = str(document.get("statusReason") or word) if known is Outcome.FAILED else ""
    return Transaction(
        outcome=known or Outcome.PENDING,
        transaction_id=_optional(document, "transactionId"),
        reference=_optional(document, "reference"),
        amount=_amount(document),
        failure=_failure(word) if known is Outcome.FAILED else None,
        failure_code=reason[:80],
        changed_at=_moment(document.get("updatedAt")) or _moment(document.get("createdAt")),
        kind=str(document.get("type", "")),
        raw=masked({key: value for key, value in document.items() if key not in _PARTIES}),
    )


def read_search(document: Any, *, reference: str) -> tuple[Transaction, ...]:
    """The movements that carry exactly our reference, however generous the search was.

    :raises UnreadableAnswer: not a list.
    """
    return tuple(read_transaction(item) for item in items(document) if item.get("reference") == reference)


def items(document: Any) -> list[dict[str, Any]]:
    """:raises UnreadableAnswer: not a list of objects."""
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise UnreadableAnswer("a search that is no list")
    return document


def most_telling(found: Iterable[Transaction]) -> Transaction | None:
    """Of several tries with one reference: the one that succeeded, else one still open, else the last."""
    ordered = sorted(found, key=lambda one: one.changed_at.timestamp() if one.changed_at else 0.0)
    return max(ordered, key=lambda one: _RANK.get(one.outcome, 0), default=None) if ordered else None


def payment(told: Transaction, *, provider_ref: str | None) -> PaymentResult:
    return PaymentResult(
        outcome=told.outcome,
        provider_ref=provider_ref or told.transaction_id,
        transaction_ref=told.transaction_id,
        amount=told.amount,
        client_reference=told.reference,
        failure=told.failure,
        failure_code=told.failure_code,
        completed_at=told.changed_at if told.outcome is not Outcome.PENDING else None,
        raw=told.raw,
    )


def transfer(told: Transaction) -> TransferResult:
    return TransferResult(
        outcome=told.outcome,
        provider_ref=told.transaction_id,
        transaction_ref=told.transaction_id,
        amount=told.amount,
        client_reference=told.reference,
        failure=told.failure,
        failure_code=told.failure_code,
        completed_at=told.changed_at if told.outcome is not Outcome.PENDING else None,
        raw=told.raw,
    )


def read_money(document: Any) -> amounts.Amount:
    """`{"value": 10.0, "unit": "XOF"}`.

    :raises UnreadableAnswer: no such thing, or not whole.
    """
    amount = _amount({"amount": document})
    if amount is None:
        raise UnreadableAnswer("an answer without an amount")
    return amount


def error_code(document: Any) -> str:
    """Sonatel's code, or OAuth's word."""
    if not isinstance(document, dict):
        return ""
    code = document.get("code", document.get("error"))
    return str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""


def body(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _failure(word: Any) -> FailureReason:
    return FailureReason.CANCELLED if word == "CANCELLED" else FailureReason.UNSPECIFIED


def _money(amount: amounts.Amount) -> dict[str, Any]:
    if amount.currency != _CURRENCY:
        raise RequestRefused(f"{amount.currency} is not paid in Senegal", code="currency")
    return {"value": amounts.to_number(amount), "unit": amount.currency}


def _amount(document: Mapping[str, Any]) -> amounts.Amount | None:
    said = document.get("amount")
    if said is None:
        return None
    value, unit = (said.get("value"), said.get("unit")) if isinstance(said, dict) else (said, _CURRENCY)
    try:
        return amounts.from_either(value if value is not None else "", str(unit))
    except amounts.UnreadableAmount as error:
        raise UnreadableAnswer(f"an amount that cannot be read: {error}") from None


def _object(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableAnswer(f"an answer without {key}")
    return value


def _optional(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def _moment(value: Any) -> datetime | None:
    """A moment with its zone; one we cannot read is left out."""
    try:
        moment = datetime.fromisoformat(value or "")
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
