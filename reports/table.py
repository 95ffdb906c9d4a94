"""A table on its way to a spreadsheet, to paper or to a text file: columns, and rows as a stream. Pure."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Amount:
    """A cell that is money."""

    minor: int
    currency: str


Cell = str | int | date | Amount | None


class Kind(StrEnum):
    """What a row is. Only lines are the books' own; the rest can be reckoned from them."""

    OPENING = "opening"
    LINE = "line"
    CLOSING = "closing"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    width: int  # of a sheet, in characters
    paper_mm: int = 0  # of a page; 0: not on paper
    once: bool = False  # on paper: said where an account begins and ends, not again on each line
    is_amount: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    kind: Kind
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `rows` can be read once, and reads the ledger while it is: close it when you stop before its end."""

    name: str  # short, of a sheet: "VT"
    title: str
    columns: tuple[Column, ...]
    rows: Generator[Row, None, None]
