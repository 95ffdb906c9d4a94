"""MTN's pre-approvals, read and written. Pure.

A pre-approval is asked for under our UUID and ended under an id of MTN's, which only the payer's list shows. Nothing
in that list is surely ours but the message, so our reference stands at its end.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from providers.contract import MandateRequest, MandateResult, MandateState
from providers.errors import UnreadableAnswer
from providers.masking import masked
from providers.mtn import reasons, wire

Entry = Mapping[str, Any]

_MILLISECONDS_FROM = 10**11  # an integer beyond this is no moment in seconds
_ENDED = {
    "CANCELLED": MandateState.CANCELLED,
    "EXPIRED": MandateState.EXPIRED,
    "REJECTED": MandateState.REJECTED,
}


def written(request: MandateRequest, money: wire.Money) -> bytes:
    currency = money.told_as if request.currency == money.currency else request.currency
    mark = wire.plain(request.reference)
    message = f"{wire.plain(request.description)[: wire.NOTE_CHARACTERS - len(mark) - 1].rstrip()} {mark}"
    document = {
        "payer": wire.party(request.payer_phone),
        "payerCurrency": currency,
        "payerMessage": message,
        "validityTime": int(request.valid_for.total_seconds()),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def read(document: Any, *, request_ref: str) -> MandateResult:
    """:raises UnreadableAnswer: no document of a pre-approval."""
    if not isinstance(document, dict) or not isinstance(document.get("status"), str):
        raise UnreadableAnswer("a pre-approval without a status")
    word = wire.reason(document)
    return MandateResult(
        state=_state(document["status"], word),
        provider_ref=request_ref,
        expires_at=moment(document.get("expirationDateTime")),
        failure_code=word,
        raw=masked(document),
    )


def read_list(document: Any) -> tuple[Entry, ...]:
    """The entries, bare or wrapped in an object: the sources do not show the answer itself.

    :raises UnreadableAnswer: no list.
    """
    wrapped = document.values() if isinstance(document, dict) else (document,)
    found = next((value for value in wrapped if isinstance(value, list)), None)
    if found is None:
        raise UnreadableAnswer("no list of pre-approvals")
    return tuple(entry for entry in found if isinstance(entry, dict))


def payer_of(document: Mapping[str, Any]) -> str | None:
    """The payer's number on the wire, from the status of a pre-approval."""
    payer = document.get("payer")
    number = payer.get("partyId") if isinstance(payer, dict) else None
    return number if isinstance(number, str) and number else None


def ours(entries: Iterable[Entry], reference: str) -> Entry | None:
    """The entry that was made for our reference."""
    mark = wire.plain(reference)
    for entry in entries:
        told = (str(entry.get("message")), str(entry.get("externalId")))
        if entry.get("externalId") == reference or any(text == mark or text.endswith(f" {mark}") for text in told):
            return entry
    return None


def ended(entry: Entry | None) -> MandateState | None:
    """How the entry says that it is over; None when it does not."""
    return _ENDED.get(str(entry.get("status"))) if entry else None


def moment(value: Any) -> datetime | None:
    """An end that MTN's schema has as an integer and its examples as text."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, UTC) if seconds < _MILLISECONDS_FROM else None
    try:
        told = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return told if told.tzinfo else None


def _state(status: str, word: str) -> MandateState:
    match status:
        case "SUCCESSFUL":
            return MandateState.APPROVED
        case "FAILED":
            return MandateState.EXPIRED if word in reasons.EXPIRED else MandateState.REJECTED
        case _:
            return MandateState.PENDING


def closed(told: MandateResult, state: MandateState) -> MandateResult:
    """The same pre-approval, over in the meantime."""
    return replace(told, state=state)
