"""MTN's documents, read and written. Pure: bytes and JSON in, the port's words out.

Amounts are JSON strings in major units. In MTN's sandbox all money is called EUR: there the figure stays and the name
of the currency is exchanged, both ways (`Money`).
"""

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers import amounts, phone_forms
from providers.amounts import Amount
from providers.contract import Outcome, PaymentRequest, PaymentResult, PayoutRequest, RefundRequest, TransferResult
from providers.errors import UnreadableAnswer
from providers.failures import FailureReason
from providers.masking import masked
from providers.mtn import reasons
from providers.phone_forms import PhoneForm

NOTE_CHARACTERS = 128  # MTN says 160 in one place and 128 in another
NOTICE_CHARACTERS = 160
_STATUS_WORDS = {"PENDING", "CREATED", "SUCCESSFUL", "FAILED"}
_UNPRINTABLE = re.compile(r"[^ -~]+")
_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Money:
    """How one market's money is called on the wire."""

    currency: str
    told_as: str

    def written(self, amount: Amount) -> dict[str, str]:
        currency = self.told_as if amount.currency == self.currency else amount.currency
        return {"amount": amounts.to_text(amount), "currency": currency}

    def read(self, document: Mapping[str, Any], *, key: str = "amount") -> Amount:
        """:raises UnreadableAnswer: there is no amount that can be read."""
        currency = document.get("currency")
        try:
            return amounts.from_text(
                _text(document, key), self.currency if currency == self.told_as else _text(document, "currency")
            )
        except amounts.UnreadableAmount as error:
            raise UnreadableAnswer(f"an amount that cannot be read: {error}") from None


def request_id(reference: str) -> str:
    """MTN's id of a request: a UUID of version 4, made from our reference so that the reference is the key."""
    return str(uuid.UUID(bytes=hashlib.sha256(reference.encode()).digest()[:16], version=4))


def plain(text: str, *, fallback: str = "Coko") -> str:
    """A note MTN takes: ASCII letters, digits and single spaces, never empty, at most 128 characters."""
    decomposed = unicodedata.normalize("NFKD", text)
    without_marks = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NO_LETTER.sub(" ", without_marks).strip()[:NOTE_CHARACTERS].rstrip() or fallback


def notice(text: str) -> str:
    """A message to the payer: ASCII on one line, as it goes into a header too; at most 160 characters."""
    ascii_text = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return " ".join(_UNPRINTABLE.sub(" ", ascii_text).split())[:NOTICE_CHARACTERS].rstrip()


def party(e164: str) -> dict[str, str]:
    return {"partyIdType": "MSISDN", "partyId": phone_forms.to_wire(e164, PhoneForm.DIGITS)}


def payment_request(request: PaymentRequest, phone: str, money: Money) -> bytes:
    return _document(request.reference, request.amount, money, request.description, payer=party(phone))


def payout_request(request: PayoutRequest, money: Money) -> bytes:
    return _document(request.reference, request.amount, money, request.description, payee=party(request.payee_phone))


def refund_request(request: RefundRequest, payment_ref: str, money: Money) -> bytes:
    return _document(request.reference, request.amount, money, request.description, referenceIdToRefund=payment_ref)


def note_request(message: str) -> bytes:
    return _bytes({"notificationMessage": message})


def read_payment(document: Any, *, request_ref: str, money: Money) -> PaymentResult:
    """What the status of a request to pay says.

    :raises UnreadableAnswer: a part we cannot do without is missing or no amount.
    """
    found = _object(document)
    outcome, word = _outcome(found), reason(found)
    if outcome is Outcome.FAILED and word in reasons.EXPIRED:
        outcome = Outcome.EXPIRED
    return PaymentResult(
        outcome=outcome,
        provider_ref=request_ref,
        transaction_ref=_optional(found, "financialTransactionId"),
        amount=money.read(found),
        client_reference=_optional(found, "externalId"),
        failure=_failure(outcome, word, reasons.PAYMENT),
        failure_code=word,
        raw=masked(found),
    )


def read_transfer(
    document: Any, *, request_ref: str, money: Money, failures: Mapping[str, FailureReason]
) -> TransferResult:
    """What the status of a transfer, a deposit or a refund says.

    :raises UnreadableAnswer: as `read_payment`.
    """
    found = _object(document)
    outcome, word = _outcome(found), reason(found)
    return TransferResult(
        outcome=outcome,
        provider_ref=request_ref,
        transaction_ref=_optional(found, "financialTransactionId"),
        amount=money.read(found),
        client_reference=_optional(found, "externalId"),
        failure=_failure(outcome, word, failures),
        failure_code=word,
        raw=masked(found),
    )


def read_balance(document: Any, money: Money) -> Amount:
    """:raises UnreadableAnswer: there is no balance that can be read."""
    return money.read(_object(document), key="availableBalance")


def reason(document: Mapping[str, Any]) -> str:
    """Why it failed: MTN answers a bare word, its published schema has an object with a `code`."""
    told = document.get("reason")
    if isinstance(told, dict):
        told = told.get("code")
    return told if isinstance(told, str) else ""


def error_code(document: Any) -> str:
    """MTN's own word in a refused answer: `code`, or `error` of a token call, there sometimes a sentence."""
    if not isinstance(document, dict):
        return ""
    for key in ("code", "error"):
        word = document.get(key)
        if isinstance(word, str) and word:
            return _NO_LETTER.sub("_", word)[:80]
    return ""


def unknown_word(raw: Mapping[str, Any]) -> str:
    """The status word that the documentation does not have; empty when it is known."""
    return "" if raw.get("status") in _STATUS_WORDS else repr(raw.get("status"))


def _outcome(document: Mapping[str, Any]) -> Outcome:
    match document.get("status"):
        case "SUCCESSFUL":
            return Outcome.SUCCEEDED
        case "FAILED":  # final, whatever the reason
            return Outcome.FAILED
        case _:  # PENDING, CREATED, or a word nobody told us of
            return Outcome.PENDING


def _failure(outcome: Outcome, word: str, known: Mapping[str, FailureReason]) -> FailureReason | None:
    if outcome not in (Outcome.FAILED, Outcome.EXPIRED):
        return None
    return known.get(word, FailureReason.UNSPECIFIED)


def _document(reference: str, amount: Amount, money: Money, description: str, **parts: Any) -> bytes:
    return _bytes(
        {
            **money.written(amount),
            "externalId": reference,
            **parts,
            "payerMessage": plain(description),
            "payeeNote": plain(reference),
        }
    )


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise UnreadableAnswer("an answer that is no JSON object")
    return document


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableAnswer(f"an answer without {key}")
    return value


def _optional(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and value else None
