"""Cameroon's documents, read and written. Pure.

Every answer is an envelope `{"message", "data"}`. Amounts go out as text and come back as whole numbers. An expired
record is null in nearly every field.
"""

import json
import logging
import re
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
from providers.errors import OutcomeUnknown, UnreadableAnswer
from providers.masking import masked
from providers.orange.references import echoed, order_id
from providers.phone_forms import PhoneForm, to_wire

logger = logging.getLogger(__name__)

CURRENCY = "XAF"
PROMPT = NextAction(NextActionKind.APPROVE_ON_PHONE)
COLLECTING = {"60019": FailureReason.PAYER_INSUFFICIENT_FUNDS}
PAYING_OUT = {"60019": FailureReason.MERCHANT_INSUFFICIENT_FUNDS}

_DESCRIPTION_MAX = 80
_STARTED = "200"  # what `inittxnstatus` says when nothing was wrong
_CODE = re.compile(r"\A([0-9]{4,6}) ?::")  # "60019 :: Le solde du compte du payeur est insuffisant"
_OF_PEOPLE = ("subscriberMsisdn", "channelUserMsisdn", "confirmtxnmessage", "description")  # numbers, names
_NOT_KEPT = (*_OF_PEOPLE, "notifUrl", "payToken")
UNUSED = "INITIATED"  # a ticket that nothing was asked with
_OUTCOMES = {
    UNUSED: Outcome.PENDING,
    "PENDING": Outcome.PENDING,
    "SUCCESSFULL": Outcome.SUCCEEDED,  # their spelling
    "SUCCESSFUL": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "EXPIRED": Outcome.EXPIRED,
}


def payment_request(request: PaymentRequest, *, channel: str, pin: str, pay_token: str, notif_url: str) -> bytes:
    """Sends the prompt."""
    fields = {
        "notifUrl": notif_url,
        "channelUserMsisdn": channel,
        "amount": amounts.to_text(request.amount),
        "subscriberMsisdn": to_wire(request.payer_phone or "", PhoneForm.NATIONAL),
        "pin": pin,
        "orderId": order_id(request.reference),
        "description": request.description[:_DESCRIPTION_MAX],
        "payToken": pay_token,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def cash_in_request(request: PayoutRequest, *, channel: str, pin: str, pay_token: str) -> bytes:
    """Sends money."""
    fields = {
        "channelUserMsisdn": channel,
        "amount": amounts.to_text(request.amount),
        "subscriberMsisdn": to_wire(request.payee_phone, PhoneForm.NATIONAL),
        "pin": pin,
        "orderId": order_id(request.reference),
        "description": request.description[:_DESCRIPTION_MAX],
        "payToken": pay_token,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def read_pay_token(document: Any) -> str:
    """The token of an `init`.

    :raises UnreadableAnswer: there is none.
    """
    token = _data(document).get("payToken")
    if not isinstance(token, str) or not token:
        raise UnreadableAnswer("an init without a payToken")
    return token


def read_payment(document: Any, *, reference: str, pay_token: str, needs_confirmation: bool) -> PaymentResult:
    """What an envelope says of a payment.

    :raises OutcomeUnknown: it holds a fault.
    :raises UnreadableAnswer: no envelope, or an amount that is none.
    """
    data = _data(document)
    outcome = _outcome(data, needs_confirmation=needs_confirmation)
    return PaymentResult(
        outcome=outcome,
        provider_ref=pay_token,
        transaction_ref=_optional(data, "txnid"),
        amount=_amount(data),
        client_reference=echoed(_optional(data, "txnmode"), reference),
        failure=failure(outcome, data, COLLECTING),
        failure_code=_code(data),
        raw=_kept(data),
    )


def read_transfer(document: Any, *, reference: str, pay_token: str, needs_confirmation: bool) -> TransferResult:
    """What an envelope says of a payout; raises as `read_payment`."""
    data = _data(document)
    outcome = _outcome(data, needs_confirmation=needs_confirmation)
    return TransferResult(
        outcome=outcome,
        provider_ref=pay_token,
        transaction_ref=_optional(data, "txnid"),
        amount=_amount(data),
        client_reference=echoed(_optional(data, "txnmode"), reference),
        failure=failure(outcome, data, PAYING_OUT),
        failure_code=_code(data),
        raw=_kept(data),
    )


def failure(outcome: Outcome, data: dict[str, Any], known: dict[str, FailureReason]) -> FailureReason | None:
    if outcome is Outcome.EXPIRED:
        return FailureReason.EXPIRED
    return known.get(_code(data), FailureReason.UNSPECIFIED) if outcome is Outcome.FAILED else None


def error_code(document: Any) -> str:
    """The gateway's number of a fault, the code of a refused transaction, or OAuth's word."""
    if not isinstance(document, dict):
        return ""
    fault = document.get("fault")
    if isinstance(fault, dict):
        return str(fault.get("code", ""))
    if code := _code(document.get("data")):
        return code
    found = _CODE.match(str(document.get("message", "")))
    return found[1] if found else str(document.get("error", ""))


def _data(document: Any) -> dict[str, Any]:
    if isinstance(document, dict) and document.get("fault"):
        raise OutcomeUnknown("a fault in an answer that was none", code=error_code(document))
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise UnreadableAnswer("an answer without data")
    return data


def _outcome(data: dict[str, Any], *, needs_confirmation: bool) -> Outcome:
    word = data.get("status")
    if not isinstance(word, str) or word not in _OUTCOMES:
        logger.warning("event=unknown_status provider=orange_core words=%.40r", word)
        return Outcome.PENDING
    outcome = _OUTCOMES[word]
    if outcome is Outcome.SUCCEEDED and needs_confirmation and not _optional(data, "confirmtxnstatus"):
        logger.warning("event=unconfirmed_success provider=orange_core")
        return Outcome.PENDING
    return outcome


def _code(data: Any) -> str:
    code = data.get("inittxnstatus") if isinstance(data, dict) else None
    return str(code) if code is not None and str(code) != _STARTED else ""


def _amount(data: dict[str, Any]) -> amounts.Amount | None:
    said = data.get("amount")
    if said is None:
        return None
    try:
        return amounts.from_either(said, CURRENCY)
    except amounts.UnreadableAmount as error:
        raise UnreadableAnswer(f"an amount that cannot be read: {error}") from None


def _kept(data: dict[str, Any]) -> Any:
    return masked({key: value for key, value in data.items() if key not in _NOT_KEPT})


def _optional(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None
