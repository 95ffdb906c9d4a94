"""The ledger's own sweeps: holds whose time is over, days that are over."""

from celery import shared_task
from django.utils import timezone

from billing.ledger import operations

_HOLDS_A_TURN = 500
_TURNS_MAX = 20


@shared_task(ignore_result=True)
def expire_holds() -> int:
    """Free what expired holds still promise."""
    ended = 0
    for _ in range(_TURNS_MAX):
        turn = operations.expire_holds(at=timezone.now(), limit=_HOLDS_A_TURN)
        ended += turn
        if turn < _HOLDS_A_TURN:
            break
    return ended


@shared_task(ignore_result=True)
def seal_days() -> int:
    """Seal the days that are over."""
    return len(operations.seal_days(at=timezone.now()))
