"""Cells of an Excel sheet that is written as a stream: real numbers, real dates, text that stays text."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from billing.money import exponent
from reports.table import Amount

# openpyxl's types know nothing of its write-only sheets.
Worksheet = Any

_INK = "1D1B1A"
_HEAD_FILL = PatternFill("solid", fgColor="27408B")
_HEAD_FONT = Font(name="Calibri", bold=True, color="FFFFFF")
_TOTAL_FONT = Font(name="Calibri", bold=True, color=_INK)
_TOTAL_BORDER = Border(top=Side(style="thin", color=_INK))
_TITLE_FONT = Font(name="Calibri", bold=True, size=16, color="6B3F1D")
_SYMBOLS = {"XOF": "F CFA", "XAF": "F CFA", "EUR": "€", "USD": "$"}


def number_format(currency: str) -> str:
    """Excel's format for a currency: `# ##0 F CFA` as the reader's Excel spells thousands; negatives with a minus."""
    places = exponent(currency)
    digits = "#,##0" + ("." + "0" * places if places else "")
    return f'{digits}\\ "{_SYMBOLS.get(currency, currency)}"'


def title(worksheet: Worksheet, words: str) -> Cell:
    made = text(worksheet, words)
    made.font = _TITLE_FONT
    return made


def head(worksheet: Worksheet, name: str) -> Cell:
    made = text(worksheet, name)
    made.font, made.fill = _HEAD_FONT, _HEAD_FILL
    made.alignment = Alignment(vertical="center", wrap_text=True)
    return made


def totalled(made: Cell) -> Cell:
    made.font, made.border = _TOTAL_FONT, _TOTAL_BORDER
    return made


def cell(worksheet: Worksheet, value: Any) -> Cell:
    """The cell of a value: `Amount`, moment, day, whole number, text or nothing."""
    if isinstance(value, Amount):
        major: Any = Decimal(value.minor).scaleb(-exponent(value.currency))
        made = WriteOnlyCell(worksheet, major)
        made.number_format = number_format(value.currency)
        return made
    if isinstance(value, datetime):
        made = WriteOnlyCell(worksheet, value.astimezone(UTC).replace(tzinfo=None))  # Excel knows no time zones
        made.number_format = "yyyy-mm-dd hh:mm"
        return made
    if isinstance(value, date):
        made = WriteOnlyCell(worksheet, datetime(value.year, value.month, value.day))  # noqa: DTZ001  no zone in Excel
        made.number_format = "yyyy-mm-dd"
        return made
    if isinstance(value, int) or value is None:
        return WriteOnlyCell(worksheet, value)
    return text(worksheet, str(value))


def text(worksheet: Worksheet, words: str) -> Cell:
    """A text cell whatever the text begins with: a title such as `=HYPERLINK(…)` stays a title."""
    made = WriteOnlyCell(worksheet, "".join(character for character in words if character.isprintable()))
    made.data_type = "s"
    return made
