"""Bring the ledger to where each line belongs: a thousand lines a transaction, each line's entries counted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

import billing.ledger.operations as ledger
from billing.crashpoints import reach
from billing.ledger.draft import EntryDraft
from billing.reconciliation import line_ids, postings
from billing.reconciliation.models import Finding, SettlementLine
from billing.reconciliation.postings import Place, Settled

BATCH = 1_000


def book_due(*, provider: str, market: str, at: datetime) -> int:
    """Book every line of the wallet that waits for it; how many entries were written."""
    entries = 0
    while True:
        with transaction.atomic():
            # SKIP LOCKED: two at once share the work.
            due = list(
                Finding.objects.select_for_update(skip_locked=True)
                .filter(todo="book", provider=provider, market=market)
                .order_by("line_id")[:BATCH]
            )
            entries += book(due, at=at)
            reach("reconciliation.booked_before_commit")
        if len(due) < BATCH:
            return entries


def book(findings: Sequence[Finding], *, at: datetime) -> int:
    """Book these locked findings; how many entries were written."""
    lines = lines_of(findings)
    drafts: list[EntryDraft] = []
    for finding in findings:
        settled = settled_line(finding, lines[finding.line_id])
        before = Place(
            finding.wallet_minor, finding.fee_minor, finding.suspense_minor, finding.other_minor, finding.other_code
        )
        draft = postings.entry(settled, before, number=finding.entry_count, at=at)
        finding.todo = ""
        if draft is None:
            continue
        drafts.append(draft)
        after = postings.place_of(settled)
        finding.entry_count += 1
        finding.wallet_minor, finding.fee_minor, finding.suspense_minor = (
            after.wallet_minor,
            after.fee_minor,
            after.suspense_minor,
        )
        finding.other_minor, finding.other_code = after.other_minor, after.other_code
    if drafts:
        ledger.post_many(drafts=drafts, at=at)
    sums = ["wallet_minor", "fee_minor", "suspense_minor", "other_minor", "other_code", "entry_count", "todo"]
    Finding.objects.bulk_update(findings, sums, batch_size=BATCH)
    return len(drafts)


def lines_of(findings: Sequence[Finding]) -> dict[object, SettlementLine]:
    found = SettlementLine.objects.filter(
        line_id__in=[finding.line_id for finding in findings],
        happened_at__in={finding.happened_at for finding in findings},
    ).defer("raw")
    return {line.line_id: line for line in found}


def settled_line(finding: Finding, line: SettlementLine) -> Settled:
    return Settled(
        line_id=line_ids.public(finding.line_id),
        provider=finding.provider,
        market=finding.market,
        entity=finding.entity,
        currency=line.currency,
        net_minor=line.net_minor,
        fee_minor=line.fee_minor,
        subject_wallet_minor=finding.subject_wallet_minor,
        subject_fee_minor=finding.subject_fee_minor,
        explanation=finding.explanation,
        subject_ref=finding.subject_ref,
        happened_at=line.happened_at,
    )
