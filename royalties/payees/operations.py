"""Everything that changes payees. Reads no clock: callers pass `at`."""

from datetime import datetime

from django.db import IntegrityError, transaction

from billing.ids import new_id
from royalties.payees.facts import PayeeFact
from royalties.payees.models import Payee


class UserIsPayeeAlready(Exception):
    """The user signs in for another payee."""


def add_payee(
    *,
    name: str,
    country: str,
    language: str,
    email: str,
    at: datetime,
    author_ref: str | None = None,
    user_ref: str | None = None,
) -> PayeeFact:
    """Register somebody royalties can be paid to.

    :raises UserIsPayeeAlready: `user_ref` belongs to another payee; nothing was changed.
    """
    payee = Payee(
        id=new_id("pye", at),
        name=name,
        author_ref=author_ref,
        user_ref=user_ref,
        country=country,
        language=language,
        email=email,
        created_at=at,
    )
    try:
        with transaction.atomic():
            payee.save(force_insert=True)
    except IntegrityError as taken:
        if "payee_user_once" in str(taken):
            raise UserIsPayeeAlready(f"{user_ref} already signs in for a payee") from taken
        raise
    return payee.as_fact()
