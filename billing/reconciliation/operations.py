"""Everything that changes what is known of the providers' statements. Reads no clock: callers pass `at`.

Three steps, each found by query if the one before was cut short: lines are stored and matched (all of a file or none
of it, one transaction); subjects not settled yet are told what the statement proves; the ledger is brought to where
each line belongs.
"""

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction

import billing.configuration.queries as configuration
from billing.configuration.queries import NoRoute
from billing.crashpoints import reach
from billing.ids import new_id
from billing.reconciliation import (
    booking,
    changes,
    column_maps,
    drift,
    gateway,
    line_ids,
    reading,
    settling,
    staging,
    storing,
)
from billing.reconciliation.changes import CurrencyChanged as CurrencyChanged
from billing.reconciliation.column_maps import NoColumnMap as NoColumnMap
from billing.reconciliation.facts import Explanation, ImportFact, LineFact, State
from billing.reconciliation.gateway import CannotPull as CannotPull
from billing.reconciliation.models import ChangedLine, Finding, SettlementLine, StatementImport
from billing.reconciliation.queries import NoSuchLine as NoSuchLine
from billing.reconciliation.queries import line_fact
from billing.reconciliation.reading import BadFile as BadFile
from billing.reconciliation.settling import NotItsKind as NotItsKind

log = logging.getLogger(__name__)

API_MAP = "api@1"
_SPOOL_BYTES = 8_000_000  # of a pull kept in memory; more goes to a temporary file
_BY_PERSON = frozenset({Explanation.FEE, Explanation.TAX, Explanation.TRANSFER, Explanation.REFUND_DUE})


class NoWallet(Exception):
    """No configured wallet of ours is that provider, market and currency: nobody's books to compare with."""


class NothingToDecide(Exception):
    """The line does not wait for a person."""


class ReasonMissing(Exception):
    """A decision takes a reason."""


class AmountDiffers(Exception):
    """The line and the document named for it are of different sums."""


class NotTaken(Exception):
    """The document did not take the line's word: look at it first."""


class SubjectTaken(Exception):
    """Another line proves that document already."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run did."""

    settled_count: int
    entry_count: int


def import_file(*, path: Path, provider: str, market: str, by: str, at: datetime, name: str = "") -> ImportFact:
    """Import a settlement file, match its lines, settle and book what they prove. The same file again changes nothing.

    :raises BadFile: it cannot be read; every problem with its line number. No line of it was imported.
    :raises NoColumnMap: nobody has said how to read such files.
    :raises NoWallet: no wallet of ours is that provider and market, in a currency of the file.
    """
    columns = column_maps.column_map(provider, reading.format_of(path))
    sha256, encoding = reading.digest_of(path)
    fact = _import(
        provider=provider,
        market=market,
        source="file",
        sha256=sha256,
        map_ref=columns.ref,
        name=name or path.name,
        lines=lambda: reading.lines(path, columns, market=market, encoding=encoding),
        by=by,
        at=at,
    )
    reach("reconciliation.imported")
    reconcile(provider=provider, market=market, at=at)
    return fact


def pull(*, provider: str, market: str, day: date, by: str, at: datetime) -> ImportFact:
    """Import what the provider lists of one UTC day. The same list again changes nothing.

    :raises CannotPull: it lists nothing, or gave no usable answer; no line was imported.
    :raises NoWallet: no wallet of ours is that provider and market.
    """
    line, digest = staging.writer(provider, market), hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES, mode="w+", encoding="utf-8", newline="") as spool:
        with transaction.atomic(durable=True):
            pass  # refuses to go on inside a transaction: a provider is about to be called
        for number, row in enumerate(gateway.movements(provider=provider, market=market, day=day), start=1):
            written = staging.written(row, number, line)
            digest.update(written.encode())
            spool.write(written)

        def lines() -> Iterator[str]:
            spool.seek(0)
            yield from spool

        fact = _import(
            provider=provider,
            market=market,
            source="api",
            sha256=hashlib.sha256(f"{day}\n{digest.hexdigest()}".encode()).hexdigest(),
            map_ref=f"{provider}/{API_MAP}",
            name=day.isoformat(),
            lines=lines,
            by=by,
            at=at,
        )
    reach("reconciliation.imported")
    reconcile(provider=provider, market=market, at=at)
    return fact


def reconcile(*, provider: str, market: str, at: datetime) -> Reconciled:
    """Match what waits, settle what is proved, book what is due. Running it twice changes nothing."""
    with transaction.atomic(), staging.work_tables():
        storing.lock(provider, market)
        entities = list(Finding.objects.filter(provider=provider, market=market, state="worklist")
                        .values_list("entity", flat=True).distinct())  # fmt: skip
        storing.look_again(provider=provider, market=market, entities=entities, at=at)
    settled = _settle_due(provider=provider, market=market, at=at)
    entries = booking.book_due(provider=provider, market=market, at=at)
    drift.note_agreements(provider=provider, market=market, at=at)
    return Reconciled(settled, entries)


def decide_match(*, line_id: str, subject_ref: str, why: str, by: str, at: datetime) -> LineFact:
    """A person says which payment, refund or payout a line tells of. An entry clears what stood in suspense.

    :raises NoSuchLine: no line has that id.
    :raises NothingToDecide: it does not wait for a person.
    :raises ReasonMissing: no reason was given.
    :raises NotItsKind: no such document, or not of the line's kind.
    :raises AmountDiffers: of another sum, currency or wallet.
    :raises SubjectTaken: another line proves it already.
    :raises NotTaken: it would not be settled by it.
    """
    with transaction.atomic():
        finding, line = _undecided(line_id, why)
        told = (line.net_minor + line.fee_minor, line.currency, line.provider, line.market)
        asked = settling.entity_and_amount(finding.side, subject_ref)
        if told != asked:
            raise AmountDiffers(f"the line says {told}, {subject_ref} {asked}")
        finding.subject_ref, finding.rule, finding.hint = subject_ref, "person", ""
        _decided(finding, why, by, at)
        try:
            with transaction.atomic():
                finding.save()
        except IntegrityError:
            raise SubjectTaken(subject_ref) from None
        if not _settle(finding, line, at):
            raise NotTaken(subject_ref)
        finding.save()
        booking.book([finding], at=at)
    return line_fact(finding, line)


def decide_explained(*, line_id: str, explanation: Explanation, why: str, by: str, at: datetime) -> LineFact:
    """A person says that a line is a fee, a tax, a transfer, or money that is owed back. An entry clears the suspense.

    :raises NoSuchLine: no line has that id.
    :raises NothingToDecide: it does not wait for a person, or is explained by another line only.
    :raises ReasonMissing: no reason was given.
    """
    if explanation not in _BY_PERSON:
        raise NothingToDecide(f"{explanation} is not a person's to say")
    with transaction.atomic():
        finding, line = _undecided(line_id, why)
        finding.state, finding.reason, finding.rule, finding.explanation = State.EXPLAINED, "", "person", explanation
        _decided(finding, why, by, at)
        finding.save()
        booking.book([finding], at=at)
    return line_fact(finding, line)


def accept_change(*, changed_id: int, why: str, by: str, at: datetime) -> None:
    """A person says that a line which came again and said something else is right as it came last.

    The difference becomes a line of its own: of a fee, it explains itself; of another sum, it waits for a person.

    :raises NothingToDecide: there is none, or it was looked at before.
    :raises ReasonMissing: no reason was given.
    :raises CurrencyChanged: it came again in another currency; nothing was decided.
    """
    with transaction.atomic():
        changes.lock_wallet(changed_id)
        changed = _changed(changed_id, why)
        changes.follow(changed, why=why, by=by, at=at)
        changes.decide(changed, "accepted", why=why, by=by, at=at)


def reject_change(*, changed_id: int, why: str, by: str, at: datetime) -> None:
    """A person says that what the line said first is right, and what came later is not.

    :raises NothingToDecide: there is none, or it was looked at before.
    :raises ReasonMissing: no reason was given.
    """
    with transaction.atomic():
        changes.decide(_changed(changed_id, why), "rejected", why=why, by=by, at=at)


def _changed(changed_id: int, why: str) -> ChangedLine:
    if not why.strip():
        raise ReasonMissing(str(changed_id))
    changed = changes.undecided(changed_id)
    if changed is None:
        raise NothingToDecide(str(changed_id))
    return changed


def _import(
    *,
    provider: str,
    market: str,
    source: str,
    sha256: str,
    map_ref: str,
    name: str,
    lines: Callable[[], Iterable[str]],
    by: str,
    at: datetime,
) -> ImportFact:
    with transaction.atomic(), staging.work_tables():
        storing.lock(provider, market)
        same = StatementImport.objects.filter(provider=provider, market=market, sha256=sha256).first()
        if same is not None:
            return _repeated(same)
        staging.copy(lines())
        staging.analyse()
        count, first, last = storing.covered()
        import_ref = new_id("rci", at)
        entity = _entity(provider, market, storing.currencies(), at)
        new, changed = storing.store(
            import_ref=import_ref, provider=provider, market=market, entity=entity, at=at
        )  # fmt: skip
        row = StatementImport.objects.create(
            id=import_ref,
            provider=provider,
            market=market,
            source=source,
            file_name=name[:200],
            sha256=sha256,
            map_ref=map_ref,
            covered_from=first,
            covered_to=last,
            line_count=count,
            new_count=new,
            repeated_count=count - new - changed,
            changed_count=changed,
            imported_by=by,
            imported_at=at,
        )
    if changed:
        log.warning("import %s: %s lines say something else than before", import_ref, changed)
    return row.as_fact()


def _repeated(same: StatementImport) -> ImportFact:
    return same.as_fact(is_repeated=True)


def _entity(provider: str, market: str, currencies: list[str], at: datetime) -> str:
    """Whose wallet it is.

    :raises NoWallet: nobody's, or several companies'.
    """
    found = set()
    for currency in currencies:
        try:
            found.add(configuration.route(provider=provider, market=market, currency=currency, at=at).entity)
        except NoRoute:
            try:
                found.add(configuration.payout_route(provider=provider, market=market, currency=currency, at=at).entity)
            except NoRoute:
                raise NoWallet(f"no wallet of ours is {provider} in {market} in {currency}") from None
    if len(found) > 1:
        raise NoWallet(f"{provider} in {market} belongs to {' and '.join(sorted(found))}")
    return found.pop() if found else ""


def _settle_due(*, provider: str, market: str, at: datetime) -> int:
    settled, after = 0, None
    while True:
        with transaction.atomic():
            due = Finding.objects.select_for_update(skip_locked=True).filter(
                todo="settle", provider=provider, market=market
            )
            finding = (due.filter(line_id__gt=after) if after else due).order_by("line_id").first()
            if finding is None:
                return settled
            after = finding.line_id
            line = SettlementLine.objects.defer("raw").get(line_id=after, happened_at=finding.happened_at)
            settled += _settle(finding, line, at)
            finding.save()
            reach("reconciliation.settled_before_commit")


def _settle(finding: Finding, line: SettlementLine, at: datetime) -> bool:
    """Tell the subject, and let the finding follow what became of it; whether its money is booked."""
    told = settling.tell(finding, line, at=at)
    finding.subject_wallet_minor = told.gross_minor - told.fee_minor
    finding.subject_fee_minor = told.fee_minor
    finding.todo = "book"
    if not told.is_booked:
        finding.state, finding.reason = State.WORKLIST, "not_settled"
    elif told.gross_minor != line.net_minor + line.fee_minor or not told.is_expected:
        finding.state, finding.reason = State.WORKLIST, "amount_differs"
    else:
        finding.state = State.MATCHED
        finding.reason = "fee_differs" if told.fee_minor != line.fee_minor else ""
    return told.is_booked


def _undecided(line_id: str, why: str) -> tuple[Finding, SettlementLine]:
    if not why.strip():
        raise ReasonMissing(line_id)
    try:
        finding = Finding.objects.select_for_update().filter(pk=line_ids.stored(line_id)).first()
    except line_ids.NotALineId:
        finding = None
    if finding is None:
        raise NoSuchLine(line_id)
    if finding.state != State.WORKLIST:
        raise NothingToDecide(f"{line_id} is {finding.state}")
    return finding, SettlementLine.objects.get(line_id=finding.line_id, happened_at=finding.happened_at)


def _decided(finding: Finding, why: str, by: str, at: datetime) -> None:
    finding.decided_by, finding.decided_at, finding.decided_why = by, at, why
