"""What the catalogue answers: editions, categories, languages."""

from collections.abc import Collection, Mapping

from django.db.models import Case, Count, QuerySet, When

from catalog.facts import AuthorFact, CategoryFact, EditionFact, PublisherFact
from catalog.models import Author, Category, Edition, Publisher
from catalog.spelling import plain


class NoSuchEdition(Exception):
    """The catalogue has no edition with that id or address."""


class NoSuchAuthor(Exception):
    """The catalogue has no author with that id or address."""


class NoSuchPublisher(Exception):
    """The catalogue has no publisher with that address."""


def editions(
    *,
    search: str = "",
    language: str = "",
    category: str = "",
    first_language: str = "",
    limit: int = 24,
    offset: int = 0,
) -> tuple[EditionFact, ...]:
    """Editions by title, those in `first_language` before the others.

    Every word of `search` is in the title or in somebody's name.
    """
    found = _with_all(_filtered(search=search, language=language, category=category))
    foreign = Case(When(language=first_language, then=0), default=1)
    ordered = found.order_by(foreign, "sort_title", "id")
    return tuple(edition.as_fact() for edition in ordered[offset : offset + limit])


def edition_count(*, search: str = "", language: str = "", category: str = "") -> int:
    """How many editions the same filters find."""
    return _filtered(search=search, language=language, category=category).count()


def edition(edition_ref: str) -> EditionFact:
    """:raises NoSuchEdition: no edition has that id."""
    return _one(Edition.objects.filter(id=edition_ref), asked=edition_ref)


def edition_by_slug(slug: str) -> EditionFact:
    """:raises NoSuchEdition: no edition has that address."""
    return _one(Edition.objects.filter(slug=slug), asked=slug)


def editions_by_ref(edition_refs: Collection[str]) -> Mapping[str, EditionFact]:
    """Those of the editions that exist, by id, in the order of their titles."""
    found = _with_all(Edition.objects.filter(id__in=tuple(edition_refs)))
    return {edition.id: edition.as_fact() for edition in found.order_by("sort_title", "id")}


def categories() -> tuple[CategoryFact, ...]:
    """Categories with at least one edition, by name."""
    found = Category.objects.annotate(edition_count=Count("shelvings__book__editions")).filter(edition_count__gt=0)
    return tuple(
        CategoryFact(slug=one.slug, name=one.name, edition_count=one.edition_count)
        for one in sorted(found, key=lambda one: plain(one.name))
    )


def languages() -> tuple[str, ...]:
    """The languages that have editions, the most frequent first."""
    counted = Edition.objects.values_list("language").annotate(count=Count("id")).order_by("-count", "language")
    return tuple(language for language, _ in counted)


def author(author_ref: str) -> AuthorFact:
    """:raises NoSuchAuthor: no author has that id."""
    return _author(Author.objects.filter(id=author_ref), asked=author_ref)


def author_by_slug(slug: str) -> AuthorFact:
    """:raises NoSuchAuthor: no author has that address."""
    return _author(Author.objects.filter(slug=slug), asked=slug)


def publisher_by_slug(slug: str) -> PublisherFact:
    """:raises NoSuchPublisher: no publisher has that address."""
    for one in Publisher.objects.filter(slug=slug):
        return one.as_fact()
    raise NoSuchPublisher(slug)


def _filtered(*, search: str, language: str, category: str) -> QuerySet[Edition]:
    found = Edition.objects.all()
    for word in plain(search).split():
        found = found.filter(search_text__contains=word)
    if language:
        found = found.filter(language=language)
    if category:
        found = found.filter(book__shelvings__category__slug=category)
    return found


def _with_all(found: QuerySet[Edition]) -> QuerySet[Edition]:
    return found.select_related("book", "publisher").prefetch_related(
        "book__contributions__author", "book__shelvings__category"
    )


def _one(found: QuerySet[Edition], *, asked: str) -> EditionFact:
    for edition in _with_all(found):
        return edition.as_fact()
    raise NoSuchEdition(asked)


def _author(found: QuerySet[Author], *, asked: str) -> AuthorFact:
    for one in found:
        return one.as_fact()
    raise NoSuchAuthor(asked)
