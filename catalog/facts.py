"""What the catalogue tells others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContributorFact:
    author_ref: str  # aut_…
    name: str
    role: str  # author, translator, illustrator, editor, preface


@dataclass(frozen=True, slots=True)
class EditionFact:
    """One thing that can be sold: a work in one language and format."""

    id: str  # edn_…
    book_ref: str  # bok_…
    slug: str
    title: str
    subtitle: str
    language: str  # ISO 639: two letters, or three for languages that have only three
    kind: str  # ebook, audio, press, comic, school
    publisher: str
    contributors: tuple[ContributorFact, ...]
    categories: tuple[str, ...]  # slugs
    first_published_year: int | None
    summary: str
    page_count: int | None
    original_language: str = ""  # of the work; empty when unknown
    region: str = ""  # where the work or its author is from, in French words


@dataclass(frozen=True, slots=True)
class CategoryFact:
    slug: str
    name: str
    edition_count: int


@dataclass(frozen=True, slots=True)
class AuthorFact:
    """A person of the catalogue. Whom we pay for a book is a *payee*, another matter."""

    id: str  # aut_…
    slug: str
    name: str
    country: str
    born_year: int | None
    died_year: int | None


@dataclass(frozen=True, slots=True)
class PublisherFact:
    id: str  # pub_…
    slug: str
    name: str
    country: str
