"""Since when a wallet's account 552 is not what its provider says, read from the last day on which they agreed.

What came before that day is not read again: its lines are known to come to the balance the account had then. A line of
before that comes late takes the agreement back (`storing`), and so does an entry that counts from before: the balance
is another one then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

import billing.ledger.queries as ledger
from billing.ledger.draft import AccountKey
from billing.reconciliation import daily, storing
from billing.reconciliation.facts import AlarmFact
from billing.reconciliation.models import WalletAgreement

# Providers list a movement some days late: agreements are noted for days that are older than that.
LATE = timedelta(days=3)

# Up to the last line each wallet has: what the ledger knows beyond it cannot be compared yet. Nothing is recorded
# before it happened, so entries since the agreed day were recorded since: a stretch of each balance row's index.
_DRIFT = """
WITH last AS (
    SELECT max(happened_at) AS at FROM reconciliation_settlementline
    WHERE provider = %(provider)s AND market = %(market)s AND currency = %(currency)s AND happened_at >= %(since)s
), moved AS (
    SELECT happened_at, net_minor AS told, -net_minor AS drift FROM reconciliation_settlementline
    WHERE provider = %(provider)s AND market = %(market)s AND currency = %(currency)s AND happened_at >= %(since)s
    UNION ALL
    SELECT entry.happened_at, 0, line.amount_minor
    FROM ledger_accountbalance held
    JOIN ledger_posting line
      ON line.account_id = held.account_id AND line.stripe = held.stripe AND line.recorded_at >= %(since)s
    JOIN ledger_journalentry entry ON entry.id = line.entry_id AND entry.happened_at >= %(since)s
    WHERE held.account_id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
), days AS (
    SELECT date_trunc('day', happened_at, 'UTC') AS day, sum(sum(drift)) OVER until_then AS drift,
           sum(sum(told)) OVER until_then AS told
    FROM moved, last WHERE moved.happened_at <= last.at
    GROUP BY 1
    WINDOW until_then AS (ORDER BY date_trunc('day', happened_at, 'UTC'))
)
SELECT (SELECT drift FROM days ORDER BY day DESC LIMIT 1),
       (SELECT min(day) FROM days WHERE drift <> 0
          AND day > coalesce((SELECT max(day) FROM days WHERE drift = 0), '-infinity')),
       agreed.day, agreed.told
FROM last
LEFT JOIN LATERAL (
    SELECT day, told FROM days WHERE drift = 0 AND day <= last.at - %(late)s ORDER BY day DESC LIMIT 1
) AS agreed ON true
"""


@dataclass(frozen=True, slots=True)
class _Drift:
    sum_minor: int
    since: datetime | None
    agreed_day: datetime | None  # the last one that is old enough
    told_minor: int  # what all lines until the end of that day come to


def alarms(*, at: datetime) -> list[AlarmFact]:
    """Wallets whose account has not been what the provider says, and since which day."""
    found = []
    for wallet in daily.wallets():
        drift = _drift(wallet)
        if drift.since is not None:
            found.append(
                AlarmFact(
                    code=wallet.code,
                    holder=wallet.holder,
                    entity=wallet.entity,
                    currency=wallet.currency,
                    sum_minor=drift.sum_minor,
                    since=drift.since,
                    age_days=max(0, (at - drift.since).days),
                )
            )
    return found


def note_agreements(*, provider: str, market: str, at: datetime) -> None:
    """Remember how far each account of the wallet agrees with its statement."""
    with transaction.atomic():
        storing.lock(provider, market)  # no line of before comes meanwhile
        for wallet in daily.wallets():
            if wallet.holder == f"{provider}:{market}" and (drift := _drift(wallet)).agreed_day is not None:
                WalletAgreement.objects.update_or_create(
                    **_of(wallet),
                    defaults={
                        "agreed_until": drift.agreed_day + timedelta(days=1),
                        "told_minor": drift.told_minor,
                        "noted_at": at,
                    },
                )


def _drift(wallet: AccountKey) -> _Drift:
    agreed = _standing(wallet)
    names: dict[str, Any] = {"since": agreed.agreed_until if agreed else "-infinity", "late": LATE + timedelta(days=1)}
    ((drift, since, day, told),) = daily.rows(_DRIFT, {**daily.names(wallet), **names})
    before = agreed.told_minor if agreed else 0
    return _Drift(int(drift or 0), since if drift else None, day, before + int(told or 0))


def _standing(wallet: AccountKey) -> WalletAgreement | None:
    """The last agreement, if the account still had that balance then."""
    agreed = WalletAgreement.objects.filter(**_of(wallet)).first()
    if agreed is None:
        return None
    then = ledger.balance(wallet, as_of=agreed.agreed_until - timedelta(microseconds=1))
    return agreed if then == agreed.told_minor else None


def _of(wallet: AccountKey) -> dict[str, Any]:
    provider, _, market = wallet.holder.partition(":")
    return {"provider": provider, "market": market, "currency": wallet.currency, "entity": wallet.entity}
