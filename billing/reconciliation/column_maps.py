"""How each provider's settlement file is read: `maps/*.toml`, data that can be corrected without touching code. Pure.

What a map says is described in README.md. A map of low confidence is a guess until a real file has been seen; every
import keeps which map and version it was read with.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from billing.reconciliation.facts import Kind

FOLDER = Path(__file__).parent / "maps"
REQUIRED = ("happened_at", "kind", "amount", "line_ref")
FIELDS = (
    *REQUIRED, "fee", "tax", "currency", "our_ref", "provider_ref", "transaction_ref", "phone", "balance", "reversal",
    "status", "credit", "debit",
)  # fmt: skip


class NoColumnMap(Exception):
    """No map for that provider and format."""


class BadColumnMap(Exception):
    """A map that says something impossible; the message names the file and the place."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How to read one kind of file."""

    provider: str
    format: str
    version: int
    confidence: str  # high, medium, low
    source: str  # where the columns are known from
    columns: Mapping[str, tuple[str, ...]]  # field → the headings it may have, lower case
    also: frozenset[str]  # further headings that are known and only kept
    kinds: Mapping[str, tuple[Kind, Kind]]  # the provider's word → what it is when the wallet gains, and when it loses
    amount_is: str  # net: after the fee; gross: before it
    sign: str  # signed: as written; by_kind: written without, the kind tells
    decimal: str
    thousands: str
    dates: tuple[str, ...]  # strptime formats; "iso" for ISO 8601
    timezone: str  # of dates that do not say theirs
    currencies: Mapping[str, str]  # market → the currency of files that do not say it
    line_ref: tuple[str, ...]  # fields whose values name a line, joined by ":"
    counted: frozenset[str]  # status words of lines that count; empty: there is no status
    skipped: frozenset[str]  # status words of lines that never moved money

    @property
    def ref(self) -> str:
        return f"{self.provider}/{self.format}@{self.version}"


def column_map(provider: str, format: str) -> ColumnMap:
    """
    :raises NoColumnMap: there is none.
    """
    found = every().get((provider, format))
    if found is None:
        there = ", ".join(sorted(f"{name}/{kind}" for name, kind in every())) or "none"
        raise NoColumnMap(f"no column map for {provider}/{format}; there are: {there}")
    return found


@cache
def every() -> Mapping[tuple[str, str], ColumnMap]:
    """Every map in the folder.

    :raises BadColumnMap: see the exception.
    """
    maps = {}
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            for one in _read(tomllib.loads(path.read_text(encoding="utf-8"))):
                maps[one.provider, one.format] = one
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise BadColumnMap(f"{path.name}: {error}") from error
    return maps


def _read(document: Mapping[str, Any]) -> list[ColumnMap]:
    columns = {field: tuple(name.casefold() for name in names) for field, names in document["columns"].items()}
    if unknown := set(columns) - set(FIELDS):
        raise ValueError(f"unknown fields {sorted(unknown)}")
    if not {"happened_at", "kind"} <= set(columns) or not ("amount" in columns or {"credit", "debit"} <= set(columns)):
        raise ValueError("columns for happened_at, kind, and amount or credit and debit are needed")
    reading = document["reading"]
    if reading["amount_is"] not in ("net", "gross") or reading["sign"] not in ("signed", "by_kind"):
        raise ValueError("amount_is is net or gross, sign is signed or by_kind")
    made = [
        ColumnMap(
            provider=document["provider"],
            format=format_,
            version=int(document["version"]),
            confidence=document["confidence"],
            source=document["source"],
            columns=columns,
            also=frozenset(name.casefold() for name in document.get("also", ())),
            kinds={word.casefold(): _kinds(kind) for word, kind in document["kinds"].items()},
            amount_is=reading["amount_is"],
            sign=reading["sign"],
            decimal=reading["decimal"],
            thousands=reading["thousands"],
            dates=tuple(reading["dates"]),
            timezone=reading["timezone"],
            currencies=dict(reading.get("currencies", {})),
            line_ref=tuple(reading["line_ref"]),
            counted=frozenset(word.casefold() for word in reading.get("counted", ())),
            skipped=frozenset(word.casefold() for word in reading.get("skipped", ())),
        )
        for format_ in document["formats"]
    ]
    return made


def _kinds(value: str | Mapping[str, str]) -> tuple[Kind, Kind]:
    if isinstance(value, str):
        return Kind(value), Kind(value)
    return Kind(value["gained"]), Kind(value["lost"])
