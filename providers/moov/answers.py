"""From what Moov told to the port's results. Pure.

Moov's answers carry no amount: a prompt is accepted or refused as a whole, so what was asked for under the reference is
what was paid.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from providers import amounts
from providers.amounts import Amount
from providers.contract import (
    NO_ACTION,
    HolderResult,
    NextAction,
    NextActionKind,
    Outcome,
    PaymentResult,
    TransferResult,
)
from providers.moov.told import Told

APPROVE = NextAction(NextActionKind.APPROVE_ON_PHONE)
ENTER_CODE = NextAction(NextActionKind.ENTER_OTP)

_STATUS_KEYS = ("subscriberstatus", "status")  # M1's word, and the gateways'
_NAME_KEYS = ("firstname", "secondname", "lastname")


def payment(
    told: Told,
    *,
    reference: str,
    amount: Amount | None,
    asked_by: str = "",
    action: NextAction = APPROVE,
    secrets: Mapping[str, str] | None = None,
) -> PaymentResult:
    """The request is known to Moov by our reference. Unlike Moov's own ids it is unique over all countries."""
    outcome = told.meaning.outcome
    paid = outcome is Outcome.SUCCEEDED
    return PaymentResult(
        outcome=outcome,
        provider_ref=None if outcome is Outcome.NOT_FOUND else reference,
        transaction_ref=(told.their_ref or told.trans_ref) if paid else None,
        amount=None if outcome is Outcome.NOT_FOUND else amount,
        client_reference=_echoed(told, reference, asked_by),
        next_action=action if outcome is Outcome.PENDING else NO_ACTION,
        failure=told.meaning.failure,
        failure_code=told.code if told.meaning.failure else "",
        raw=told.raw,
        secrets=secrets or {},
    )


def transfer(told: Told, *, reference: str, amount: Amount | None, asked_by: str = "") -> TransferResult:
    outcome = told.meaning.outcome
    paid = outcome is Outcome.SUCCEEDED
    return TransferResult(
        outcome=outcome,
        provider_ref=None if outcome is Outcome.NOT_FOUND else told.their_ref or told.trans_ref or reference,
        transaction_ref=(told.their_ref or told.trans_ref) if paid else None,
        amount=None if outcome is Outcome.NOT_FOUND else amount,
        fee=_fee(told, amount),
        client_reference=_echoed(told, reference, asked_by),
        failure=told.meaning.failure,
        failure_code=told.code if told.meaning.failure else "",
        raw=told.raw,
    )


def holder(told: Told, details: Mapping[str, Any], *, name: str | None) -> HolderResult:
    """Who holds the wallet. The name goes to the caller and not into the record."""
    if told.meaning.outcome is Outcome.FAILED:
        return HolderResult(is_active=False, raw=told.raw)
    if told.meaning.outcome is not Outcome.SUCCEEDED:
        return HolderResult(is_active=None, raw=told.raw)
    known = _name(details)
    return HolderResult(
        is_active=_is_active(details),
        name_matches=names_match(known, name) if known and name else None,
        name=known or None,
        raw=told.raw,
    )


def names_match(one: str, other: str) -> bool | None:
    """Whether two spellings name the same person; None when only a part is the same, which proves nothing."""
    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return None
    if ours == theirs:
        return True
    return None if ours & theirs else False


def _echoed(told: Told, reference: str, asked_by: str) -> str | None:
    """Our reference, if what came back is what we asked by, which may have been Moov's own id of it."""
    return reference if told.echo and told.echo in (reference, asked_by) else told.echo


def _fee(told: Told, amount: Amount | None) -> Amount | None:
    try:
        return amounts.from_text(told.details["senderkeycost"], amount.currency) if amount else None
    except (KeyError, amounts.UnreadableAmount):
        return None


def _is_active(details: Mapping[str, Any]) -> bool:
    """A subscriber that is described is one, unless the description says that it is not active."""
    status = next((details[key] for key in _STATUS_KEYS if isinstance(details.get(key), str)), "ACTIVE")
    return bool(status.strip().upper() == "ACTIVE")


def _name(details: Mapping[str, Any]) -> str:
    parts = (details.get(key) for key in _NAME_KEYS)
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


def _words(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return frozenset(kept.split())
