"""Who may read what is a payee's own."""

from typing import Protocol

from royalties.payees import queries

_SEES_ALL = "identity.see_finance"


class Reader(Protocol):
    """Whoever is signed in, as far as this package needs to know them."""

    pk: str

    def has_perm(self, perm: str) -> bool: ...


def may_read(reader: Reader, *, payee_ref: str) -> bool:
    """A payee reads their own documents, finance reads everybody's."""
    own = queries.payee_of_user(reader.pk)
    return (own is not None and own.id == payee_ref) or reader.has_perm(_SEES_ALL)
