"""each refund has the entries that owe it and that sent it, each such entry its refund; no payment gives back too much

Run by `manage.py ledger_verify`.
"""

from collections.abc import Iterator

from django.db.models import Sum

import billing.ledger.queries as ledger
import billing.payments.queries as payments
from billing.ledger.facts import Difference
from billing.ledger.queries import Claims, content_of
from billing.refunds import postings
from billing.refunds.models import Refund
from billing.refunds.states import State

_WALLET = "refund.provider || ':' || refund.market"
_SALE = content_of(
    {
        postings.REVENUE: ("''", "refund.net_minor"),
        postings.TAX: ("''", "refund.tax_minor"),
        postings.REFUNDS_DUE: ("refund.id", "(- refund.amount_minor)"),
    },
    currency="refund.currency",
)
_MISTAKE = content_of(
    {
        postings.SUSPENSE: ("''", "refund.amount_minor"),
        postings.REFUNDS_DUE: ("refund.id", "(- refund.amount_minor)"),
    },
    currency="refund.currency",
)
_SENT = content_of(
    {
        postings.REFUNDS_DUE: (
            "CASE refund.booked_as WHEN 'captured_twice' THEN refund.payment_ref ELSE refund.id END",
            "refund.amount_minor",
        ),
        postings.WALLET: (_WALLET, "(refund.fee_back_minor - refund.amount_minor)"),
        postings.FEES: ("''", "(- refund.fee_back_minor)"),
    },
    currency="refund.currency",
)
_REFUNDS = Claims(
    statement=f"""
        SELECT refund.id AS subject, '{postings.KEY_PREFIX}' || refund.id || ':granted' AS key,
               refund.granted_entry_ref AS entry_ref, refund.entity, refund.id AS source_ref,
               refund.requested_at AS happened_at,
               CASE refund.booked_as WHEN 'mismatch' THEN {_MISTAKE} ELSE {_SALE} END AS content
        FROM refunds_refund refund WHERE refund.granted_entry_ref <> ''
        UNION ALL
        SELECT refund.id, '{postings.KEY_PREFIX}' || refund.id || ':sent', refund.sent_entry_ref, refund.entity,
               refund.id, refund.settled_at, {_SENT}
        FROM refunds_refund refund WHERE refund.sent_entry_ref <> ''""",  # noqa: S608  (constants of this file)
    prefix=postings.KEY_PREFIX,
    document="refund",
)


def differences() -> Iterator[Difference]:
    """Everything they do not agree on."""
    yield from ledger.unlike(_REFUNDS)
    yield from _failed_and_still_owed()
    yield from _more_than_came()


def _failed_and_still_owed() -> Iterator[Difference]:
    """Failed refunds are few: one look each."""
    failed = Refund.objects.filter(state=State.FAILED).exclude(granted_entry_ref="").iterator(chunk_size=1000)
    for refund in failed:
        if ledger.entry(refund.granted_entry_ref).reversed_by is None:
            yield Difference("refund_failed", refund.id, "was not given back, and the sale does not stand again")


def _more_than_came() -> Iterator[Difference]:
    """A payment that is given back in parts, or wholly: one look each at what it brought."""
    alive = Refund.objects.exclude(state=State.FAILED).values("payment_ref").annotate(total=Sum("amount_minor"))
    for row in alive.order_by("payment_ref").iterator(chunk_size=1000):
        captured = payments.capture(row["payment_ref"])
        brought = captured.amount_minor if captured else 0
        if row["total"] > brought:
            yield Difference("refund_total", row["payment_ref"], f"{row['total']} of {brought} is given back")
