"""A form's one-time key: the first to send it does the work, everybody after is shown what came of it."""

from datetime import datetime, timedelta

from django.db.models import Q

from billing.ids import looks_like, new_id
from billing.web.models import Submission

PREFIX = "chk"
LOCK = timedelta(seconds=90)  # longer than any start of a payment takes; then whoever held it is dead


class StillRunning(Exception):
    """The same form was sent a moment ago and is being worked on."""


def new_key(at: datetime) -> str:
    """A key for a form about to be drawn."""
    return new_id(PREFIX, at)


def is_key(text: str) -> bool:
    """Whether the text can be a key of ours."""
    return looks_like(text, PREFIX)


def claim(*, key: str, at: datetime) -> str | None:
    """The payment this form has already made, or None with the right to make one.

    :raises StillRunning: somebody else holds that right.
    """
    # Two clicks at the same instant: the primary key lets one insert through.
    row, first = Submission.objects.get_or_create(key=key, defaults={"sent_at": at, "locked_until": at + LOCK})
    if first:
        return None
    if row.payment_ref:
        return row.payment_ref
    dead = Q(key=key, payment_ref="", locked_until__lte=at)
    if not Submission.objects.filter(dead).update(locked_until=at + LOCK):
        raise StillRunning(key)
    return None


def settle(*, key: str, payment_ref: str) -> None:
    """Note what came of the form. The first word stays."""
    Submission.objects.filter(key=key, payment_ref="").update(payment_ref=payment_ref)


def free(*, key: str, at: datetime) -> None:
    """Nothing came of it: the same form may be sent again."""
    Submission.objects.filter(key=key, payment_ref="").update(locked_until=at)


def outcome(*, key: str, at: datetime) -> str | None:
    """The payment this form made; None when it made none and nobody is at it any more.

    :raises StillRunning: somebody is.
    """
    row = Submission.objects.filter(key=key).first()
    if row is None or (not row.payment_ref and row.locked_until <= at):
        return None
    if not row.payment_ref:
        raise StillRunning(key)
    return row.payment_ref
