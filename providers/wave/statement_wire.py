"""Wave's own account of a wallet, read. Pure.

`amount` of a line is what the wallet gained, net of `fee`: a sale of 100 shows 99 and 1, a payout of 100 shows -101
and 1. (Wave's sample shows the first; the reading is ours.)
"""

from datetime import date
from typing import Any

from providers.amounts import Amount
from providers.contract import MovementKind, StatementLine, StatementPage
from providers.errors import UnreadableAnswer
from providers.masking import masked
from providers.wave import fields

KINDS = {
    "merchant_payment": MovementKind.PAYMENT,
    "merchant_payment_refund": MovementKind.REFUND,
    "api_checkout": MovementKind.PAYMENT,
    "api_checkout_refund": MovementKind.REFUND,
    "api_payout": MovementKind.PAYOUT,
    "api_payout_reversal": MovementKind.PAYOUT_REVERSAL,
    "bulk_payment": MovementKind.PAYOUT,
    "bulk_payment_reversal": MovementKind.PAYOUT_REVERSAL,
    "merchant_sweep": MovementKind.TRANSFER,
}
_BETWEEN_BUSINESSES = {  # received, paid
    "b2b_payment": (MovementKind.PAYMENT, MovementKind.PAYOUT),
    "b2b_payment_reversal": (MovementKind.PAYOUT_REVERSAL, MovementKind.REFUND),
}


def read_balance(document: Any) -> Amount:
    """What the wallet holds; it may be less than nothing.

    :raises UnreadableAnswer: no amount.
    """
    return fields.amount(fields.mapping(document, "a balance"))


def read_page(document: Any, *, day: date, cursor: str | None) -> StatementPage:
    """One page of one UTC day.

    :raises UnreadableAnswer: another day's, a line that cannot be read, or a cursor that leads nowhere.
    """
    document = fields.mapping(document, "a page of transactions")
    if document.get("date") != day.isoformat():
        raise UnreadableAnswer("transactions of another day")
    items = document.get("items")
    if not isinstance(items, list):
        raise UnreadableAnswer("no list of items")
    return StatementPage(tuple(map(_line, items)), _next_cursor(document, cursor))


def unknown_types(page: StatementPage) -> set[str]:
    """The kinds of movement that the documentation does not have. A missing one is documented."""
    words = {str(line.raw.get("transaction_type") or "") for line in page.lines}
    return words - {"", *KINDS, *_BETWEEN_BUSINESSES}


def _line(item: Any) -> StatementLine:
    item = fields.mapping(item, "a transaction")
    transaction, kind = fields.text(item, "transaction_id"), fields.optional(item, "transaction_type") or ""
    happened_at = fields.moment(item, "timestamp")
    if happened_at is None:
        raise UnreadableAnswer("a transaction without its time")
    net = fields.amount(item)
    is_reversal = item.get("is_reversal") is True
    return StatementLine(
        # A payment and its refund may share the transaction's id.
        line_ref=":".join((transaction, kind, "reversal")[: 3 if is_reversal else 2]),
        kind=_kind(kind, net.minor),
        net_minor=net.minor,
        fee_minor=0 if item.get("fee") in (None, "") else fields.amount(item, "fee").minor,
        currency=net.currency,
        happened_at=happened_at,
        transaction_ref=transaction,
        provider_ref=fields.optional(item, "checkout_api_session_id") or fields.optional(item, "batch_id"),
        client_reference=fields.optional(item, "client_reference"),
        counterparty_phone=fields.optional(item, "counterparty_mobile"),
        balance_minor=None if item.get("balance") in (None, "") else fields.amount(item, "balance").minor,
        is_reversal=is_reversal,
        raw=masked(item),
    )


def _kind(word: str, net_minor: int) -> MovementKind:
    if word in _BETWEEN_BUSINESSES:
        return _BETWEEN_BUSINESSES[word][0 if net_minor > 0 else 1]
    return KINDS.get(word, MovementKind.OTHER)


def _next_cursor(document: dict[str, Any], cursor: str | None) -> str | None:
    info = fields.mapping(document.get("page_info"), "a page_info")
    if not isinstance(info.get("has_next_page"), bool):
        raise UnreadableAnswer("a page that does not say whether it is the last")
    if not info["has_next_page"]:
        return None
    following = fields.text(info, "end_cursor")
    if following == cursor:
        raise UnreadableAnswer("a cursor that stays where it is")
    return following
