"""What travels between the databases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EventFact:
    """One thing that became true in another database. `payload` is the whole state, not a difference."""

    id: str  # evt_…
    topic: str  # "catalog.edition", "catalog.author", "identity.user"
    subject_ref: str  # the public id of what changed
    payload: Mapping[str, Any]
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class LagFact:
    """How far one consumer is behind one source."""

    consumer: str
    source: str
    waiting_count: int  # committed events that it has not applied
    oldest_waiting_at: datetime | None
    updated_at: datetime
    latest_error: str  # empty when the latest run went through
