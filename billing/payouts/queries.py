"""What others may know of payouts."""

from billing.payouts.facts import BatchFact, PayoutEventFact, PayoutFact
from billing.payouts.models import Payout, PayoutBatch, PayoutEvent


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


def payout_by_provider_ref(*, provider: str, market: str, provider_ref: str) -> PayoutFact:
    """
    :raises NoSuchPayout: none that we know of.
    """
    found = Payout.objects.filter(provider=provider, market=market, provider_ref=provider_ref).first()
    if found is None:
        raise NoSuchPayout(f"{provider} {provider_ref}")
    return found.as_fact()


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


def batches(*, limit: int = 50) -> tuple[BatchFact, ...]:
    """The latest batches, those that wait for a decision first."""
    rows = PayoutBatch.objects.order_by("decided_at", "-prepared_at").prefetch_related("payouts")
    waiting = rows.filter(state="prepared")
    decided = PayoutBatch.objects.exclude(state="prepared").order_by("-prepared_at")
    return tuple(found.as_fact() for found in [*waiting, *decided[:limit]][:limit])
