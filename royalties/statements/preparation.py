"""What is about to be stated: who, with which lines, and what the ledger says of them. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.configuration import queries as configuration
from billing.ledger import queries as ledger
from royalties import periods
from royalties.payees import queries as payees
from royalties.runs import queries as runs
from royalties.runs.facts import RoyaltyLineFact
from royalties.runs.postings import NOT_YET_STATED
from royalties.statements import queries
from royalties.statements.document import Balance, Holder
from royalties.statements.postings import PAYABLE


@dataclass(frozen=True, slots=True)
class Prepared:
    """One statement to be."""

    holder: Holder
    payee_name: str
    issuer: Mapping[str, str]
    balance: Balance
    carried_minor: int  # what earlier statements leave owed, reckoned from their movements
    ledger_minor: int  # what the ledger says is owed at the period's end
    lines: Sequence[RoyaltyLineFact]


def of_period(period: str, *, at: datetime) -> Iterator[Prepared]:
    """Everybody with lines of the month or something still owed, in the order of their numbers."""
    holders = {Holder(*key) for key in runs.holders_of_period(period)} | set(queries.open_balances())
    accounts = {entity: _accounts(entity, period) for entity in {holder.entity for holder in holders}}
    for holder in sorted(holders, key=lambda holder: (holder.entity, holder.payee_ref, holder.currency)):
        held = accounts[holder.entity].get((holder.payee_ref, holder.currency), _Account())
        yield _prepare(holder, held, period=period, at=at)


@dataclass(frozen=True, slots=True)
class _Account:
    """A holder in the ledger: paid out in the month, owed at its end."""

    paid_minor: int = 0
    owed_minor: int = 0


def _accounts(entity: str, period: str) -> Mapping[tuple[str, str], _Account]:
    start, end = periods.bounds(period)
    accounts: dict[tuple[str, str], _Account] = {}
    for row in ledger.trial_balance(entity=entity, since=start, until=end):
        if row.account.code in (NOT_YET_STATED, PAYABLE):
            key = row.account.holder, row.account.currency
            before = accounts.get(key, _Account())
            paid = row.debit_minor if row.account.code == PAYABLE else 0
            accounts[key] = _Account(before.paid_minor + paid, before.owed_minor - row.closing_minor)
    return accounts


def _prepare(holder: Holder, held: _Account, *, period: str, at: datetime) -> Prepared:
    lines = runs.lines(payee_ref=holder.payee_ref, period=period, currency=holder.currency, entity=holder.entity)
    last = queries.latest_of(holder)
    earned = sum(line.amount_minor for line in lines)
    return Prepared(
        holder=holder,
        payee_name=payees.payee(holder.payee_ref).name,
        issuer=_issuer(lines, at) or (last.issuer if last else {"name": holder.entity}),
        balance=Balance(last.closing_minor if last else 0, earned, held.paid_minor),
        carried_minor=queries.carried(holder),
        ledger_minor=held.owed_minor,
        lines=lines,
    )


def _issuer(lines: Sequence[RoyaltyLineFact], at: datetime) -> Mapping[str, str] | None:
    """Who owes, with the mentions the law of the country of sale wants."""
    if not lines:
        return None
    try:
        seller = configuration.seller(country=lines[-1].inputs["sale"]["country"], at=at)
    except configuration.NoSeller:
        return None
    mentions = " · ".join(f"{label} {value}" for label, value in seller.legal_mentions.items())
    return {"name": seller.name, "address": seller.address, "mentions": mentions}
