"""Everything that writes royalty lines. Reads no clock: callers pass `at`."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction

from billing.ids import new_id
from billing.invoices import queries as invoices
from billing.invoices.facts import SaleLineFact
from billing.ledger import operations as ledger
from billing.ledger.draft import EntryDraft
from royalties import allocation, periods
from royalties.contracts import queries as contracts
from royalties.contracts.facts import TermsFact
from royalties.runs import inputs, postings, queries, sales
from royalties.runs.facts import AccrualReport
from royalties.runs.models import AccruedSale, AuthorRoyalty, AwaitingContract, LineStatement, PeriodRun

_LOCK = 0x636F6B6F_726F79  # "cokoroy": one number for "who may add royalty lines"
_INSTANT = timedelta(microseconds=1)


class PeriodClosed(Exception):
    """The month is closed: nothing can be closed or added again."""


def accrue(*, at: datetime, limit: int = 1000) -> AccrualReport:
    """Turn sale lines paid until `at` into royalty lines and ledger entries; at most `limit` sales.

    Safe to run twice, by several workers, and after any crash: a batch is one transaction under one lock.
    """
    with transaction.atomic():
        lock_lines()
        return _pass(paid_from=sales.start_of_scan(), paid_until=at + _INSTANT, at=at, limit=limit)


def rescan(*, paid_from: datetime, paid_until: datetime, at: datetime, limit: int = 1000) -> AccrualReport:
    """The same over a given half-open stretch of time: finds what became visible long after it was paid."""
    with transaction.atomic():
        lock_lines()
        return _pass(paid_from=paid_from, paid_until=paid_until, at=at, limit=limit)


def lock_lines() -> None:
    """Until the running transaction ends, nobody else adds royalty lines or closes a month."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def state_lines(*, statement_ref: str, line_refs: Collection[str]) -> None:
    """Write down on which statement these lines stand. A line that stands on one already makes this fail."""
    LineStatement.objects.bulk_create(
        [LineStatement(line_id=line, statement_ref=statement_ref) for line in line_refs], batch_size=1000
    )


def mark_closed(*, period: str, at: datetime) -> None:
    """From now on later facts of the month go to the next open one.

    :raises PeriodClosed: it was closed before.
    """
    if queries.is_closed(period):
        raise PeriodClosed(period)
    PeriodRun.objects.create(period=period, closed_at=at)


@dataclass(frozen=True, slots=True)
class _Accrual:
    """One sale line with the terms it falls under and what they give."""

    sale: SaleLineFact
    terms: TermsFact
    done: allocation.Computation
    period: str

    def draft(self) -> EntryDraft | None:
        # A sale learned of after its month was closed is booked on the first day of the month that takes it.
        booked_at = max(self.sale.paid_at, periods.bounds(self.period)[0])
        return postings.accrual(sale=self.sale, terms=self.terms, parts=self.done.parts, happened_at=booked_at)


def _pass(*, paid_from: datetime, paid_until: datetime, at: datetime, limit: int) -> AccrualReport:
    settled = _with_contract_by_now(paid_until=paid_until, limit=limit)
    found = list(islice(sales.unseen(paid_from=paid_from, paid_until=paid_until), limit - len(settled)))
    timelines = contracts.timelines(
        edition_refs={sale.edition_ref for sale in found} | {s.edition_ref for s in settled}
    )
    accruals: list[_Accrual] = []
    without: list[SaleLineFact] = []
    last_closed = queries.last_closed_period()
    for sale in settled + found:
        try:
            terms = contracts.in_force(timelines[sale.edition_ref], on=periods.day_of(sale.paid_at))
        except contracts.NoContract:
            without.append(sale)
        else:
            accruals.append(_accrual(sale, terms, last_closed))
    _write(accruals, at=at)
    _note_awaiting(without, at=at)
    return AccrualReport(
        sales=len(accruals),
        lines=sum(len(accrual.done.parts) for accrual in accruals),
        amounts=_amounts(accruals),
        awaiting=tuple(queries.awaiting_fact(sale) for sale in without),
        more=len(settled) + len(found) >= limit,
    )


def _with_contract_by_now(*, paid_until: datetime, limit: int) -> list[SaleLineFact]:
    """Sales that waited for a contract and have one now."""
    waiting = list(AwaitingContract.objects.filter(paid_at__lt=paid_until).order_by("paid_at", "item_ref"))
    timelines = contracts.timelines(edition_refs={row.edition_ref for row in waiting})
    ready = (row.item_ref for row in waiting if _is_covered(timelines[row.edition_ref], row.paid_at))
    return [invoices.sale_line(item_ref) for item_ref in islice(ready, limit)]


def _is_covered(timeline: Sequence[TermsFact], moment: datetime) -> bool:
    try:
        contracts.in_force(timeline, on=periods.day_of(moment))
    except contracts.NoContract:
        return False
    return True


def _accrual(sale: SaleLineFact, terms: TermsFact, last_closed: str | None) -> _Accrual:
    taxes = tuple(allocation.Tax(tax.code, tax.rate, tax.amount_minor) for tax in sale.tax_lines)
    done = allocation.compute(
        sale=allocation.SaleAmounts(sale.gross_minor, sale.net_minor, taxes, sale.fee_minor),
        rate=terms.rate,
        weights={share.payee_ref: share.weight for share in terms.shares},
    )
    month = periods.of(sale.paid_at)
    is_late = last_closed is not None and month <= last_closed
    return _Accrual(sale, terms, done, periods.following(last_closed) if is_late and last_closed else month)


def _write(accruals: Sequence[_Accrual], *, at: datetime) -> None:
    drafts = [draft for accrual in accruals if (draft := accrual.draft())]
    entries = {entry.key: entry.id for entry in ledger.post_many(drafts=drafts, at=at)} if drafts else {}
    AuthorRoyalty.objects.bulk_create(list(_lines(accruals, entries, at)), batch_size=500)
    items = [accrual.sale.item_ref for accrual in accruals]
    AccruedSale.objects.bulk_create(
        [AccruedSale(item_ref=a.sale.item_ref, paid_at=a.sale.paid_at, accrued_at=at) for a in accruals]
    )
    AwaitingContract.objects.filter(pk__in=items).delete()


def _lines(accruals: Iterable[_Accrual], entries: dict[str, str], at: datetime) -> Iterator[AuthorRoyalty]:
    for accrual in accruals:
        sale, terms = accrual.sale, accrual.terms
        key = postings.key_of(item_ref=sale.item_ref, contract_ref=terms.contract_ref, version=terms.version)
        for share in terms.shares:
            yield AuthorRoyalty(
                id=new_id("roy", at),
                period=accrual.period,
                payee_ref=share.payee_ref,
                payee_name=share.payee_name,
                entity=sale.entity,
                kind="sale",
                edition_ref=sale.edition_ref,
                title=sale.title,
                item_ref=sale.item_ref,
                invoice_number=sale.invoice_number,
                contract_ref=terms.contract_ref,
                contract_version=terms.version,
                quantity=sale.quantity,
                currency=sale.currency,
                gross_minor=sale.gross_minor,
                base_minor=accrual.done.base_minor,
                amount_minor=accrual.done.parts[share.payee_ref],
                happened_at=sale.paid_at,
                accrued_at=at,
                inputs=inputs.of(sale=sale, terms=terms, payee_ref=share.payee_ref),
                entry_ref=entries.get(key, ""),
            )


def _note_awaiting(without: Sequence[SaleLineFact], *, at: datetime) -> None:
    AwaitingContract.objects.bulk_create(
        [
            AwaitingContract(
                item_ref=sale.item_ref,
                invoice_number=sale.invoice_number,
                edition_ref=sale.edition_ref,
                title=sale.title,
                entity=sale.entity,
                currency=sale.currency,
                gross_minor=sale.gross_minor,
                paid_at=sale.paid_at,
                noticed_at=at,
            )
            for sale in without
        ]
    )


def _amounts(accruals: Iterable[_Accrual]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for accrual in accruals:
        totals[accrual.sale.currency] += accrual.done.royalty_minor
    return dict(totals)
