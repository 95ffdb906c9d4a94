"""How often a sign-in may be tried: counters in PostgreSQL, counted before the password is looked at.

Counting first and in one statement makes a burst of parallel tries as good as a queue of them. A limit slows; it never
ends a session that is open, it passes by itself, and an operator may lift it (`manage.py sign_in_unlock`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.db.models import F
from django.utils.crypto import salted_hmac

from config.identity.addresses import network
from config.identity.models import AttemptCount

WINDOW = timedelta(minutes=15)
# At one place somebody mistypes; at many places at once it is an attack on the account; many accounts from one place
# is either an attack or a phone network that shares an address among its customers, so that limit is wide.
ACCOUNT_AT_ADDRESS_MAX = 10
ACCOUNT_MAX = 30
ADDRESS_MAX = 100
REFRESH_MAX = 1_000

_COUNT = """
INSERT INTO identity_attemptcount AS counted (key, window_started_at, attempt_count)
VALUES (%(key)s, %(at)s, 1)
ON CONFLICT (key) DO UPDATE SET
    attempt_count = CASE WHEN counted.window_started_at <= %(window_opened)s THEN 1 ELSE counted.attempt_count + 1 END,
    window_started_at = CASE WHEN counted.window_started_at <= %(window_opened)s THEN %(at)s
                             ELSE counted.window_started_at END
RETURNING attempt_count, window_started_at
"""


@dataclass(frozen=True, slots=True)
class _Limit:
    key: str
    most: int


class TooManyAttempts(Exception):
    """Wait until `until`. Said of accounts that do not exist in the same words."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many attempts; again at {until:%H:%M:%S}")
        self.until = until


def count_sign_in(*, email: str, address: str, at: datetime) -> None:
    """Count one try.

    :raises TooManyAttempts: a limit is passed; the password must not be looked at.
    """
    ends = [end for limit in _sign_in_limits(email, address) if (end := _count(limit, at)) is not None]
    if ends:
        raise TooManyAttempts(max(ends))


def forgive_sign_in(*, email: str, address: str) -> None:
    """The try was good: it counts for nothing, and the mistypings at this place are forgotten."""
    at_place, *wider = _sign_in_limits(email, address)
    AttemptCount.objects.filter(pk=at_place.key).delete()
    AttemptCount.objects.filter(pk__in=[limit.key for limit in wider]).update(attempt_count=F("attempt_count") - 1)


def lift(*, email: str) -> None:
    """Let this account be tried again from everywhere (addresses keep their own limit)."""
    AttemptCount.objects.filter(pk__startswith=_key("account", email)).delete()


def count_refresh(*, address: str, at: datetime) -> None:
    """Count one try to refresh a token.

    :raises TooManyAttempts: this address tries too often.
    """
    end = _count(_Limit(_key("refresh", network(address)), REFRESH_MAX), at)
    if end is not None:
        raise TooManyAttempts(end)


def forget_old(*, at: datetime) -> int:
    """Remove counters whose window is over; answers how many."""
    return AttemptCount.objects.filter(window_started_at__lt=at - WINDOW).delete()[0]


def _sign_in_limits(email: str, address: str) -> tuple[_Limit, _Limit, _Limit]:
    account, place = _key("account", email), _key("address", network(address))
    # The account comes first in the joint key, so that `lift` finds all of an account's counters.
    return (
        _Limit(account + place, ACCOUNT_AT_ADDRESS_MAX),
        _Limit(account, ACCOUNT_MAX),
        _Limit(place, ADDRESS_MAX),
    )


def _key(kind: str, text: str) -> str:
    """32 characters that tell nothing about the text."""
    return salted_hmac(f"config.identity.limits {kind}", text.strip().lower(), algorithm="sha256").hexdigest()[:32]


def _count(limit: _Limit, at: datetime) -> datetime | None:
    """Count one; the end of the window when that was one too many."""
    with connections["auth"].cursor() as cursor:
        cursor.execute(_COUNT, {"key": limit.key, "at": at, "window_opened": at - WINDOW})
        count, started = cursor.fetchone()
    return started + WINDOW if count > limit.most else None
