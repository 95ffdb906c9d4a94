"""Closing a month of a legal entity, and opening it again. Months close in order and open again in reverse order.

Each waits for entries on their way, for some seconds at most (`GateBusy`).

open → closing (only entries of the closing work go in) → closed; closing → open by withdrawing; closed → open when one
person asked and said why, and another one does it.
"""

from datetime import date, datetime, time

from django.utils import timezone

from billing.ledger.operations.gate import alone


def start_closing(*, entity: str, month: date, by: str, at: datetime) -> str:
    """From now on the month takes entries of the closing work alone (`EntryDraft.closing`). Gives its state.

    :raises MonthNotOver: it has not ended.
    :raises NotItsTurn: the month before is still open, or it is closed already.
    """
    return _move(entity=entity, month=month, event="closing", by=by, reason="", at=at)


def close_period(*, entity: str, month: date, by: str, at: datetime) -> str:
    """From now on the month takes no entry at all.

    :raises NotItsTurn: it is not being closed, or the month before is not closed.
    """
    return _move(entity=entity, month=month, event="closed", by=by, reason="", at=at)


def withdraw_closing(*, entity: str, month: date, by: str, reason: str, at: datetime) -> str:
    """Not closed yet after all.

    :raises NotItsTurn: it is not being closed, or a later month is.
    :raises ReasonMissing: no reason was given.
    """
    return _move(entity=entity, month=month, event="withdrawn", by=by, reason=reason, at=at)


def ask_reopening(*, entity: str, month: date, by: str, reason: str, at: datetime) -> str:
    """Ask another person to open a closed month again.

    :raises NotItsTurn: it is not closed, or a later month is closed or being closed.
    :raises ReasonMissing: no reason was given.
    """
    return _move(entity=entity, month=month, event="asked", by=by, reason=reason, at=at)


def reopen_period(*, entity: str, month: date, by: str, at: datetime) -> str:
    """Open a closed month again, as somebody else asked.

    :raises AnotherPersonNeeded: nobody asked, or you did.
    :raises NotItsTurn: it is not closed, or a later month is closed or being closed.
    """
    return _move(entity=entity, month=month, event="reopened", by=by, reason="", at=at)


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """The first moment of the month and of the next one, in the platform's time zone."""
    first = month.replace(day=1)
    following = (
        first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
    )
    return timezone.make_aware(datetime.combine(first, time())), timezone.make_aware(
        datetime.combine(following, time())
    )


def _move(*, entity: str, month: date, event: str, by: str, reason: str, at: datetime) -> str:
    starts_at, ends_at = month_bounds(month)
    values = [entity, starts_at, ends_at, event, by, reason, at]
    return str(alone("SELECT ledger_move_period(%s, %s, %s, %s, %s, %s, %s)", values))
