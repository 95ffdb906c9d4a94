"""What this package tells about users and keys."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PersonFact:
    id: str  # usr_…
    email: str
    name: str
    language: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApiKeyFact:
    """A key as its owner sees it: never the secret."""

    id: str  # key_…
    owner_ref: str
    label: str
    prefix: str  # ck_ and eight characters, shown so that keys can be told apart
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A fresh key. `secret` exists only here: nobody can show it a second time."""

    key: ApiKeyFact
    secret: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str
