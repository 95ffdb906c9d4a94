"""Sonatel's documents of our wallet and of other people's: holders, the history of a day. Pure."""

import unicodedata
from datetime import date
from typing import Any

from providers.contract import HolderResult, MovementKind, Outcome, StatementLine
from providers.errors import UnreadableAnswer
from providers.masking import masked
from providers.orange.sonatel import wire
from providers.phone_forms import UnreadablePhone, from_wire

_KINDS = {
    "MERCHANT_PAYMENT": MovementKind.PAYMENT,
    "WEB_PAYMENT": MovementKind.PAYMENT,
    "CASHIN": MovementKind.PAYOUT,
}
_CANNOT_RECEIVE = {"Receiver", "Both"}


def read_holder(document: Any, *, name: str | None) -> HolderResult:
    """Whether that wallet can receive, and whether it is that person's.

    :raises UnreadableAnswer: not an object.
    """
    if not isinstance(document, dict):
        raise UnreadableAnswer("a holder that is no JSON object")
    said = " ".join(str(document[key]) for key in ("firstName", "lastName") if document.get(key)) or None
    return HolderResult(
        is_active=document.get("barred") not in _CANNOT_RECEIVE and document.get("suspended") != "Yes",
        name_matches=_words(name) == _words(said) if name and said else None,
        name=said,
        raw=masked({key: document[key] for key in ("barred", "suspended", "grade") if key in document}),
    )


def read_lines(document: Any, *, day: date) -> tuple[StatementLine, ...]:
    """The money that moved on that day. Sonatel's search tells no fees, so a line's net is its gross.

    :raises UnreadableAnswer: not a list, or a line without what makes it one.
    """
    lines = [_line(item) for item in wire.items(document) if wire.read_transaction(item).outcome is Outcome.SUCCEEDED]
    ours = (line for line in lines if line.happened_at.date() == day)
    return tuple(sorted(ours, key=lambda line: line.happened_at))


def _line(item: dict[str, Any]) -> StatementLine:
    told = wire.read_transaction(item)
    if told.transaction_id is None or told.amount is None or told.changed_at is None:
        raise UnreadableAnswer("a movement without id, amount or moment")
    kind = _KINDS.get(told.kind, MovementKind.OTHER)
    return StatementLine(
        line_ref=told.transaction_id,
        kind=kind,
        net_minor=-told.amount.minor if kind is MovementKind.PAYOUT else told.amount.minor,
        fee_minor=0,
        currency=told.amount.currency,
        happened_at=told.changed_at,
        transaction_ref=told.transaction_id,
        client_reference=told.reference,
        counterparty_phone=_phone(item.get("customer")),
        raw=told.raw,
    )


def _phone(customer: Any) -> str | None:
    number = customer.get("id") if isinstance(customer, dict) else None
    try:
        return from_wire(number, "SN") if isinstance(number, str) else None
    except UnreadablePhone:
        return None


def _words(name: str) -> set[str]:
    """Without accents, case and order: `Ndèye Awa` is `AWA NDEYE`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return set(plain.casefold().replace("-", " ").split())
