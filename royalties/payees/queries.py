"""What others may know of payees."""

from collections.abc import Collection, Mapping

from royalties.payees.facts import PayeeFact
from royalties.payees.models import Payee


class NoSuchPayee(Exception):
    """No payee has that reference."""


def payee(payee_ref: str) -> PayeeFact:
    """
    :raises NoSuchPayee: nobody has that reference.
    """
    found = Payee.objects.filter(pk=payee_ref).first()
    if found is None:
        raise NoSuchPayee(payee_ref)
    return found.as_fact()


def payee_of_user(user_ref: str) -> PayeeFact | None:
    """Whose statements this user signs in to see; most users are no payee."""
    found = Payee.objects.filter(user_ref=user_ref).first()
    return found.as_fact() if found else None


def payees() -> tuple[PayeeFact, ...]:
    """Everybody, by name."""
    return tuple(row.as_fact() for row in Payee.objects.order_by("name", "id"))


def named(payee_refs: Collection[str]) -> Mapping[str, PayeeFact]:
    """The payees of these references, by reference; unknown ones are left out."""
    return {row.id: row.as_fact() for row in Payee.objects.filter(pk__in=payee_refs)}
