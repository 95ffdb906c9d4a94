"""Local copies of what other databases own. Good enough to print and to decide; never edited here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuthorOfBook:
    author_ref: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class BookFact:
    """One edition as billing knows it."""

    edition_ref: str
    book_ref: str
    title: str
    language: str
    kind: str  # also the product kind of tax rules: ebook, audio, press, …
    contributors: tuple[AuthorOfBook, ...]


@dataclass(frozen=True, slots=True)
class UserFact:
    user_ref: str
    name: str
    email: str
    language: str
