"""Editions to sell, made through the catalogue's operations."""

import time
from collections.abc import Collection
from datetime import datetime

from billing.references import operations as references
from billing.references import queries as reference_queries
from catalog import operations, queries
from catalog.facts import EditionFact


def carry(*, edition_refs: Collection[str], at: datetime) -> None:
    """Until billing knows these editions. Once is usually enough; PostgreSQL's own housekeeping may hold facts back."""
    deadline = time.monotonic() + 60
    while True:
        references.refresh(at=at)
        if set(reference_queries.books(edition_refs)) >= set(edition_refs):
            return
        assert time.monotonic() < deadline, "billing does not hear of the catalogue"
        time.sleep(0.05)


def edition(
    *,
    at: datetime,
    title: str = "Les Trois Sources",
    authors: tuple[str, ...] = ("Awa Démo",),
    language: str = "fr",
    kind: str = "ebook",
    categories: tuple[str, ...] = (),
    page_count: int | None = 120,
    summary: str = "",
) -> EditionFact:
    """One edition of a new book by new authors."""
    credits = [(operations.add_author(name=name, at=at), "author") for name in authors]
    for slug in categories:
        category(slug=slug, at=at)
    book_ref = operations.add_book(title=title, credits=credits, categories=categories, summary=summary, at=at)
    edition_ref = operations.add_edition(
        book_ref=book_ref, publisher_ref=publisher(at=at), language=language, kind=kind, page_count=page_count, at=at
    )
    return queries.edition(edition_ref)


def publisher(*, at: datetime, slug: str = "maison-demo") -> str:
    """The id of the one publisher of the tests."""
    try:
        return queries.publisher_by_slug(slug).id
    except queries.NoSuchPublisher:
        return operations.add_publisher(name="Maison (démo)", slug=slug, country="SN", at=at)


def category(*, slug: str, at: datetime) -> str:
    """The category with that slug, made if need be."""
    try:
        return operations.add_category(name=slug.capitalize(), slug=slug, at=at)
    except operations.SlugTaken:
        return slug
