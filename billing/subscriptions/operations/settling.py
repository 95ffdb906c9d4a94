"""Notices that invoices of subscriptions were paid: facts are pulled from `billing.invoices`, in sets.

What a payment brought goes on: the period is read, a change of plan takes place, income waits for its days.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

import billing.invoices.queries as invoices
import billing.ledger.operations as ledger
from billing.invoices.facts import InvoiceFact, InvoiceItemFact
from billing.ledger.draft import EntryDraft
from billing.subscriptions import postings
from billing.subscriptions.models import CollectionRequest, PeriodCharge, RecurringBilling, RevenueSchedule
from billing.subscriptions.operations import changes, charging
from billing.subscriptions.operations.changes import SWEEP
from billing.subscriptions.periods import Anchor, local_day
from billing.subscriptions.states import OWING, State

PAGE = 500


def settle_due(*, at: datetime) -> int:
    """Look at every open charge; how many were paid or void."""
    done, after = 0, ""
    while refs := _page(after):
        ended = invoices.ended_among(list(refs.values()))
        if ended:
            done += settle([charge_ref for charge_ref, invoice_ref in refs.items() if invoice_ref in ended], ended, at)
        after = max(refs)
    return done


def settle_one(*, subscription_ref: str, at: datetime) -> bool:
    """The same for one subscription, at once; whether there was anything."""
    charge = PeriodCharge.objects.filter(subscription_id=subscription_ref, state="open").first()
    if charge is None:
        return False
    ended = invoices.ended_among([charge.invoice_ref])
    return bool(ended) and settle([charge.id], ended, at) > 0


@transaction.atomic
def settle(charge_refs: Sequence[str], ended: Mapping[str, InvoiceFact], at: datetime) -> int:
    """Note what became of these charges' invoices; those that somebody else is at are left to them."""
    subscription_refs = PeriodCharge.objects.filter(pk__in=charge_refs).values_list("subscription_id", flat=True)
    rows = {
        row.id: row
        for row in changes.subscriptions()
        .filter(pk__in=list(subscription_refs))
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")
    }
    charges = PeriodCharge.objects.filter(pk__in=charge_refs, subscription_id__in=rows, state="open")
    drafts: list[EntryDraft] = []
    count = 0
    for charge in charges.select_related("plan").order_by("subscription_id"):
        subscription = rows[charge.subscription_id]
        drafts += _settled(subscription, charge, ended[charge.invoice_ref], at)
        count += 1
    for draft, entry in zip(drafts, ledger.post_many(drafts=drafts, at=at), strict=True):
        PeriodCharge.objects.filter(invoice_ref=draft.source_ref).update(entry_ref=entry.id)
    return count


def _page(after: str) -> dict[str, str]:
    open_ones = PeriodCharge.objects.filter(state="open", id__gt=after, subscription__clock__isnull=True)
    return dict(open_ones.order_by("id").values_list("id", "invoice_ref")[:PAGE])


def _settled(
    subscription: RecurringBilling, charge: PeriodCharge, invoice: InvoiceFact, at: datetime
) -> Iterator[EntryDraft]:
    if invoice.state != "paid":
        charge.state = "void"
        charge.save(update_fields=["state"])
        changes.note(subscription, what="invoice_void", by=SWEEP, at=at, invoice=invoice.id)
        return
    assert invoice.paid_at is not None
    # Customers of a test clock live in their own time; the money moves in ours.
    paid_at = at if subscription.clock_id else invoice.paid_at
    charge.state, charge.settled_at = "paid", paid_at
    charge.save(update_fields=["state", "settled_at"])
    _learn(subscription, charge, invoice, paid_at)
    given_back_until = subscription.ends_on
    if charge.kind == "period":
        _paid_period(subscription, charge, paid_at, at)
    else:
        _paid_change(subscription, charge, at)
    subscription.next_ask_at, subscription.asked_count = None, 0
    subscription.due_at = changes.next_due(subscription)
    subscription.save()
    if subscription.clock_id is None:
        charge.refresh_from_db()
        yield from _defer(subscription, charge, invoice, given_back_until)


def _learn(subscription: RecurringBilling, charge: PeriodCharge, invoice: InvoiceFact, paid_at: datetime) -> None:
    """At which hour the customer says yes, for the next time."""
    asked = CollectionRequest.objects.filter(charge=charge, payment_ref=invoice.payment_ref or "-")
    hour = _local_hour(paid_at, subscription.timezone)
    asked.update(approved_at=paid_at, approved_hour=hour)


def _local_hour(at: datetime, timezone: str) -> int:
    return at.astimezone(ZoneInfo(timezone)).hour


def _paid_period(subscription: RecurringBilling, charge: PeriodCharge, paid_at: datetime, at: datetime) -> None:
    if subscription.state not in OWING:
        # Paid by other means while nobody waited for it: there is nothing to give back, and nothing to change.
        changes.note(subscription, what="paid", by=SWEEP, at=at, invoice=charge.invoice_ref)
        return
    assert subscription.grace_ends_on is not None
    lost = (local_day(paid_at, subscription.timezone) - subscription.grace_ends_on).days
    charging.shift(subscription, max(lost, 0))
    subscription.grace_ends_on = subscription.gives_up_on = None
    changes.move(
        subscription,
        State.ACTIVE,
        what="paid",
        by=SWEEP,
        at=at,
        invoice=charge.invoice_ref,
        unreadable_days=max(lost, 0),
    )


def _paid_change(subscription: RecurringBilling, charge: PeriodCharge, at: datetime) -> None:
    if charge.number != subscription.number:
        anchor = Anchor(charge.starts_on, charge.number)
        subscription.anchor_on, subscription.anchor_number = anchor.on, anchor.number
        subscription.number = charge.number
        subscription.starts_on, subscription.ends_on = charge.starts_on, charge.ends_on
    subscription.plan, subscription.next_plan = charge.plan, None
    subscription.unit_minor, subscription.price_ref = charge.unit_minor, charge.price_ref
    changes.note(subscription, what="plan_changed", by=SWEEP, at=at, invoice=charge.invoice_ref)


def _defer(
    subscription: RecurringBilling, charge: PeriodCharge, invoice: InvoiceFact, given_back_until: date
) -> Iterator[EntryDraft]:
    """A schedule for each line, and the entry that takes the income out until its days come."""
    RevenueSchedule.objects.bulk_create(
        RevenueSchedule(
            item_ref=item.id,
            charge=charge,
            subscription=subscription,
            entity=invoice.entity,
            currency=invoice.currency,
            net_minor=item.net_minor,
            starts_on=charge.starts_on,
            ends_on=given_back_until if _gives_back(item) else charge.ends_on,
            next_day=charge.starts_on,
        )
        for item in invoice.items
    )
    if invoice.net_minor:
        assert invoice.paid_at is not None
        yield postings.deferred(
            invoice_ref=invoice.id,
            invoice_number=invoice.number,
            entity=invoice.entity,
            currency=invoice.currency,
            net_minor=invoice.net_minor,
            paid_at=invoice.paid_at,
        )


def _gives_back(item: InvoiceItemFact) -> bool:
    return item.gross_minor < 0
