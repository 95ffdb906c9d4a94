"""Closing a month and issuing its statements. Reads no clock: callers pass `at`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from billing.ids import new_id
from billing.ledger import operations as ledger
from billing.ledger.draft import EntryDraft
from royalties import periods
from royalties.runs import operations as runs
from royalties.runs import queries as run_queries
from royalties.statements import audit, document, postings, preparation, queries
from royalties.statements.facts import StatementFact
from royalties.statements.models import Statement
from royalties.statements.preparation import Prepared

# How far before the last closed month a close looks for sales that became visible late.
_LOOK_BACK = timedelta(days=62)


class PeriodNotOver(Exception):
    """The month has not ended: more sales may come."""


class EarlierPeriodOpen(Exception):
    """An earlier month has lines on no statement; balances are carried in order, so it is closed first."""


class LaterPeriodClosed(Exception):
    """A later month is closed, so this one takes no statement any more."""


def close(*, period: str, at: datetime) -> tuple[StatementFact, ...]:
    """Accrue what is left of the month, then issue its statements and post them, once.

    Closing a closed month changes nothing and gives the same statements. Sales without a contract stay visible in
    `runs.queries.awaiting_contract()` and go to a later month once they have one.

    :raises royalties.periods.MalformedPeriod: not of the form 2026-10.
    :raises PeriodNotOver: the month has not ended at `at`.
    :raises EarlierPeriodOpen: an earlier month has lines on no statement; nothing was issued.
    :raises LaterPeriodClosed: a later month is closed already.
    """
    _, end = periods.bounds(period)
    if at < end:
        raise PeriodNotOver(f"{period} ends on {end:%Y-%m-%d}")
    if not run_queries.is_closed(period):
        _accrue_what_is_left(until=end, at=at)
        _issue(period=period, at=at)
    return queries.whole_statements_of_period(period)


def _accrue_what_is_left(*, until: datetime, at: datetime) -> None:
    last = run_queries.last_closed_period()
    since = periods.bounds(last)[0] - _LOOK_BACK if last else periods.BEGINNING
    while runs.rescan(paid_from=since, paid_until=until, at=at).more:
        pass


@transaction.atomic
def _issue(*, period: str, at: datetime) -> None:
    runs.lock_lines()
    if run_queries.is_closed(period):
        return  # somebody else closed it while we waited for the lock
    _refuse_out_of_order(period)
    prepared = list(preparation.of_period(period, at=at))
    statements = [_statement(each, period, place, at=at) for place, each in enumerate(prepared, start=1)]
    entries = _post(statements, at=at)
    for statement in statements:
        statement.entry_ref = entries.get(statement.id, "")
    Statement.objects.bulk_create(statements, batch_size=200)
    for statement, each in zip(statements, prepared, strict=True):
        runs.state_lines(statement_ref=statement.id, line_refs=[line.id for line in each.lines])
    runs.mark_closed(period=period, at=at)


def _refuse_out_of_order(period: str) -> None:
    closed = run_queries.last_closed_period()
    if closed is not None and closed > period:
        raise LaterPeriodClosed(f"{closed} is closed, so {period} cannot be any more")
    unstated = run_queries.first_unstated_period()
    if unstated is not None and unstated < period:
        raise EarlierPeriodOpen(f"{unstated} has lines on no statement: close it before {period}")


def _statement(prepared: Prepared, period: str, place: int, *, at: datetime) -> Statement:
    # The lock makes us the only one to number this month, and all of it is one transaction: no number is lost.
    number = f"ST-{period}-{place:04d}"
    content = document.compose(
        number=number,
        holder=prepared.holder,
        payee_name=prepared.payee_name,
        issuer=prepared.issuer,
        period=period,
        balance=prepared.balance,
        lines=prepared.lines,
        audit=audit.checks(
            period=period,
            balance=prepared.balance,
            carried_minor=prepared.carried_minor,
            ledger_minor=prepared.ledger_minor,
            lines=prepared.lines,
        ),
        at=at,
    )
    return Statement(
        id=new_id("stm", at),
        number=number,
        version=content["version"],
        payee_ref=prepared.holder.payee_ref,
        payee_name=prepared.payee_name,
        entity=prepared.holder.entity,
        period=period,
        currency=prepared.holder.currency,
        opening_minor=prepared.balance.opening_minor,
        earned_minor=prepared.balance.earned_minor,
        paid_minor=prepared.balance.paid_minor,
        closing_minor=prepared.balance.closing_minor,
        issued_at=at,
        document=content,
        sha256=document.sha256_of(content),
    )


def _post(statements: Sequence[Statement], *, at: datetime) -> Mapping[str, str]:
    """The ledger entry of each statement that has one."""
    drafts = [draft for statement in statements if (draft := _entry(statement))]
    return {entry.source_ref: entry.id for entry in ledger.post_many(drafts=drafts, at=at)} if drafts else {}


def _entry(statement: Statement) -> EntryDraft | None:
    return postings.issue(
        statement_ref=statement.id,
        holder=document.Holder(statement.payee_ref, statement.entity, statement.currency),
        period=statement.period,
        earned_minor=statement.earned_minor,
        description=f"Relevé {statement.number}, {statement.payee_name}"[:200],
    )
