"""People and programs that sign in, made through the public operations."""

from collections.abc import Collection
from datetime import UTC, datetime

from billing.ids import new_id
from config.identity import operations
from config.identity.facts import IssuedKey, PersonFact

AT = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
PASSWORD = "baobab-parapluie-42"


def person(
    *,
    email: str = "",
    name: str = "Awa Diop (démo)",
    password: str | None = PASSWORD,
    roles: Collection[str] = ("reader",),
    language: str = "fr",
    at: datetime = AT,
) -> PersonFact:
    email = email or f"{new_id('mel', at)}@example.org"
    return operations.add_user(email=email, name=name, password=password, roles=roles, language=language, at=at)


def key(*, owner: PersonFact | None = None, label: str = "essai", at: datetime = AT) -> IssuedKey:
    owner = owner or person(roles=("client",), password=None)
    return operations.issue_key(owner_ref=owner.id, label=label, at=at)
