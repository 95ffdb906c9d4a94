"""What others may know of the providers' statements: what waits, what does not return to zero, what each day says."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Count

import billing.ledger.queries as ledger
from billing.reconciliation import daily, drift, line_ids, postings
from billing.reconciliation.facts import AlarmFact, ChangedFact, DayFact, ImportFact, LineFact, State
from billing.reconciliation.models import ChangedLine, Finding, SettlementLine, StatementImport


class NoSuchLine(Exception):
    """No line has that id."""


class NoSuchChange(Exception):
    """No line that came again has that number."""


def line(line_id: str) -> LineFact:
    """
    :raises NoSuchLine: no line has that id.
    """
    try:
        finding = Finding.objects.filter(pk=line_ids.stored(line_id)).first()
    except line_ids.NotALineId:
        finding = None
    if finding is None:
        raise NoSuchLine(line_id)
    return _with_lines([finding])[0]


def worklist(*, limit: int = 100, provider: str | None = None, market: str | None = None) -> tuple[LineFact, ...]:
    """The lines that wait for a person, the oldest first."""
    waiting = Finding.objects.filter(state=State.WORKLIST)
    if provider:
        waiting = waiting.filter(provider=provider)
    if market:
        waiting = waiting.filter(market=market)
    return tuple(_with_lines(list(waiting.order_by("happened_at", "line_id")[:limit])))


def worklist_count() -> int:
    return Finding.objects.filter(state=State.WORKLIST).count()


def changed(*, limit: int = 100) -> tuple[ChangedFact, ...]:
    """Lines that came again and said something else, and nobody has looked at yet."""
    return _changed(list(ChangedLine.objects.filter(decided_by="").order_by("found_at", "id")[:limit]))


def change(changed_id: int) -> ChangedFact:
    """
    :raises NoSuchChange: no line that came again has that number.
    """
    found = _changed(list(ChangedLine.objects.filter(pk=changed_id)))
    if not found:
        raise NoSuchChange(str(changed_id))
    return found[0]


def _changed(rows: list[ChangedLine]) -> tuple[ChangedFact, ...]:
    facts = {fact.id: fact for fact in _with_lines(list(Finding.objects.filter(pk__in={row.line_id for row in rows})))}
    return tuple(
        ChangedFact(
            id=row.pk,
            line=facts[line_ids.public(row.line_id)],
            net_minor=row.net_minor,
            fee_minor=row.fee_minor,
            currency=row.currency,
            kind=row.kind,
            found_at=row.found_at,
            verdict=row.verdict,
            decided_by=row.decided_by,
            decided_why=row.decided_why,
            correction_id=line_ids.public(row.correction_id) if row.correction_id else "",
        )
        for row in rows
    )


def imports(*, limit: int = 50) -> tuple[ImportFact, ...]:
    """The latest imports first."""
    return tuple(row.as_fact() for row in StatementImport.objects.order_by("-imported_at", "-id")[:limit])


def counts(*, import_ref: str) -> dict[str, int]:
    """State → how many lines of one import are in it."""
    lines = SettlementLine.objects.filter(source_import_id=import_ref).values("line_id")
    found = Finding.objects.filter(line_id__in=lines).values_list("state").annotate(Count("pk"))
    return dict(found)


def alarms(*, at: datetime) -> tuple[AlarmFact, ...]:
    """Clearing accounts that have not returned to zero, the oldest first: first in, first out.

    And each wallet's account 552, as far as it is not what the provider says.
    """
    found = [
        AlarmFact(
            code=one.account.code,
            holder=one.account.holder,
            entity=one.account.entity,
            currency=one.account.currency,
            sum_minor=one.balance_minor,
            since=one.since,
            age_days=max(0, (at - one.since).days),
        )
        for one in ledger.uncleared(codes=postings.CLEARING)
    ]
    found += drift.alarms(at=at)
    return tuple(sorted(found, key=lambda alarm: (alarm.since, alarm.code, alarm.holder)))


def days(*, since: date, until: date) -> Iterator[DayFact]:
    """Every wallet's report of each UTC day from `since` to `until`, the latest first, without the differing lines."""
    day = until
    while day >= since:
        yield from reports(day=day, with_lines=False)
        day -= timedelta(days=1)


def reports(*, day: date, with_lines: bool = True) -> tuple[DayFact, ...]:
    """Every wallet's report of one UTC day, where provider or ledger has anything to say."""
    return daily.reports(day=day, with_lines=with_lines)


def line_fact(finding: Finding, row: SettlementLine) -> LineFact:
    """For this package only."""
    return LineFact(
        id=line_ids.public(finding.line_id),
        provider=row.provider,
        market=row.market,
        line_ref=row.line_ref,
        kind=row.kind,
        net_minor=row.net_minor,
        fee_minor=row.fee_minor,
        currency=row.currency,
        happened_at=row.happened_at,
        our_ref=row.our_ref,
        transaction_ref=row.transaction_ref,
        phone_masked=row.phone_masked or "",
        state=str(finding.state),
        reason=finding.reason,
        rule=finding.rule,
        subject_ref=finding.subject_ref,
        hint=finding.hint,
        suspense_minor=-finding.suspense_minor,
        decided_by=finding.decided_by,
        decided_why=finding.decided_why,
    )


def _with_lines(findings: list[Finding]) -> list[LineFact]:
    rows = {
        row.line_id: row
        for row in SettlementLine.objects.filter(
            line_id__in=[finding.line_id for finding in findings],
            happened_at__in={finding.happened_at for finding in findings},
        ).defer("raw")
    }
    return [line_fact(finding, rows[finding.line_id]) for finding in findings]
