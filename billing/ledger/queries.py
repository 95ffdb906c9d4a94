"""What others read from the ledger: balances, statements of accounts, entries. Facts only, never model instances.

Stretches of time are half open, `since <= happened_at < until`, so that months meet without a gap or an overlap.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import get_language

from billing.ledger import chart, entry_ids
from billing.ledger.draft import AccountKey
from billing.ledger.facts import BalanceFact, EntryFact, PostingFact
from billing.ledger.models import Account, AccountBalance, JournalEntry, Posting
from billing.ledger.verification import differences as differences


class NoSuchEntry(Exception):
    """No entry has this id."""


_MOVEMENTS = """
SELECT account.entity, account.code, account.currency, account.holder,
       coalesce(sum(line.amount_minor) FILTER (WHERE entry.happened_at < %(since)s), 0) AS opening,
       coalesce(sum(line.amount_minor) FILTER (WHERE line.amount_minor > 0 AND within.stretch), 0) AS debit,
       coalesce(-sum(line.amount_minor) FILTER (WHERE line.amount_minor < 0 AND within.stretch), 0) AS credit
FROM ledger_account account
JOIN ledger_posting line ON line.account_id = account.id
JOIN ledger_journalentry entry ON entry.id = line.entry_id
CROSS JOIN LATERAL (SELECT %(since)s::timestamptz IS NULL OR entry.happened_at >= %(since)s AS stretch) AS within
WHERE (%(entity)s::text IS NULL OR account.entity = %(entity)s)
  AND (%(codes)s::text[] IS NULL OR account.code = ANY (%(codes)s::text[]))
  AND (%(until)s::timestamptz IS NULL OR entry.happened_at < %(until)s)
GROUP BY account.id
ORDER BY account.entity, account.code, account.holder, account.currency
"""


def balance(account: AccountKey) -> int:
    """The account's balance now; zero for an account nothing was posted to. One index probe."""
    found = AccountBalance.objects.filter(
        account__entity=account.entity,
        account__code=account.code,
        account__currency=account.currency,
        account__holder=account.holder,
    )
    return found.values_list("balance", flat=True).first() or 0


def balances_now(*, entity: str | None = None) -> tuple[tuple[AccountKey, int], ...]:
    """Every account with its balance now, in order of the chart; reads no posting."""
    held = AccountBalance.objects.select_related("account")
    if entity is not None:
        held = held.filter(account__entity=entity)
    facts = ((_account_key(found.account), found.balance) for found in held)
    return tuple(sorted(facts))


def balances(
    *, entity: str | None = None, codes: Collection[str] | None = None, until: datetime | None = None
) -> tuple[BalanceFact, ...]:
    """Every account ever posted to, with what went in and out before `until` (or ever)."""
    return _movements(entity=entity, codes=codes, since=None, until=until)


def trial_balance(*, entity: str, since: datetime, until: datetime) -> tuple[BalanceFact, ...]:
    """The *balance générale* of one legal entity: opening, debit, credit and closing of each account."""
    return _movements(entity=entity, codes=None, since=since, until=until)


def _movements(
    *, entity: str | None, codes: Collection[str] | None, since: datetime | None, until: datetime | None
) -> tuple[BalanceFact, ...]:
    wanted = {
        "entity": entity,
        "codes": None if codes is None else sorted(codes),
        "since": since,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVEMENTS, wanted)
        return tuple(_balance_fact(row) for row in cursor.fetchall())


def _balance_fact(row: Sequence[Any]) -> BalanceFact:
    account = AccountKey(*row[:4])
    opening, debit, credit = (int(amount) for amount in row[4:])
    return BalanceFact(
        account=account,
        label=_label(account.code),
        opening_minor=opening,
        debit_minor=debit,
        credit_minor=credit,
        closing_minor=opening + debit - credit,
    )


def _label(code: str) -> str:
    # A code outside the chart is for ledger_verify to report, not a reason to hide the trial balance.
    with suppress(chart.UnknownAccountCode):
        return chart.label(code, get_language() or "fr")
    return code


def entry(entry_ref: str) -> EntryFact:
    """
    :raises NoSuchEntry: no entry has this id.
    """
    try:
        return _entry_fact(_entries().get(pk=entry_ref))
    except (JournalEntry.DoesNotExist, entry_ids.NotAnEntryId):
        raise NoSuchEntry(entry_ref) from None


def entries_by_key(keys: Collection[str]) -> Mapping[str, EntryFact]:
    """The entries that hold these idempotency keys; keys that hold none are left out."""
    facts = [_entry_fact(found) for found in _entries().filter(idempotency__key__in=keys)]
    return {fact.key: fact for fact in facts}


def entry_lines(entry_ref: str) -> tuple[PostingFact, ...]:
    """The lines of an entry: debits first, each side in order of the chart. None for an entry that does not exist."""
    try:
        lines = [_posting_fact(line) for line in _lines().filter(entry=entry_ref)]
    except entry_ids.NotAnEntryId:
        return ()
    return tuple(sorted(lines, key=_debits_first))


def account_statement(
    *, account: AccountKey, since: datetime | None = None, until: datetime | None = None, limit: int = 200
) -> tuple[PostingFact, ...]:
    """An account's lines in the order they were recorded, newest first, each with the balance after it."""
    lines = _lines().filter(
        account__entity=account.entity,
        account__code=account.code,
        account__currency=account.currency,
        account__holder=account.holder,
    )
    if since is not None:
        lines = lines.filter(entry__happened_at__gte=since)
    if until is not None:
        lines = lines.filter(entry__happened_at__lt=until)
    return tuple(_posting_fact(line) for line in lines.order_by("-account_version")[:limit])


def journal(*, entity: str | None = None) -> Iterator[tuple[PostingFact, ...]]:
    """Every entry's lines, in the order things happened. Streams: holds one entry and a page of rows at a time."""
    lines = _lines().order_by("entry__happened_at", "entry_id")
    if entity is not None:
        lines = lines.filter(entry__entity=entity)
    facts = (_posting_fact(line) for line in lines.iterator(chunk_size=2000))
    for _, together in groupby(facts, key=lambda line: line.entry.id):
        yield tuple(sorted(together, key=_debits_first))


def _entries() -> QuerySet[JournalEntry]:
    return JournalEntry.objects.select_related("idempotency", "reverses", "reversed_by")


def _lines() -> QuerySet[Posting]:
    return Posting.objects.select_related("account", "entry__idempotency", "entry__reverses", "entry__reversed_by")


def _debits_first(line: PostingFact) -> tuple[bool, AccountKey, int]:
    return (line.amount_minor < 0, line.account, line.amount_minor)


def _entry_fact(found: JournalEntry) -> EntryFact:
    reverses, reversed_by = getattr(found, "reverses", None), getattr(found, "reversed_by", None)
    return EntryFact(
        id=found.id,
        key=found.idempotency.key,
        journal=found.journal,
        description=found.description,
        source_ref=found.source_ref,
        happened_at=found.happened_at,
        recorded_at=found.recorded_at,
        reverses=reverses and reverses.reversed_id,
        reversed_by=reversed_by and reversed_by.reversing_id,
    )


def _account_key(account: Account) -> AccountKey:
    return AccountKey(account.entity, account.code, account.currency, account.holder)


def _posting_fact(line: Posting) -> PostingFact:
    return PostingFact(
        entry=_entry_fact(line.entry),
        account=_account_key(line.account),
        amount_minor=line.amount_minor,
        balance_minor=line.balance_after,
    )
