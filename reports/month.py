"""One month of the books, gathered once for every way of showing it: pages, workbook, PDF.

Reads only. Amounts are minor units; every list is in the order finance reads it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from billing.invoices import queries as invoices
from billing.invoices.facts import SaleLineFact
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.ledger.facts import BalanceFact
from billing.payments import queries as payments
from billing.payments.facts import PaymentFact
from royalties import periods
from royalties.payees import queries as payees
from royalties.runs import queries as runs
from royalties.runs.facts import RoyaltyLineFact
from royalties.statements import queries as statements
from royalties.statements.facts import StatementSummary

_SALES_PAGE = 1_000
STATED = "4011"  # authors payable: a statement was issued
UNSTATED = "4081"  # earned, statement not issued yet


@dataclass(frozen=True, slots=True)
class SalesTotal:
    """Sales of one currency: what was paid, and into which parts it falls. `gross = net + tax`."""

    currency: str
    count: int
    gross_minor: int
    tax_minor: int
    net_minor: int
    fee_minor: int
    royalty_minor: int

    @property
    def margin_minor(self) -> int:
        """What stays with the house after fees and royalties."""
        return self.net_minor - self.fee_minor - self.royalty_minor


@dataclass(frozen=True, slots=True)
class ProviderTotal:
    provider: str
    market: str
    currency: str
    succeeded_count: int
    failed_count: int
    amount_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True)
class Payable:
    """What one payee is owed at the end of the month, stated (4011) and not yet stated (4081)."""

    payee_ref: str
    payee_name: str
    currency: str
    stated_minor: int
    unstated_minor: int

    @property
    def owed_minor(self) -> int:
        return self.stated_minor + self.unstated_minor


@dataclass(frozen=True, slots=True)
class MonthReport:
    period: str
    since: datetime
    until: datetime
    sales: tuple[SaleLineFact, ...]
    payments: tuple[PaymentFact, ...]
    royalties: tuple[RoyaltyLineFact, ...]
    statements: tuple[StatementSummary, ...]
    trial_balance: tuple[BalanceFact, ...]
    sales_totals: tuple[SalesTotal, ...]
    provider_totals: tuple[ProviderTotal, ...]
    payables: tuple[Payable, ...]


def gather(period: str) -> MonthReport:
    """Everything finance needs of a month.

    :raises royalties.periods.MalformedPeriod: not a month such as 2026-10.
    """
    since, until = periods.bounds(period)
    sales = tuple(_sales(since, until))
    attempts = payments.attempts(since=since, until=until)
    lines = runs.lines_of_period(period)
    return MonthReport(
        period=period,
        since=since,
        until=until,
        sales=sales,
        payments=attempts,
        royalties=lines,
        statements=statements.statements_of_period(period),
        trial_balance=_trial_balance(since, until),
        sales_totals=sales_totals(sales, lines),
        provider_totals=provider_totals(attempts),
        payables=_payables(until),
    )


def first_month() -> str | None:
    """The month of the first sale ever, None before it."""
    sales = invoices.sale_lines(paid_from=periods.BEGINNING, paid_until=datetime.max.replace(tzinfo=UTC), limit=1)
    return periods.of(sales[0].paid_at) if sales else None


def _trial_balance(since: datetime, until: datetime) -> tuple[BalanceFact, ...]:
    entities = sorted({balance.account.entity for balance in ledger.balances(until=until)})
    return tuple(row for entity in entities for row in ledger.trial_balance(entity=entity, since=since, until=until))


def by_code(balances: Iterable[BalanceFact]) -> tuple[BalanceFact, ...]:
    """The trial balance without its holders: one row an account of the chart, entity and currency."""
    grouped: dict[AccountKey, list[BalanceFact]] = defaultdict(list)
    for balance in balances:
        grouped[replace(balance.account, holder="")].append(balance)
    return tuple(
        BalanceFact(
            account,
            members[0].label,
            opening_minor=sum(member.opening_minor for member in members),
            debit_minor=sum(member.debit_minor for member in members),
            credit_minor=sum(member.credit_minor for member in members),
            closing_minor=sum(member.closing_minor for member in members),
        )
        for account, members in sorted(grouped.items())
    )


def _sales(since: datetime, until: datetime) -> Iterator[SaleLineFact]:
    after: str | None = None
    while page := invoices.sale_lines(paid_from=since, paid_until=until, after=after, limit=_SALES_PAGE):
        yield from page
        after = page[-1].item_ref


def sales_totals(sales: Iterable[SaleLineFact], lines: Iterable[RoyaltyLineFact]) -> tuple[SalesTotal, ...]:
    """Totals by currency; amounts of two currencies are never added."""
    sold: dict[str, list[SaleLineFact]] = defaultdict(list)
    for sale in sales:
        sold[sale.currency].append(sale)
    royalties: dict[str, int] = defaultdict(int)
    for line in lines:
        royalties[line.currency] += line.amount_minor
    return tuple(
        SalesTotal(
            currency,
            count=len(sold[currency]),
            gross_minor=sum(sale.gross_minor for sale in sold[currency]),
            tax_minor=sum(sale.gross_minor - sale.net_minor for sale in sold[currency]),
            net_minor=sum(sale.net_minor for sale in sold[currency]),
            fee_minor=sum(sale.fee_minor for sale in sold[currency]),
            royalty_minor=royalties[currency],
        )
        for currency in sorted({*sold, *royalties})
    )


def provider_totals(attempts: Iterable[PaymentFact]) -> tuple[ProviderTotal, ...]:
    """Amounts collected and attempts failed, by wallet."""
    grouped: dict[tuple[str, str, str], list[PaymentFact]] = defaultdict(list)
    for attempt in attempts:
        grouped[attempt.provider, attempt.market, attempt.currency].append(attempt)
    totals = []
    for (provider, market, currency), members in sorted(grouped.items()):
        paid = [member for member in members if member.state == "succeeded"]
        totals.append(
            ProviderTotal(
                provider,
                market,
                currency,
                succeeded_count=len(paid),
                failed_count=len(members) - len(paid),
                amount_minor=sum(member.amount_minor for member in paid),
                fee_minor=sum(member.fee_minor for member in paid),
            )
        )
    return tuple(totals)


def _payables(until: datetime) -> tuple[Payable, ...]:
    names = {payee.id: payee.name for payee in payees.payees()}
    owed: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {STATED: 0, UNSTATED: 0})
    for balance in ledger.balances(codes=(STATED, UNSTATED), until=until):
        key = (balance.account.holder, balance.account.currency)
        owed[key][balance.account.code] -= balance.closing_minor  # a debt is a credit balance
    return tuple(
        Payable(holder, names.get(holder, holder), currency, parts[STATED], parts[UNSTATED])
        for (holder, currency), parts in sorted(owed.items(), key=lambda item: (names.get(item[0][0], ""), item[0]))
    )
