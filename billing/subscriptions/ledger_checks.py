"""each paid invoice of a subscription has the entry that defers it; what waits to be earned is what the account holds

Run by `manage.py ledger_verify`.
"""

from collections.abc import Iterator

from django.db.models import F, Sum

import billing.ledger.queries as ledger
from billing.ledger.facts import Difference
from billing.ledger.queries import Claims, content_of
from billing.subscriptions import postings
from billing.subscriptions.models import RevenueSchedule

_CONTENT = content_of(
    {postings.DEFERRED: ("''", "(- line.net_minor)"), postings.REVENUE: ("''", "line.net_minor")},
    currency="line.currency",
)
_DEFERRALS = Claims(
    statement=f"""
        SELECT charge.id AS subject, '{postings.KEY_PREFIX}' || charge.invoice_ref AS key, charge.entry_ref,
               line.entity, charge.invoice_ref AS source_ref, charge.settled_at AS happened_at, {_CONTENT} AS content
        FROM subscriptions_periodcharge charge
        JOIN (SELECT charge_id, entity, currency, sum(net_minor)::bigint AS net_minor
              FROM subscriptions_revenueschedule GROUP BY 1, 2, 3) AS line ON line.charge_id = charge.id
        WHERE line.net_minor <> 0""",  # noqa: S608  (constants of this file)
    prefix=postings.KEY_PREFIX,
    document="charge",
)


def differences() -> Iterator[Difference]:
    """Everything they do not agree on."""
    yield from ledger.unlike(_DEFERRALS)
    yield from _deferred_income()


def _deferred_income() -> Iterator[Difference]:
    waiting = RevenueSchedule.objects.values_list("entity", "currency").annotate(
        left=Sum(F("net_minor") - F("recognised_minor"))
    )
    planned = {(entity, currency): int(left) for entity, currency, left in waiting}
    booked = {
        (account.entity, account.currency): -balance
        for account, balance in ledger.balances_now(codes=[postings.DEFERRED])
    }
    for entity, currency in sorted({*planned, *booked}):
        expected, there = planned.get((entity, currency), 0), booked.get((entity, currency), 0)
        if expected != there:
            yield Difference(
                "deferred_income", f"{entity} {currency}", f"{there} is deferred, {expected} waits for its days"
            )
