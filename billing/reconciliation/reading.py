"""A settlement file, CSV or XLSX, line by line in bounded memory. What cannot be read is told with its line number."""

import codecs
import csv
import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

import openpyxl

from billing.reconciliation import cells, rows
from billing.reconciliation.column_maps import ColumnMap

PROBLEMS_MAX = 100  # told of one file; more would not help anybody
HEADER_WITHIN = 20  # lines of title that may stand above the headings
_XLSX_BYTES_MAX = 2_000_000_000  # unpacked
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line (0: with the file as a whole)."""

    line_no: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line_no}: {self.message}" if self.line_no else self.message


class BadFile(Exception):
    """The file was not imported, no line of it; `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems[:5])))
        self.problems = tuple(problems)


def format_of(path: Path) -> str:
    """`csv` or `xlsx`, by what the file is and not by its name."""
    with path.open("rb") as file:
        return "xlsx" if file.read(4) == b"PK\x03\x04" else "csv"


def digest_of(path: Path) -> tuple[str, str]:
    """The file's SHA-256, and its encoding: what its mark says, else UTF-8 if all of it is, else Windows-1252."""
    digest, decoder, is_utf8 = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), True
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        while block := file.read(1 << 20):
            digest.update(block)
            if is_utf8:
                is_utf8 = _decodes(decoder, block)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return digest.hexdigest(), "utf-16"
    return digest.hexdigest(), "utf-8-sig" if is_utf8 else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def lines(path: Path, columns: ColumnMap, *, market: str, encoding: str) -> Iterator[str]:
    """Every line of the file as `staging.copy` takes it.

    :raises BadFile: unknown or missing headings, or lines that cannot be read (all told, up to a hundred).
    """
    table = _xlsx(path) if columns.format == "xlsx" else _csv(path, columns, encoding)
    number, headings = _headings(table, columns)
    problems: list[Problem] = []
    read = rows.Reader(columns, headings, market).read
    for line_no, row in enumerate(table, start=number + 1):
        if not any(row):
            continue
        try:
            line = read(line_no, row)
        except cells.Unreadable as problem:
            problems.append(Problem(line_no, str(problem)))
            if len(problems) >= PROBLEMS_MAX:
                break
            continue
        if line is not None and not problems:
            yield line
    if problems:
        raise BadFile(problems)


def _csv(path: Path, columns: ColumnMap, encoding: str) -> Iterator[list[str]]:
    delimiter = _delimiter(path, columns, encoding)
    with path.open(encoding=encoding, newline="") as file:
        try:
            yield from csv.reader(file, delimiter=delimiter, strict=True)
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadFile([Problem(0, f"not a CSV file: {error}")]) from None


def _delimiter(path: Path, columns: ColumnMap, encoding: str) -> str:
    """The mark that splits some line near the top into the most headings we know."""
    known = {name for names in columns.columns.values() for name in names} | columns.also
    with path.open(encoding=encoding, newline="") as file:
        try:
            top = list(islice(file, HEADER_WITHIN))
        except UnicodeDecodeError as error:
            raise BadFile([Problem(0, f"not a text file: {error}")]) from None
    counts = {
        mark: max((len(known & set(_names(line.split(mark)))) for line in top), default=0) for mark in _DELIMITERS
    }
    return max(_DELIMITERS, key=lambda mark: counts[mark])


def _xlsx(path: Path) -> Iterator[list[str]]:
    with path.open("rb") as file:  # opened by us: openpyxl goes by the file's name, we by what it is
        try:
            with zipfile.ZipFile(file) as archive:
                if sum(part.file_size for part in archive.infolist()) > _XLSX_BYTES_MAX:
                    raise BadFile([Problem(0, "the workbook unpacks to more than 2 GB")])
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise BadFile([Problem(0, f"not an Excel workbook: {error}")]) from None
        try:
            for row in book.worksheets[0].iter_rows(values_only=True):
                yield [_as_text(value) for value in row]
        finally:
            book.close()


def _as_text(value: Any) -> str:
    """A cell as a CSV file would have it. Excel keeps numbers in binary: shortest decimal form, as it was typed."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return f"{Decimal(repr(value)).normalize():f}" if type(value).__name__ == "float" else str(value)


def _names(row: Sequence[str]) -> list[str]:
    return [" ".join(cell.strip().strip('"').split()).casefold() for cell in row]


def _headings(table: Iterator[list[str]], columns: ColumnMap) -> tuple[int, list[str]]:
    """The number of the line of headings, and its headings."""
    wanted = [columns.columns["happened_at"], columns.columns["kind"]]
    for number, row in enumerate(islice(table, HEADER_WITHIN), start=1):
        names = _names(row)
        if all(set(options) & set(names) for options in wanted):
            _check(names, columns, number)
            return number, names
    raise BadFile([Problem(0, f"no line of headings ({' and '.join(options[0] for options in wanted)}) near the top")])


def _check(names: list[str], columns: ColumnMap, number: int) -> None:
    known = set(chain.from_iterable(columns.columns.values())) | columns.also
    problems = [Problem(number, f"unknown column {name!r}") for name in names if name and name not in known]
    needed = [field for field in ("amount", "credit", "debit", *columns.line_ref) if field in columns.columns]
    problems += [
        Problem(number, f"missing column {columns.columns[field][0]!r}")
        for field in dict.fromkeys(needed)
        if not set(columns.columns[field]) & set(names)
    ]
    doubled = {name for name in names if name and names.count(name) > 1}
    problems += [Problem(number, f"column {name!r} stands there twice") for name in sorted(doubled)]
    if problems:
        raise BadFile(problems)
