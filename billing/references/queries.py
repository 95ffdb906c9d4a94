"""Books, authors and users as billing knows them."""

from collections.abc import Collection, Mapping

from billing.references.facts import AuthorOfBook, BookFact, UserFact
from billing.references.models import AuthorReference, BookReference, UserReference


class UnknownBook(Exception):
    """No such edition has reached billing."""


class UnknownAuthor(Exception):
    """No such author has reached billing."""


class UnknownUser(Exception):
    """No such user has reached billing."""


def book(edition_ref: str) -> BookFact:
    """One edition, with its authors' present names.

    :raises UnknownBook: it has not reached billing.
    """
    found = books([edition_ref])
    if edition_ref not in found:
        raise UnknownBook(f"no book for edition {edition_ref}")
    return found[edition_ref]


def books(edition_refs: Collection[str]) -> Mapping[str, BookFact]:
    """The editions that are known, by their reference; unknown ones are simply missing."""
    rows = list(BookReference.objects.filter(pk__in=set(edition_refs)))
    mentioned = {one["author_ref"] for row in rows for one in row.contributors}
    names = dict(AuthorReference.objects.filter(pk__in=mentioned).values_list("author_ref", "name"))
    return {row.edition_ref: _fact(row, names) for row in rows}


def author(author_ref: str) -> AuthorOfBook:
    """One author under the name in use now.

    :raises UnknownAuthor: it has not reached billing.
    """
    row = AuthorReference.objects.filter(pk=author_ref).first()
    if row is None:
        raise UnknownAuthor(f"no author {author_ref}")
    return AuthorOfBook(row.author_ref, row.name, "author")


def user(user_ref: str) -> UserFact:
    """One user.

    :raises UnknownUser: it has not reached billing.
    """
    row = UserReference.objects.filter(pk=user_ref).first()
    if row is None:
        raise UnknownUser(f"no user {user_ref}")
    return UserFact(row.user_ref, row.name, row.email, row.language)


def user_by_email(email: str) -> UserFact:
    """One user by e-mail address, in whatever case it is written.

    :raises UnknownUser: nobody with this address has reached billing.
    """
    row = UserReference.objects.filter(email=email.strip().lower()).first()
    if row is None:
        raise UnknownUser(f"no user {email}")
    return UserFact(row.user_ref, row.name, row.email, row.language)


def user_names(user_refs: Collection[str]) -> Mapping[str, str]:
    """What users are called, by reference; unknown ones are left out."""
    return dict(UserReference.objects.filter(pk__in=set(user_refs)).values_list("user_ref", "name"))


def _fact(row: BookReference, names: Mapping[str, str]) -> BookFact:
    contributors = tuple(
        AuthorOfBook(one["author_ref"], names.get(one["author_ref"], one["name"]), one["role"])
        for one in row.contributors
    )
    return BookFact(row.edition_ref, row.book_ref, row.title, row.language, row.kind, contributors)
