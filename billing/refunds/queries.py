"""What others may know of refunds and disputes."""

from datetime import datetime

from billing.refunds.facts import DisputeFact, RefundFact
from billing.refunds.models import Dispute, Refund
from billing.refunds.states import State


class NoSuchRefund(Exception):
    """No refund has that id."""


class NoSuchDispute(Exception):
    """No dispute has that id."""


def refund(refund_ref: str) -> RefundFact:
    """
    :raises NoSuchRefund: no refund has that id.
    """
    found = Refund.objects.filter(pk=refund_ref).first()
    if found is None:
        raise NoSuchRefund(refund_ref)
    return found.as_fact()


def refunds_of(payment_ref: str) -> tuple[RefundFact, ...]:
    """Every refund of a payment, in the order they were granted."""
    return tuple(row.as_fact() for row in Refund.objects.filter(payment_ref=payment_ref).order_by("requested_at", "id"))


def settled(*, since: datetime, until: datetime) -> tuple[RefundFact, ...]:
    """Refunds that reached their payers from `since` until before `until`, in that order."""
    rows = Refund.objects.filter(state=State.SUCCEEDED, settled_at__gte=since, settled_at__lt=until)
    return tuple(row.as_fact() for row in rows.order_by("settled_at", "id"))


def disputes_of(payment_ref: str) -> tuple[DisputeFact, ...]:
    """Every dispute about a payment, in order."""
    return tuple(row.as_fact() for row in Dispute.objects.filter(payment_ref=payment_ref).order_by("opened_at", "id"))


def open_disputes() -> tuple[DisputeFact, ...]:
    return tuple(row.as_fact() for row in Dispute.objects.filter(state="open").order_by("opened_at", "id"))
