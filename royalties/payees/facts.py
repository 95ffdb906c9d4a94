"""Who is paid."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PayeeFact:
    id: str  # pye_…
    name: str
    author_ref: str | None  # aut_… of the catalogue, None for heirs, agents, publishers
    user_ref: str | None  # usr_… of who signs in to see the statements
    country: str
    language: str
    email: str
