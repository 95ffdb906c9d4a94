"""Writing down what was read. Reads no clock: callers pass `at`."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from billing.ids import new_id
from reading.activity.facts import SessionFact
from reading.activity.models import ReadingSession

DATABASE = "reading"
LONGEST = timedelta(hours=24)
CLOCK_TOLERANCE = timedelta(minutes=10)  # phones' clocks are rarely exact


class PagesOutOfOrder(Exception):
    """A session has a first page of at least 1 and a last page not before it."""


class TimesOutOfOrder(Exception):
    """A session ends after it began, and lasts no longer than a day."""


class ClockAhead(Exception):
    """The session ended in the future: the device's clock is wrong."""


class SessionReused(Exception):
    """That client UUID already belongs to a session with another book or other pages."""


@transaction.atomic(using=DATABASE)
def record_session(
    *,
    user_ref: str,
    edition_ref: str,
    device_ref: str,
    client_uuid: UUID,
    started_at: datetime,
    ended_at: datetime,
    first_page: int,
    last_page: int,
    at: datetime,
) -> SessionFact:
    """Write one session down, once: a device that does not know whether we heard it sends the same UUID again.

    :raises PagesOutOfOrder, TimesOutOfOrder, ClockAhead: it cannot have happened so; nothing is written.
    :raises SessionReused: the UUID was used for something else.
    """
    if not 1 <= first_page <= last_page:
        raise PagesOutOfOrder(f"{first_page}–{last_page}")
    if not timedelta(0) <= ended_at - started_at <= LONGEST:
        raise TimesOutOfOrder(f"{started_at} – {ended_at}")
    if ended_at > at + CLOCK_TOLERANCE:
        raise ClockAhead(f"{ended_at} told at {at}")
    row, is_new = ReadingSession.objects.get_or_create(
        user_ref=user_ref,
        client_uuid=client_uuid,
        defaults={
            "id": new_id("ses", at),
            "edition_ref": edition_ref,
            "device_ref": device_ref,
            "first_page": first_page,
            "last_page": last_page,
            "started_at": started_at,
            "ended_at": ended_at,
            "recorded_at": at,
        },
    )
    # The times first told stay: a page that is posted again comes with a later clock.
    if not is_new and (row.edition_ref, row.first_page, row.last_page) != (edition_ref, first_page, last_page):
        raise SessionReused(str(client_uuid))
    return row.as_fact()
