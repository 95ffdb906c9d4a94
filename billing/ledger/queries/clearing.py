"""Accounts that ought to return to zero, and have not."""

from collections.abc import Collection

from django.db import connection

from billing.ledger.draft import AccountKey
from billing.ledger.facts import UnclearedFact

# First in, first out: what came is used up by what went in order of time; the first that is not is the oldest open.
_UNCLEARED = """
SELECT open.entity, open.code, open.currency, open.holder, open.total, first.happened_at
FROM (
    SELECT account.id, account.entity, account.code, account.currency, account.holder, sum(held.balance) AS total
    FROM ledger_account account
    JOIN ledger_accountbalance held ON held.account_id = account.id
    WHERE account.code = ANY (%(codes)s)
    GROUP BY account.id
    HAVING sum(held.balance) <> 0
) AS open
CROSS JOIN LATERAL (
    SELECT happened_at
    FROM (
        SELECT entry.happened_at, entry.id,
               sum(line.amount_minor) FILTER (WHERE sign(line.amount_minor) = sign(open.total)) OVER so_far AS came,
               sum(line.amount_minor) FILTER (WHERE sign(line.amount_minor) <> sign(open.total)) OVER () AS went
        FROM ledger_posting line
        JOIN ledger_journalentry entry ON entry.id = line.entry_id
        WHERE line.account_id = open.id
        WINDOW so_far AS (ORDER BY entry.happened_at, line.recorded_at, entry.id, line.stripe, line.account_version)
    ) AS moved
    WHERE abs(came) > abs(coalesce(went, 0))
    ORDER BY abs(came)
    LIMIT 1
) AS first
ORDER BY first.happened_at, open.code, open.holder
"""


def uncleared(*, codes: Collection[str]) -> tuple[UnclearedFact, ...]:
    """Every account of these codes that is not zero now, with the moment its oldest open amount came; oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCLEARED, {"codes": list(codes)})
        return tuple(UnclearedFact(AccountKey(*row[:4]), int(row[4]), row[5]) for row in cursor.fetchall())
