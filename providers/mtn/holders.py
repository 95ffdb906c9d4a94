"""Who holds a wallet, as MTN tells it. Pure."""

import re
import unicodedata
from typing import Any

from providers.errors import UnreadableAnswer

_WORD = re.compile(r"[^\W\d_]+")


def read_active(document: Any) -> bool:
    """:raises UnreadableAnswer: neither yes nor no."""
    told = document.get("result") if isinstance(document, dict) else None
    if not isinstance(told, bool):
        raise UnreadableAnswer("neither active nor not")
    return told


def read_name(document: Any) -> str | None:
    """The person's name from the basic data; None when there is none."""
    if not isinstance(document, dict):
        raise UnreadableAnswer("basic data that is no JSON object")
    keys = ("name",) if document.get("name") else ("given_name", "family_name")
    parts = [document.get(key) for key in keys]
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()) or None


def same_person(name: str, told: str) -> bool:
    """Whether two spellings can be one person: the same words in any order, accents and case aside.

    One side may leave out further given names, but two words at least must be on both.
    """
    ours, theirs = _words(name), _words(told)
    common = ours & theirs
    return bool(common) and (ours == theirs or (len(common) >= 2 and common in (ours, theirs)))


def _words(name: str) -> frozenset[str]:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return frozenset(_WORD.findall("".join(letter for letter in decomposed if not unicodedata.combining(letter))))
