"""Everything that changes the catalogue. Each change is told in the outbox. Reads no clock: callers pass `at`."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

from django.db import connections, transaction
from django.db.models import Model

from catalog import queries, spelling
from catalog.models import KINDS, ROLES, Author, Book, Category, Contribution, Edition, Publisher, Shelving
from catalog.queries import NoSuchAuthor, NoSuchEdition
from sync.ids import new_id
from sync.operations import publish

DATABASE = "catalog"

Row = TypeVar("Row", bound=Model)
# Who did what: an author's id and a role.
Credit = tuple[str, str]


class SlugTaken(Exception):
    """The address asked for belongs to something else."""


class UnknownKind(Exception):
    """An edition is an ebook, audio, press, a comic or a school book."""


class UnknownRole(Exception):
    """A person contributes as author, translator, illustrator, editor or with the preface."""


class UnknownReference(Exception):
    """A book, author, publisher or category named in the call is not in the catalogue."""


@transaction.atomic(using=DATABASE)
def add_publisher(*, name: str, at: datetime, country: str = "", slug: str = "") -> str:
    """A new publisher's id.

    :raises SlugTaken: the slug asked for is in use.
    """
    publisher = Publisher(id=new_id("pub", at), name=name, country=country)
    publisher.slug = _free_slug(Publisher, asked=slug, text=name)
    publisher.save(force_insert=True)
    return publisher.id


@transaction.atomic(using=DATABASE)
def add_author(
    *,
    name: str,
    at: datetime,
    country: str = "",
    born_year: int | None = None,
    died_year: int | None = None,
    slug: str = "",
) -> str:
    """A new author's id. Two people may have one name, so the same name twice makes two authors.

    :raises SlugTaken: the slug asked for is in use.
    """
    author = Author(id=new_id("aut", at), name=name, country=country, born_year=born_year, died_year=died_year)
    author.slug = _free_slug(Author, asked=slug, text=name)
    author.save(force_insert=True)
    _tell_author(author, at=at)
    return author.id


@transaction.atomic(using=DATABASE)
def rename_author(*, author_ref: str, name: str, at: datetime) -> None:
    """Write the name otherwise. The address stays; every edition with this person is told anew.

    :raises NoSuchAuthor: no author has that id.
    """
    author = Author.objects.select_for_update().filter(id=author_ref).first()
    if author is None:
        raise NoSuchAuthor(author_ref)
    author.name = name
    author.save(update_fields=["name"])
    _tell_author(author, at=at)
    editions = Edition.objects.filter(book__contributions__author=author).order_by("id")
    for edition_ref in editions.values_list("id", flat=True).distinct():
        _tell_edition(edition_ref, at=at)


@transaction.atomic(using=DATABASE)
def add_category(*, name: str, at: datetime, slug: str = "") -> str:
    """A new category's slug.

    :raises SlugTaken: the slug asked for is in use.
    """
    category = Category(id=new_id("cat", at), name=name, slug=_free_slug(Category, asked=slug, text=name))
    category.save(force_insert=True)
    return category.slug


@transaction.atomic(using=DATABASE)
def add_book(
    *,
    title: str,
    credits: Sequence[Credit],
    at: datetime,
    categories: Iterable[str] = (),
    original_language: str = "",
    region: str = "",
    first_published_year: int | None = None,
    summary: str = "",
) -> str:
    """A new work's id. `credits` may be empty: some works have no known author.

    :raises UnknownRole: a credit with another role.
    :raises UnknownReference: an author or a category that is not in the catalogue.
    """
    book = Book.objects.create(
        id=new_id("bok", at),
        title=title,
        original_language=original_language,
        region=region,
        first_published_year=first_published_year,
        summary=summary,
    )
    _credit(book=book, edition=None, credits=credits)
    shelves = [_known(Category, slug=slug) for slug in dict.fromkeys(categories)]
    Shelving.objects.bulk_create(Shelving(book=book, category=shelf) for shelf in shelves)
    return book.id


@transaction.atomic(using=DATABASE)
def add_edition(
    *,
    book_ref: str,
    publisher_ref: str,
    language: str,
    kind: str,
    at: datetime,
    title: str = "",
    subtitle: str = "",
    credits: Sequence[Credit] = (),
    page_count: int | None = None,
    isbn: str | None = None,
    slug: str = "",
) -> str:
    """A new edition's id; its title is the work's unless told. `credits` are for this edition alone.

    :raises UnknownKind: no such kind.
    :raises UnknownRole: a credit with another role.
    :raises UnknownReference: a book, publisher or author that is not in the catalogue.
    :raises SlugTaken: the slug asked for is in use.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    book = _known(Book, id=book_ref)
    edition = Edition(
        id=new_id("edn", at),
        book=book,
        publisher=_known(Publisher, id=publisher_ref),
        title=title or book.title,
        subtitle=subtitle,
        language=language,
        kind=kind,
        isbn=isbn,
        page_count=page_count,
    )
    edition.slug = _free_slug(Edition, asked=slug, text=edition.title)
    edition.save(force_insert=True)
    _credit(book=book, edition=edition, credits=credits)
    _tell_edition(edition.id, at=at)
    return edition.id


@transaction.atomic(using=DATABASE)
def retitle_edition(*, edition_ref: str, title: str, at: datetime, subtitle: str = "") -> None:
    """Correct the title. The address stays: it may be printed somewhere.

    :raises NoSuchEdition: no edition has that id.
    """
    edition = Edition.objects.select_for_update().filter(id=edition_ref).first()
    if edition is None:
        raise NoSuchEdition(edition_ref)
    edition.title, edition.subtitle = title, subtitle
    edition.save(update_fields=["title", "subtitle"])
    _tell_edition(edition.id, at=at)


def _credit(*, book: Book, edition: Edition | None, credits: Sequence[Credit]) -> None:
    for position, (author_ref, role) in enumerate(credits):
        if role not in ROLES:
            raise UnknownRole(role)
        author = _known(Author, id=author_ref)
        Contribution.objects.create(book=book, edition=edition, author=author, role=role, position=position)


def _known(model: type[Row], **key: str) -> Row:
    row = model._default_manager.filter(**key).first()
    if row is None:
        raise UnknownReference(f"{model.__name__} {next(iter(key.values()))}")
    return row


def _free_slug(model: type[Model], *, asked: str, text: str) -> str:
    """The slug asked for, or the first free one made from the text: `georges`, `georges-2`, …"""
    wanted = asked or spelling.slug(text) or model.__name__.lower()
    # Two adders of one title at once would both find the same slug free.
    with connections[DATABASE].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{model.__name__}:{wanted}"])
    rows = model._default_manager
    if not rows.filter(slug=wanted).exists():
        return wanted
    if asked:
        raise SlugTaken(asked)
    number = 2
    while rows.filter(slug=f"{wanted}-{number}").exists():
        number += 1
    return f"{wanted}-{number}"


def _tell_author(author: Author, *, at: datetime) -> None:
    payload = {"id": author.id, "name": author.name}
    publish(using=DATABASE, topic="catalog.author", subject_ref=author.id, payload=payload, at=at)


def _tell_edition(edition_ref: str, *, at: datetime) -> None:
    """Write the plain spellings anew and say what the edition is now."""
    fact = queries.edition(edition_ref)
    names = [contributor.name for contributor in fact.contributors]
    Edition.objects.filter(id=edition_ref).update(
        search_text=spelling.plain(" ".join([fact.title, fact.subtitle, *names])),
        sort_title=spelling.plain(fact.title)[:300],
    )
    publish(using=DATABASE, topic="catalog.edition", subject_ref=edition_ref, payload=asdict(fact), at=at)
