"""From a statement to its ledger draft. Pure; the only place of this package that names account codes."""

from datetime import datetime, timedelta

from billing.ledger.draft import AccountKey, EntryDraft, credit, debit
from royalties import periods
from royalties.runs.postings import JOURNAL, NOT_YET_STATED
from royalties.statements.document import Holder

KEY_PREFIX = "statement:"
PAYABLE = "4011"  # authors payable; held by payee


def booked_at(period: str) -> datetime:
    """The last instant of the month: its trial balance shows what its statements say."""
    return periods.bounds(period)[1] - timedelta(microseconds=1)


def issue(*, statement_ref: str, holder: Holder, period: str, earned_minor: int, description: str) -> EntryDraft | None:
    """What was accrued becomes payable; None when nothing was earned."""
    if not earned_minor:
        return None
    return EntryDraft(
        key=f"{KEY_PREFIX}{statement_ref}",
        journal=JOURNAL,
        happened_at=booked_at(period),
        description=description,
        source_ref=statement_ref,
        lines=[
            debit(AccountKey(holder.entity, NOT_YET_STATED, holder.currency, holder.payee_ref), earned_minor),
            credit(AccountKey(holder.entity, PAYABLE, holder.currency, holder.payee_ref), earned_minor),
        ],
        closing=True,  # statements are issued while their month is being closed
    )
