"""The statement of one account: its lines, with the balance after each."""

from datetime import datetime

from django.db import connection

from billing.ledger.draft import AccountKey
from billing.ledger.facts import PostingFact, StatementFact
from billing.ledger.queries.balances import balance
from billing.ledger.queries.entries import ENTRY_COLUMNS, ENTRY_LINKS, line_fact

# Lines that count within the stretch were recorded after its beginning, and by its end plus the account's lag.
_STATEMENT = f"""
SELECT {ENTRY_COLUMNS}, account.entity, account.code, account.currency, account.holder,
       row_number() OVER so_far AS place, line.amount_minor, %(opening)s + sum(line.amount_minor) OVER so_far AS balance
FROM ledger_account account
JOIN ledger_accountbalance held ON held.account_id = account.id
JOIN ledger_posting line
  ON line.account_id = held.account_id AND line.stripe = held.stripe
 AND line.recorded_at >= %(since)s
 AND (%(until)s = 'infinity'::timestamptz
      OR line.recorded_at < %(until)s::timestamptz + held.lag_us * interval '1 microsecond')
 AND line.recorded_at <= %(known_at)s
JOIN ledger_journalentry entry
  ON entry.id = line.entry_id AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
{ENTRY_LINKS}
WHERE account.id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
WINDOW so_far AS (ORDER BY entry.happened_at, entry.recorded_at, entry.id, line.stripe, line.account_version)
"""  # noqa: S608  constants

_SHOWN = f"""
SELECT * FROM ({_STATEMENT}) AS line
WHERE %(source)s::text IS NULL OR line.source_ref = %(source)s OR line.key = %(source)s
"""  # noqa: S608  constants


def statement(
    *,
    account: AccountKey,
    since: datetime | None = None,
    until: datetime | None = None,
    known_at: datetime | None = None,
    source: str | None = None,
    offset: int = 0,
    limit: int = 100,
) -> StatementFact:
    """What counts in `since <= happened_at < until`, oldest first, with the running balance; as known then, or now.

    `source` shows the lines of one document (`inv_…`, `pay_…`) or key alone; their balances stay those of the account.
    """
    opening = 0 if since is None else balance(account, as_of=_just_before(since), known_at=known_at)
    values = {
        "opening": opening,
        "since": since or "-infinity",
        "until": until or "infinity",
        "known_at": known_at or "infinity",
        "source": source,
        "offset": offset,
        "limit": limit + 1,
        **_name(account),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN + " ORDER BY place LIMIT %(limit)s OFFSET %(offset)s", values)
        lines = tuple(line_fact(row) for row in cursor.fetchall())
    shown = lines[:limit]
    return StatementFact(
        account=account,
        opening_minor=opening,
        lines=shown,
        closing_minor=shown[-1].balance_minor if shown else opening,
        is_complete=len(lines) <= limit,
    )


def account_statement(
    *, account: AccountKey, since: datetime | None = None, until: datetime | None = None, limit: int = 200
) -> tuple[PostingFact, ...]:
    """The account's last lines in a stretch of time, newest first, each with the balance after it."""
    values = {
        "opening": 0 if since is None else balance(account, as_of=_just_before(since)),
        "since": since or "-infinity",
        "until": until or "infinity",
        "known_at": "infinity",
        "source": None,
        "limit": limit,
        **_name(account),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN + " ORDER BY place DESC LIMIT %(limit)s", values)
        return tuple(line_fact(row) for row in cursor.fetchall())


def _name(account: AccountKey) -> dict[str, str]:
    return {
        "entity": account.entity,
        "code": account.code,
        "currency": account.currency,
        "holder": account.holder,
    }


def _just_before(moment: datetime) -> datetime:
    return moment - moment.resolution
