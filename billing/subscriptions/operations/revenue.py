"""Revenue by day: deferred income becomes income when its day is over. Set-wise, repeatable, to the franc."""

from datetime import datetime, timedelta

from django.db import connection, transaction

import billing.ledger.operations as ledger
from billing.configuration.queries import business_date
from billing.ids import new_id
from billing.ledger.queries import day_bounds
from billing.subscriptions import postings
from billing.subscriptions.facts import RecognisedFact

BATCH = 5_000

# As proration.through: net · days / all days, rounded once, half away from zero.
_RECOGNISE = """
WITH due AS (
    SELECT id, entity, currency, net_minor, starts_on, ends_on - starts_on AS days, recognised_days AS since,
           least(ends_on, held_from, %(today)s) - starts_on AS until
    FROM subscriptions_revenueschedule
    WHERE next_day < %(today)s AND (held_from IS NULL OR next_day < held_from)
    ORDER BY next_day, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), counted AS (
    UPDATE subscriptions_revenueschedule AS schedule
    SET recognised_days = due.until,
        recognised_minor = subscriptions_through(due.net_minor, due.days, due.until),
        next_day = CASE WHEN due.until < due.days THEN due.starts_on + due.until END
    FROM due WHERE schedule.id = due.id
)
SELECT entity, currency, starts_on + day AS day,
       sum(subscriptions_through(net_minor, days, day + 1) - subscriptions_through(net_minor, days, day))::bigint,
       count(*)
FROM due CROSS JOIN LATERAL generate_series(since, until - 1) AS day
GROUP BY 1, 2, 3
ORDER BY 3, 1, 2
"""


@transaction.atomic
def recognise(*, at: datetime, limit: int = BATCH) -> tuple[RecognisedFact, ...]:
    """Book the days that are over of up to `limit` lines; nothing when all are booked.

    Progress and entries commit together, so that running it twice, from several workers or after an outage books each
    day of each line once. One entry a day, legal entity and currency.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECOGNISE, {"today": business_date(at), "limit": limit})
        rows = cursor.fetchall()
    facts = tuple(RecognisedFact(entity, currency, day, int(amount)) for entity, currency, day, amount, _ in rows)
    run_ref = new_id("rev", at)
    drafts = [
        postings.recognised(
            run_ref=run_ref,
            entity=fact.entity,
            currency=fact.currency,
            day=fact.day,
            amount_minor=fact.amount_minor,
            happened_at=day_bounds(fact.day)[1] - timedelta(seconds=1),
        )
        for fact in facts
        if fact.amount_minor
    ]
    ledger.post_many(drafts=drafts, at=at)
    return facts


def recognise_some(*, at: datetime) -> bool:
    """The same for a sweep; whether there was anything."""
    return bool(recognise(at=at))
