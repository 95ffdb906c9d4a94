"""May this reader open this edition, and why; what stands on their shelf; and reading that is written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import billing.invoices.queries as invoices
import catalog.queries as catalog
import reading.activity.operations as activity
from catalog.facts import EditionFact
from catalog.queries import NoSuchEdition as NoSuchEdition
from reading.activity import queries
from reading.activity.facts import ProgressFact, SessionFact


class Reason(StrEnum):
    """Why a reader may or may not open an edition."""

    BOUGHT = "bought"
    NOT_BOUGHT = "not_bought"


@dataclass(frozen=True, slots=True)
class Permission:
    may: bool
    why: Reason


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """One edition the reader may open, and how far they are."""

    edition: EditionFact
    progress: ProgressFact | None  # None: never opened


class NotOnShelf(Exception):
    """The reader may not open that edition."""


class BeyondLastPage(Exception):
    """The edition has fewer pages than the session tells."""

    def __init__(self, page_count: int) -> None:
        super().__init__(f"{page_count} pages")
        self.page_count = page_count


def may_open(*, user_ref: str, edition_ref: str) -> Permission:
    """Whether the reader may open the edition. So far buying is the only way."""
    if edition_ref in invoices.paid_editions_of(user_ref):
        return Permission(may=True, why=Reason.BOUGHT)
    return Permission(may=False, why=Reason.NOT_BOUGHT)


def shelf(user_ref: str) -> tuple[ShelfItem, ...]:
    """Everything the reader may open: what they read last first, then the unopened by title."""
    editions = catalog.editions_by_ref(invoices.paid_editions_of(user_ref))
    progress = queries.progress(user_ref=user_ref, edition_refs=tuple(editions))
    unopened = [edition for edition in editions.values() if edition.id not in progress]
    return (*_opened(editions, progress), *(ShelfItem(edition=edition, progress=None) for edition in unopened))


def item(*, user_ref: str, edition_ref: str) -> ShelfItem:
    """One edition with the reader's progress, whether or not they may open it.

    :raises NoSuchEdition: the catalogue does not know it.
    """
    edition = catalog.edition(edition_ref)
    progress = queries.progress(user_ref=user_ref, edition_refs=(edition_ref,))
    return ShelfItem(edition=edition, progress=progress.get(edition_ref))


def record(
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
    """Write a session down for a reader who may open the edition.

    :raises NoSuchEdition: the catalogue does not know it.
    :raises NotOnShelf: the reader may not open it.
    :raises BeyondLastPage: it has fewer pages.
    :raises PagesOutOfOrder, TimesOutOfOrder, ClockAhead, SessionReused: see `reading.activity.operations`.
    """
    edition = catalog.edition(edition_ref)
    if not may_open(user_ref=user_ref, edition_ref=edition_ref).may:
        raise NotOnShelf(edition_ref)
    if edition.page_count is not None and last_page > edition.page_count:
        raise BeyondLastPage(edition.page_count)
    return activity.record_session(
        user_ref=user_ref,
        edition_ref=edition_ref,
        device_ref=device_ref,
        client_uuid=client_uuid,
        started_at=started_at,
        ended_at=ended_at,
        first_page=first_page,
        last_page=last_page,
        at=at,
    )


def _opened(editions: Mapping[str, EditionFact], progress: Mapping[str, ProgressFact]) -> list[ShelfItem]:
    latest_first = sorted(progress.values(), key=lambda one: one.last_read_at, reverse=True)
    return [ShelfItem(edition=editions[one.edition_ref], progress=one) for one in latest_first]
