"""What others may know of refunds and disputes."""

from collections.abc import Collection, Mapping

from django.db.models import Sum

from billing.payments.facts import CaptureFact
from billing.refunds import gateway
from billing.refunds.facts import DisputeFact, RefundEventFact, RefundFact, Way
from billing.refunds.models import Dispute, Refund, RefundEvent
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


def events(refund_ref: str) -> tuple[RefundEventFact, ...]:
    """What happened to a refund, in order."""
    return tuple(event.as_fact() for event in RefundEvent.objects.filter(refund_id=refund_ref).order_by("id"))


def given_back_of(payment_ref: str) -> int:
    """How much of a payment is given back or promised to be, minor units of what it brought."""
    alive = Refund.objects.filter(payment_ref=payment_ref).exclude(state=State.FAILED)
    return int(alive.aggregate(total=Sum("amount_minor"))["total"] or 0)


def given_back(payment_refs: Collection[str]) -> Mapping[str, int]:
    """The same for several at once; those of which nothing is given back are left out."""
    alive = Refund.objects.filter(payment_ref__in=payment_refs).exclude(state=State.FAILED)
    return {ref: int(total) for ref, total in alive.values_list("payment_ref").annotate(Sum("amount_minor"))}


def ways(captured: CaptureFact) -> tuple[Way | None, Way | None]:
    """How the whole of a payment, and a part of it, would go back; None where there is no way."""
    terms = gateway.terms(captured.provider, captured.market)
    whole, part = (None if way is Way.PAYOUT and not captured.payer_phone else way for way in (terms.whole, terms.part))
    return whole, part


def in_review() -> tuple[RefundFact, ...]:
    """Refunds that wait for a person to say what became of them, the oldest first."""
    rows = Refund.objects.filter(state=State.NEEDS_REVIEW).order_by("requested_at", "id")
    return tuple(row.as_fact() for row in rows)


def waiting_for_payout() -> tuple[RefundFact, ...]:
    """Refunds that go as payouts and are in no batch yet, the oldest first."""
    rows = Refund.objects.filter(way=Way.PAYOUT, state=State.GRANTED, refused_rule="")
    return tuple(row.as_fact() for row in rows.order_by("requested_at", "id"))


def refused_by_batch() -> tuple[RefundFact, ...]:
    """Refunds that a batch of payouts would not take, the oldest first: a person puts it right, or gives them up."""
    rows = Refund.objects.filter(way=Way.PAYOUT, state=State.GRANTED).exclude(refused_rule="")
    return tuple(row.as_fact() for row in rows.order_by("requested_at", "id"))


def disputes_of(payment_ref: str) -> tuple[DisputeFact, ...]:
    """Every dispute about a payment, in order."""
    return tuple(row.as_fact() for row in Dispute.objects.filter(payment_ref=payment_ref).order_by("opened_at", "id"))


def open_disputes() -> tuple[DisputeFact, ...]:
    return tuple(row.as_fact() for row in Dispute.objects.filter(state="open").order_by("opened_at", "id"))
