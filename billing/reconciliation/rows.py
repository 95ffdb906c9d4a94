"""One row of a settlement file into the line that COPY takes, by the column map. Done a million times: kept short."""

from collections.abc import Mapping, Sequence
from functools import cache

from billing import money
from billing.reconciliation import cells, gateway, staging
from billing.reconciliation.column_maps import FIELDS, ColumnMap
from billing.reconciliation.facts import Kind

_CELL_MAX = 4_000
_REFERENCE_MAX = 120
_YES = frozenset({"true", "yes", "oui", "1", "vrai"})
_LOSES = frozenset({Kind.REFUND, Kind.PAYOUT, Kind.FEE, Kind.TAX, Kind.TRANSFER})


class Reader:
    """Reads the rows under one line of headings."""

    def __init__(self, columns: ColumnMap, headings: Sequence[str], market: str) -> None:
        self._columns = columns
        self._headings = headings
        self._at: Mapping[str, int | None] = {
            field: next((headings.index(name) for name in columns.columns.get(field, ()) if name in headings), None)
            for field in FIELDS
        }
        self._usual_currency = columns.currencies.get(market, "")
        self._amount = cells.amounts(currency_decimals=_decimals, decimal=columns.decimal, thousands=columns.thousands)
        self._moment = cells.moments(formats=columns.dates, timezone=columns.timezone, market=market)
        self._phone = cells.phone_numbers(market)
        self._write = staging.writer(columns.provider, market)
        self._kept = [(at, name) for at, name in enumerate(headings) if name]
        # What is parsed into columns of its own holds no free text; the other side's number is masked by itself.
        parsed = {at for field, at in self._at.items() if at is not None}
        self._free = [(at, name) for at, name in self._kept if at not in parsed]
        self._names = [at for field in columns.line_ref if (at := self._at[field]) is not None]
        self._mandatory = (self._at["happened_at"] or 0, self._at["kind"] or 0)

    def read(self, line_no: int, row: list[str]) -> str | None:
        """The line as COPY takes it; None for one that never moved money.

        :raises Unreadable: a cell holds something else than it should.
        """
        row = self._cells(row)
        if not self._counts(row):
            return None
        at, at_when, at_kind = self._at, *self._mandatory
        at_currency, at_balance, at_phone = at["currency"], at["balance"], at["phone"]
        currency = (row[at_currency] if at_currency is not None else "") or self._usual_currency
        if not currency:
            raise cells.Unreadable("no currency, and none is usual there")
        value, fee = self._sum(row, currency), self._fee(row, currency)
        both = self._columns.kinds.get(row[at_kind].casefold())
        kind = Kind.OTHER if both is None else both[0] if value > 0 else both[1]
        if self._columns.sign == "by_kind" and kind in _LOSES:
            value = -abs(value)
        is_reversal = at["reversal"] is not None and row[at["reversal"]].casefold() in _YES
        phone = row[at_phone] if at_phone is not None else ""
        balance = row[at_balance] if at_balance is not None else ""
        return self._write(
            line_no,
            self._name(row, is_reversal=is_reversal),
            kind.value,
            value if self._columns.amount_is == "net" else value - fee,
            fee,
            currency,
            self._moment(row[at_when]),
            _reference(row, at["our_ref"]),
            _reference(row, at["provider_ref"]),
            _reference(row, at["transaction_ref"]),
            self._phone(phone) if phone else "",
            self._amount(balance, currency) if balance else None,
            is_reversal,
            self._raw(row),
        )

    def _cells(self, row: list[str]) -> list[str]:
        width = len(self._headings)
        if len(row) != width and (len(row) < width or any(row[width:])):
            raise cells.Unreadable(f"{len(row)} cells under {width} headings")
        return [cell.strip() for cell in row]

    def _counts(self, row: list[str]) -> bool:
        at = self._at["status"]
        if at is None or not self._columns.counted:
            return True  # a file without states holds only what happened
        word = row[at].casefold()
        if word not in self._columns.counted and word not in self._columns.skipped:
            raise cells.Unreadable(f"unknown status {row[at]!r}")
        return word in self._columns.counted

    def _sum(self, row: list[str], currency: str) -> int:
        """What the amount says, or credit less debit."""
        if (at := self._at["amount"]) is not None:
            return self._amount(row[at], currency)
        gained, lost = self._given(row, "credit", currency), self._given(row, "debit", currency)
        if bool(gained) == bool(lost):
            raise cells.Unreadable("one of credit and debit must be given, and not both")
        return gained - abs(lost)

    def _fee(self, row: list[str], currency: str) -> int:
        return self._given(row, "fee", currency) + self._given(row, "tax", currency)

    def _given(self, row: list[str], field: str, currency: str) -> int:
        at = self._at[field]
        return self._amount(row[at], currency) if at is not None and row[at] else 0

    def _name(self, row: list[str], *, is_reversal: bool) -> str:
        if not row[self._names[0]]:
            raise cells.Unreadable("nothing names the line")
        name = ":".join([row[place] for place in self._names])
        return _checked(f"{name}:reversal" if is_reversal else name)

    def _raw(self, row: list[str]) -> str:
        raw = {name: row[place] for place, name in self._kept if row[place]}
        for place, name in self._free:
            if row[place]:
                raw[name] = gateway.masked_text(row[place])
        if (at := self._at["phone"]) is not None and row[at]:
            raw[self._headings[at]] = f"{row[at][:4]}•••{row[at][-2:]}"
        if len(max(row, key=len)) > _CELL_MAX or "\x00" in "".join(row):
            raise cells.Unreadable(f"a cell of more than {_CELL_MAX} characters, or with a zero byte")
        return staging.document(raw)


def _reference(row: list[str], at: int | None) -> str:
    return _checked(row[at]) if at is not None and row[at] else ""


def _checked(text: str) -> str:
    if not text.isprintable() or len(text) > _REFERENCE_MAX:
        raise cells.Unreadable(f"{text[:40]!r} is no reference")
    return staging.text(text)


@cache
def _decimals(currency: str) -> int:
    try:
        return money.exponent(currency)
    except money.NotAnAmount as unknown:
        raise cells.Unreadable(str(unknown)) from None
