"""The demo catalogue: real works, written down in `demo_works.json`, loaded through the public operations."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from catalog import operations, queries, spelling

_WORKS = Path(__file__).with_name("demo_works.json")
# One work in several formats: what the address of the others ends with.
_ENDINGS = {
    "ebook": "",
    "audio": "-audio",
    "comic": "-bande-dessinee",
    "school": "-edition-scolaire",
    "press": "-presse",
}


@transaction.atomic(using=operations.DATABASE)
def load(*, at: datetime) -> tuple[str, ...]:
    """The ids of all demo editions, in the order of the file. What is already there is left as it is."""
    told = json.loads(_WORKS.read_text(encoding="utf-8"))
    publisher_ref = _publisher(told["publisher"], at=at)
    for category in told["categories"]:
        _category(category, at=at)
    authors = {author["slug"]: _author(author, at=at) for author in told["authors"]}
    editions: list[str] = []
    for work in told["works"]:
        editions += _editions(work, authors=authors, publisher_ref=publisher_ref, at=at)
    return tuple(editions)


def _publisher(told: dict[str, Any], *, at: datetime) -> str:
    try:
        return queries.publisher_by_slug(told["slug"]).id
    except queries.NoSuchPublisher:
        return operations.add_publisher(**told, at=at)


def _category(told: dict[str, Any], *, at: datetime) -> None:
    try:
        operations.add_category(**told, at=at)
    except operations.SlugTaken:
        return  # loaded before


def _author(told: dict[str, Any], *, at: datetime) -> str:
    try:
        return queries.author_by_slug(told["slug"]).id
    except queries.NoSuchAuthor:
        return operations.add_author(**told, at=at)


def _editions(work: dict[str, Any], *, authors: dict[str, str], publisher_ref: str, at: datetime) -> list[str]:
    book_ref = ""
    editions = []
    for told in work["editions"]:
        title = told.get("title", work["title"])
        slug = spelling.slug(title) + _ENDINGS[told["kind"]]
        try:
            edition = queries.edition_by_slug(slug)
            book_ref = edition.book_ref
            editions.append(edition.id)
        except queries.NoSuchEdition:
            book_ref = book_ref or _book(work, authors=authors, at=at)
            editions.append(
                operations.add_edition(
                    book_ref=book_ref,
                    publisher_ref=publisher_ref,
                    slug=slug,
                    title=title,
                    subtitle=told.get("subtitle", ""),
                    language=told["language"],
                    kind=told["kind"],
                    credits=[(authors[name], "translator") for name in told.get("translators", [])],
                    page_count=told.get("page_count"),
                    at=at,
                )
            )
    return editions


def _book(work: dict[str, Any], *, authors: dict[str, str], at: datetime) -> str:
    return operations.add_book(
        title=work["title"],
        credits=[(authors[name], "author") for name in work["authors"]],
        categories=work["categories"],
        original_language=work["original_language"],
        region=work["region"],
        first_published_year=work.get("first_published_year"),
        summary=work["summary"],
        at=at,
    )
