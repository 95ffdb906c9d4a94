"""Files of exchange rates, read line by line: the ECB's CSV as published, and a manual one of BCEAO or BEAC. Pure.

Nothing is guessed: a file is read whole or refused with every bad line named. `docs/currencies.md` shows both forms.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing import exchange
from billing.configuration.facts import PublishedRate
from billing.money import NotAnAmount, exponent

# Source → the currency its manual file quotes in. The ECB has a form of its own.
CENTRAL_BANKS = {"BCEAO": "XOF", "BEAC": "XAF"}
SOURCES = ("ECB", *CENTRAL_BANKS)

_BYTES_MAX = 64 * 1024 * 1024  # the ECB's whole history is under 2 MB
_NUMBER = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,8})?\Z")
_UNITS = {"1", "10", "100", "1000"}  # powers of ten, so that the course for one stays an exact decimal
_COLUMNS = ["date", "currency", "buying", "selling"]
# Two courses further apart than this are a slipped comma, not a bank's margin.
_SPREAD_MAX = Decimal("0.1")

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_FRENCH_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\Z")
_ENGLISH_DATE = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})\Z")
# Spelt out: the standard library's names follow the locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class NotARateFile(ValueError):
    """It is no file of this source at all: not text, no archive of one CSV, not its columns, no rates."""


@dataclass(frozen=True, slots=True)
class BadLine:
    number: int
    reason: str


class BadLines(ValueError):
    """Some lines cannot be rates; each is named. None of the file may be used."""

    def __init__(self, lines: Sequence[BadLine]) -> None:
        super().__init__("; ".join(f"line {line.number}: {line.reason}" for line in lines))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class RateFile:
    rates: tuple[PublishedRate, ...]
    parity_count: int  # lines that repeat the parity that is law: checked, and nothing to record


def read(content: bytes, *, source: str, today: date) -> RateFile:
    """The rates of a file, or of the one CSV in a zip archive.

    :raises NotARateFile: see the exception.
    :raises BadLines: a cell that is no rate, a day after `today`, a currency twice on a day, a parity against the law.
    """
    rows = _rows(_text(content))
    said = _ecb(rows) if source == "ECB" else _central_bank(rows, CENTRAL_BANKS[source])
    rates: dict[tuple[str, str, date], PublishedRate] = {}
    bad: list[BadLine] = []
    parity_count = 0
    for one in said:
        if isinstance(one, BadLine):
            bad.append(one)
        elif reason := _objection(one, rates.get((one.base, one.quote, one.on_date)), today):
            bad.append(BadLine(one.line, reason))
        elif _is_law(one):
            parity_count += 1
        else:
            rates[one.base, one.quote, one.on_date] = one
    if bad:
        raise BadLines(bad)
    if not rates and not parity_count:
        raise NotARateFile("there is no rate in it")
    return RateFile(tuple(rates.values()), parity_count)


def _objection(rate: PublishedRate, earlier: PublishedRate | None, today: date) -> str | None:
    """Why a rate that reads well cannot be true."""
    if earlier is not None:
        return f"{rate.base}/{rate.quote} of {rate.on_date} is already on line {earlier.line}"
    if rate.on_date > today:
        return f"{rate.on_date} is still to come"
    if _is_law(rate):
        legs = exchange.path(rate.base, rate.quote, exchange.parities(rate.on_date))
        law = exchange.RateFact(rate.base, rate.quote, rate.on_date, legs).rate if legs else None
        if law != Fraction(rate.rate):
            return f"{rate.text} is against the parity of {exchange.exact_text(law) if law else 'no known law'}"
    return None


def _is_law(rate: PublishedRate) -> bool:
    return {rate.base, rate.quote} <= exchange.HUBS


def _text(content: bytes) -> str:
    if content.startswith(b"PK"):
        content = _only_member(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotARateFile("it is not text in UTF-8") from None


def _only_member(archive: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            members = [member for member in opened.infolist() if member.filename.lower().endswith(".csv")]
            if len(members) != 1 or members[0].file_size > _BYTES_MAX:
                raise NotARateFile("the archive must hold one CSV file of a reasonable size")
            return opened.read(members[0])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise NotARateFile(f"the archive cannot be opened: {error}") from error


def _rows(text: str) -> list[tuple[int, str]]:
    """Line numbers and lines that are not blank. One record is one line: neither form quotes line breaks."""
    rows = [(number, line) for number, line in enumerate(io.StringIO(text, newline=None), start=1) if line.strip()]
    if not rows:
        raise NotARateFile("it is empty")
    return rows


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except csv.Error as error:
        raise NotARateFile(f"it is no CSV: {error}") from error


def _ecb(rows: Sequence[tuple[int, str]]) -> Iterator[PublishedRate | BadLine]:
    """`Date, USD, JPY, …` and a line a day; both of the ECB's forms end their lines with a comma."""
    header_number, header_line = rows[0]
    first, *currencies = _without_last_empty(_cells(header_line, ","))
    if first.lower() != "date" or not currencies:
        raise NotARateFile("its first line is not the ECB's: Date, USD, JPY, …")
    for currency in currencies:
        if not _is_currency(currency) or currencies.count(currency) > 1:
            yield BadLine(header_number, f"{currency!r} is no currency, or stands there twice")
    for number, line in rows[1:]:
        day, *values = _without_last_empty(_cells(line, ","))
        on_date = _date(day)
        if on_date is None:
            yield BadLine(number, f"{day!r} is no date")
        elif len(values) != len(currencies):
            yield BadLine(number, f"{len(values)} values under {len(currencies)} currencies")
        else:
            yield from _ecb_day(number, on_date, currencies, values)


def _ecb_day(
    number: int, on_date: date, currencies: Sequence[str], values: Sequence[str]
) -> Iterator[PublishedRate | BadLine]:
    for currency, value in zip(currencies, values, strict=True):
        if value == "N/A":  # not published that day: no rate, and none is made up
            continue
        rate = None if "," in value else _number(value)
        if rate is None:
            yield BadLine(number, f"{currency}: {value!r} is no rate")
        else:
            yield PublishedRate(exchange.EURO, currency, on_date, rate, line=number)


def _central_bank(rows: Sequence[tuple[int, str]], quote: str) -> Iterator[PublishedRate | BadLine]:
    """`date;currency;buying;selling`, and `unit` where a course is for 10, 100 or 1000 of the currency."""
    header = [cell.lower() for cell in _cells(rows[0][1], ";")]
    if header not in (_COLUMNS, [*_COLUMNS, "unit"]):
        raise NotARateFile(f"its first line is not {';'.join(_COLUMNS)}, with ;unit or without")
    for number, line in rows[1:]:
        cells = _cells(line, ";")
        if len(cells) != len(header):
            yield BadLine(number, f"{len(cells)} cells under {len(header)} columns")
        else:
            yield _courses(number, quote, *cells)


def _courses(
    number: int, quote: str, day: str, currency: str, buying: str, selling: str, unit: str = "1"
) -> PublishedRate | BadLine:
    on_date, bought, sold = _date(day), _number(buying), _number(selling)
    if on_date is None:
        return BadLine(number, f"{day!r} is no date")
    if not _is_currency(currency) or currency == quote:
        return BadLine(number, f"{currency!r} is no currency with a course in {quote}")
    if bought is None or sold is None or unit not in _UNITS:
        return BadLine(number, f"{buying!r}, {selling!r} for {unit!r} {currency} are no courses")
    if not bought <= sold <= bought * (1 + _SPREAD_MAX):
        return BadLine(number, f"{currency}: selling at {selling} and buying at {buying} cannot both be right")
    bought, sold = bought / int(unit), sold / int(unit)
    return PublishedRate(currency, quote, on_date, (bought + sold) / 2, bought, sold, line=number)


def _without_last_empty(cells: list[str]) -> list[str]:
    return cells[:-1] if cells[-1] == "" else cells


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except NotAnAmount:
        return False
    return True


def _number(text: str) -> Decimal | None:
    """A positive decimal with a point or a comma; no sign, no exponent, no blanks between thousands."""
    if not _NUMBER.match(text):
        return None
    return Decimal(text.replace(",", ".")) or None


def _date(text: str) -> date | None:
    """`2026-11-20`, `20/11/2026` or `20 November 2026`."""
    try:
        if found := _ISO_DATE.match(text):
            return date(*map(int, found.groups()))
        if found := _FRENCH_DATE.match(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if (found := _ENGLISH_DATE.match(text)) and found[2] in _MONTHS:
            return date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError:  # the 31st of a shorter month
        pass
    return None
