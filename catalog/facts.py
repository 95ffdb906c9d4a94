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
    language: str  # ISO 639-1
    kind: str  # ebook, audio, press, comic, school
    publisher: str
    contributors: tuple[ContributorFact, ...]
    categories: tuple[str, ...]  # slugs
    first_published_year: int | None
    summary: str
    page_count: int | None


@dataclass(frozen=True, slots=True)
class CategoryFact:
    slug: str
    name: str
    edition_count: int
