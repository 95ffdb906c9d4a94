"""A line that came again and said something else: what a person's word makes of it.

What was said first is kept as it was received. Where the second is true, the difference becomes a line of its own, of
the same moment, so that the statement, the wallet and every sum follow. Inside a transaction of `operations`.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from billing.reconciliation import booking, line_ids, storing
from billing.reconciliation.facts import Explanation, State
from billing.reconciliation.models import ChangedLine, Finding, SettlementLine, WalletAgreement


class CurrencyChanged(Exception):
    """It came again in another currency: that is another account, and no difference of one line."""


def lock_wallet(changed_id: int) -> None:
    """Before anything else is locked, as imports do."""
    line = ChangedLine.objects.filter(pk=changed_id).values("line_id")
    if (finding := Finding.objects.filter(pk__in=line).first()) is not None:
        storing.lock(finding.provider, finding.market)


def undecided(changed_id: int) -> ChangedLine | None:
    """It, locked; None: there is none, or it was decided before."""
    return ChangedLine.objects.select_for_update().filter(pk=changed_id, decided_by="").first()


def decide(changed: ChangedLine, verdict: str, *, why: str, by: str, at: datetime) -> None:
    changed.verdict, changed.decided_why, changed.decided_by, changed.decided_at = verdict, why, by, at
    changed.save()


def follow(changed: ChangedLine, *, why: str, by: str, at: datetime) -> None:
    """Bring the books from what the line came to so far to what it says now.

    :raises CurrencyChanged: no difference can be told.
    """
    # Locked: two changes of one line are differences to each other.
    finding = Finding.objects.select_for_update().get(pk=changed.line_id)
    first = SettlementLine.objects.get(line_id=finding.line_id, happened_at=finding.happened_at)
    if changed.currency != first.currency:
        raise CurrencyChanged(f"{first.currency} and {changed.currency}")
    WalletAgreement.objects.filter(
        provider=first.provider, market=first.market, currency=first.currency, agreed_until__gt=first.happened_at
    ).delete()
    net, fee = (
        now - before for now, before in zip((changed.net_minor, changed.fee_minor), _so_far(first), strict=True)
    )
    if not net and not fee:
        return  # only its kind is another one
    line = _line(changed, first, net=net, fee=fee)
    changed.correction_id = line.line_id
    booking.book([_finding(line, finding, why=why, by=by, at=at)], at=at)


def _so_far(first: SettlementLine) -> tuple[int, int]:
    """Net and fee of the line with what was made of it before."""
    before = ChangedLine.objects.filter(line_id=first.line_id, correction_id__isnull=False).values("correction_id")
    lines = SettlementLine.objects.filter(line_id__in=before, happened_at=first.happened_at)
    sums = lines.aggregate(net=Sum("net_minor", default=0), fee=Sum("fee_minor", default=0))
    return first.net_minor + sums["net"], first.fee_minor + sums["fee"]


def _line(changed: ChangedLine, first: SettlementLine, *, net: int, fee: int) -> SettlementLine:
    line_ref = f"{first.line_ref} ({changed.pk})"[-200:]
    return SettlementLine.objects.create(
        line_id=UUID(line_ids.of(first.provider, first.market, line_ref)),
        happened_at=first.happened_at,
        source_import_id=changed.source_import_id,
        line_no=changed.line_no,
        provider=first.provider,
        market=first.market,
        line_ref=line_ref,
        kind=changed.kind,
        net_minor=net,
        fee_minor=fee,
        currency=first.currency,
        is_reversal=False,
        raw={"changes": line_ids.public(first.line_id)},
    )


def _finding(line: SettlementLine, first: Finding, *, why: str, by: str, at: datetime) -> Finding:
    """A fee that was another one explains itself; any other sum waits for a person."""
    is_fee = line.net_minor + line.fee_minor == 0
    return Finding.objects.create(
        line_id=line.line_id,
        happened_at=line.happened_at,
        provider=line.provider,
        market=line.market,
        entity=first.entity,
        side="other",
        state=State.EXPLAINED if is_fee else State.WORKLIST,
        reason="" if is_fee else "changed",
        rule="person" if is_fee else "",
        explanation=Explanation.FEE if is_fee else "",
        hint=first.subject_ref or line_ids.public(first.line_id),
        found_at=at,
        decided_by=by if is_fee else "",
        decided_at=at if is_fee else None,
        decided_why=why if is_fee else "",
    )
