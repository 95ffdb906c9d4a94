"""What readers did."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionFact:
    """Somebody read pages of an edition on a device."""

    id: str  # ses_…
    user_ref: str
    edition_ref: str
    device_ref: str
    client_uuid: UUID
    first_page: int
    last_page: int
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class ProgressFact:
    """How far one reader is in one edition."""

    edition_ref: str
    read_count: int  # different pages
    furthest_page: int
    last_read_at: datetime


@dataclass(frozen=True, slots=True)
class DailyFact:
    """What one reader read of one edition on one day (UTC, by the end of the session)."""

    day: date
    user_ref: str
    edition_ref: str
    session_count: int
    read_count: int  # different pages of that day
    seconds_count: int
