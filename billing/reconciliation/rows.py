"""One row of a settlement file into the line that COPY takes, by the column map. Done a million times: kept short."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from billing import money
from billing.reconciliation import cells, gateway, staging
from billing.reconciliation.column_maps import FIELDS, ColumnMap
from billing.reconciliation.facts import Kind

_CELL_MAX = 4_000
_REFERENCE_MAX = 120
_YES = frozenset({"true", "yes", "oui", "1", "vrai"})
_SIDES = ("credit", "debit")
_LOSES = frozenset({Kind.REFUND, Kind.PAYOUT, Kind.FEE, Kind.TAX, Kind.TRANSFER})


class Reader:
    """Reads the rows under one line of headings."""

    def __init__(self, columns: ColumnMap, headings: Sequence[str], market: str) -> None:
        self._columns = columns
        self._width = len(headings)
        self._at: Mapping[str, int] = {
            field: next((headings.index(name) for name in columns.columns.get(field, ()) if name in headings), -1)
            for field in FIELDS
        }
        self._usual_currency = columns.currencies.get(market, "")
        self._amount = cells.amounts(currency_decimals=_decimals, decimal=columns.decimal, thousands=columns.thousands)
        self._moment = cells.moments(formats=columns.dates, timezone=columns.timezone, market=market)
        self._phone = cells.phone_numbers(market)
        self._write = staging.writer(columns.provider, market)
        self._names = [self._at[field] for field in columns.line_ref if self._at[field] >= 0]
        # What is parsed into columns of its own holds no free text; the other side's number is masked by itself.
        self._free = [at for at in range(len(headings)) if at not in self._at.values()]
        self._references = [self._at[field] for field in ("our_ref", "provider_ref", "transaction_ref")]
        self._document = _documents(headings)

    def read(self, line_no: int, row: list[str]) -> str | None:
        """The line as COPY takes it; None for one that never moved money.

        :raises Unreadable: a cell holds something else than it should.
        """
        row = self._cells(row)
        at, columns = self._at, self._columns
        if at["status"] >= 0 and columns.counted and not self._counts(row[at["status"]]):
            return None
        # A field that the file does not have reads the empty cell at the end.
        currency = row[at["currency"]] or self._usual_currency
        if not currency:
            raise cells.Unreadable("no currency, and none is usual there")
        amount = self._amount
        value = amount(row[at["amount"]], currency) if at["amount"] >= 0 else self._balance_of(row, currency)
        fee = amount(row[at["fee"]], currency) if row[at["fee"]] else 0
        if row[at["tax"]]:
            fee += amount(row[at["tax"]], currency)
        both = columns.kinds.get(row[at["kind"]].casefold())
        kind = Kind.OTHER if both is None else both[0] if value > 0 else both[1]
        if columns.sign == "by_kind" and kind in _LOSES:
            value = -abs(value)
        is_reversal = row[at["reversal"]].casefold() in _YES
        phone, balance = row[at["phone"]], row[at["balance"]]
        our_ref, provider_ref, transaction_ref = self._refs(row)
        return self._write(
            line_no,
            self._name(row, is_reversal=is_reversal),
            kind.value,
            value if columns.amount_is == "net" else value - fee,
            fee,
            currency,
            self._moment(row[at["happened_at"]]),
            our_ref,
            provider_ref,
            transaction_ref,
            self._phone(phone) if phone else "",
            amount(balance, currency) if balance else None,
            is_reversal,
            self._raw(row),
        )

    def _cells(self, row: list[str]) -> list[str]:
        """As many cells as there are headings, and an empty one."""
        if len(row) != self._width and (len(row) < self._width or any(row[self._width :])):
            raise cells.Unreadable(f"{len(row)} cells under {self._width} headings")
        whole = [cell.strip() for cell in row[: self._width]]
        whole.append("")
        return whole

    def _counts(self, status: str) -> bool:
        word = status.casefold()
        if word not in self._columns.counted and word not in self._columns.skipped:
            raise cells.Unreadable(f"unknown status {status!r}")
        return word in self._columns.counted

    def _balance_of(self, row: list[str], currency: str) -> int:
        """Credit less debit."""
        gained, lost = (self._amount(text, currency) if (text := row[self._at[side]]) else 0 for side in _SIDES)
        if bool(gained) == bool(lost):
            raise cells.Unreadable("one of credit and debit must be given, and not both")
        return gained - abs(lost)

    def _refs(self, row: list[str]) -> Sequence[str]:
        refs = [row[at] for at in self._references]
        together = "".join(refs)
        return refs if together.isalnum() and len(together) <= _REFERENCE_MAX else [_checked(ref) for ref in refs]

    def _name(self, row: list[str], *, is_reversal: bool) -> str:
        if not row[self._names[0]]:
            raise cells.Unreadable("nothing names the line")
        name = ":".join([row[at] for at in self._names])
        return _checked(f"{name}:reversal" if is_reversal else name)

    def _raw(self, row: list[str]) -> str:
        kept = row[:-1]
        for at in self._free:
            if kept[at]:
                kept[at] = _masked(kept[at])
        if (at := self._at["phone"]) >= 0 and kept[at]:
            kept[at] = f"{kept[at][:4]}•••{kept[at][-2:]}"
        return self._document(kept)


def _documents(headings: Sequence[str]) -> Callable[[list[str]], str]:
    """What writes a row as a JSON object, without its empty cells, safe inside COPY's own syntax."""
    names = [f'"{staging.text(json.dumps(name, ensure_ascii=False)[1:-1])}":"' for name in headings]

    def document(row: list[str]) -> str:
        together = "".join(row)
        if not together.isprintable() or '"' in together or "\\" in together:
            if len(max(row, key=len)) > _CELL_MAX or "\x00" in together:
                raise cells.Unreadable(f"a cell of more than {_CELL_MAX} characters, or with a zero byte")
            return staging.document({name: cell for name, cell in zip(headings, row, strict=True) if name and cell})
        return "{" + ",".join([f'{name}{cell}"' for name, cell in zip(names, row, strict=True) if cell]) + "}"

    return document


def _checked(text: str) -> str:
    if "\\" in text or len(text) > _REFERENCE_MAX or not text.isprintable():
        if len(text) > _REFERENCE_MAX or not text.isprintable():
            raise cells.Unreadable(f"{text[:40]!r} is no reference")
        return staging.text(text)
    return text


@lru_cache(maxsize=65_536)
def _masked(text: str) -> str:
    return gateway.masked_text(text)


@cache
def _decimals(currency: str) -> int:
    try:
        return money.exponent(currency)
    except money.NotAnAmount as unknown:
        raise cells.Unreadable(str(unknown)) from None
