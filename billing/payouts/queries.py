"""What others may know of payouts."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count, Sum

from billing.payouts import gateway
from billing.payouts.facts import BatchFact, BatchLine, PayoutEventFact, PayoutFact
from billing.payouts.models import Payout, PayoutBatch, PayoutEvent
from billing.payouts.states import State


class NoSuchPayout(Exception):
    """No payout has that id."""


class NoSuchBatch(Exception):
    """No batch has that id."""


def payout(payout_ref: str) -> PayoutFact:
    """
    :raises NoSuchPayout: no payout has that id.
    """
    return row(payout_ref).as_fact()


def row(payout_ref: str) -> Payout:
    """For this package only.

    :raises NoSuchPayout: no payout has that id.
    """
    found = Payout.objects.filter(pk=payout_ref).first()
    if found is None:
        raise NoSuchPayout(payout_ref)
    return found


def payouts_of(source_ref: str) -> tuple[PayoutFact, ...]:
    """Every payout for one document, in the order they were prepared."""
    return tuple(
        found.as_fact() for found in Payout.objects.filter(source_ref=source_ref).order_by("prepared_at", "id")
    )


def events(payout_ref: str) -> tuple[PayoutEventFact, ...]:
    """What happened to a payout, in order."""
    return tuple(event.as_fact() for event in PayoutEvent.objects.filter(payout_id=payout_ref).order_by("id"))


def batch(batch_ref: str) -> BatchFact:
    """
    :raises NoSuchBatch: no batch has that id.
    """
    found = PayoutBatch.objects.filter(pk=batch_ref).first()
    if found is None:
        raise NoSuchBatch(batch_ref)
    return found.as_fact()


def batches(*, limit: int = 50) -> tuple[BatchLine, ...]:
    """Every batch that waits for a decision, the oldest first, then the latest decided ones."""
    waiting = PayoutBatch.objects.filter(state="prepared").order_by("prepared_at", "id")
    decided = PayoutBatch.objects.exclude(state="prepared").order_by("-decided_at", "-id")
    found = [*waiting, *decided[:limit]]
    sums: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    rows = Payout.objects.filter(batch__in=[batch.id for batch in found]).values_list("batch_id", "currency")
    for batch_ref, currency, total, count in rows.annotate(Sum("amount_minor"), Count("id")).order_by("currency"):
        sums[batch_ref][currency] = (int(total), count)
    return tuple(_line(batch, sums[batch.id]) for batch in found)


def in_review() -> tuple[PayoutFact, ...]:
    """Payouts that wait for a person to say what became of them, the oldest first."""
    rows = Payout.objects.filter(state=State.NEEDS_REVIEW).order_by("prepared_at", "id")
    return tuple(found.as_fact() for found in rows)


def may_be_called_back(payout: PayoutFact, *, at: datetime) -> bool:
    """Whether the provider would still call it back."""
    wallet = gateway.wallet(payout.provider, payout.market)
    window = wallet.reversal_window if wallet else None
    arrived = payout.state == State.SUCCEEDED and payout.settled_at is not None
    return arrived and window is not None and at - (payout.settled_at or at) <= window


def _line(batch: PayoutBatch, sums: Mapping[str, tuple[int, int]]) -> BatchLine:
    return BatchLine(
        id=batch.id,
        title=batch.title,
        state=batch.state,
        prepared_by=batch.prepared_by,
        prepared_at=batch.prepared_at,
        decided_by=batch.decided_by,
        decided_at=batch.decided_at,
        payout_count=sum(count for _, count in sums.values()),
        refusal_count=len(batch.refusals),
        totals={currency: total for currency, (total, _) in sums.items()},
    )
