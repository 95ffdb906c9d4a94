"""Our figures beside another system's statement, given as CSV. Pure.

Columns: `period,payee,currency,amount`, and `book` or `kind` (or both) for finer rows. Compared is what the lines
that are not in escrow sum to.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from billing.money import NotAnAmount, parse, plain, to_minor
from royalties.simulation.refusals import BadScenario
from royalties.simulation.running import Result

_REQUIRED = ("period", "payee", "currency", "amount")
_FINER = ("book", "kind")

_Key = tuple[str, ...]


def compare(result: Result, content: str) -> dict[str, Any]:
    """Every row where the two differ, and how many agree.

    :raises BadScenario: the CSV lacks a column, has one it should not, or an amount is none.
    """
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    columns = list(rows.fieldnames or ())
    missing, unknown = set(_REQUIRED) - set(columns), set(columns) - {*_REQUIRED, *_FINER}
    if missing or unknown:
        raise BadScenario([f"comparison: columns missing: {sorted(missing)}, unknown: {sorted(unknown)}"])
    by = ("period", "payee", "currency", *(column for column in _FINER if column in columns))
    theirs = _theirs(list(rows), by)
    ours = _ours(result, by)
    differences = [
        {
            **dict(zip(by, key, strict=True)),
            "ours": plain(ours.get(key, 0), key[2]),
            "theirs": plain(theirs.get(key, 0), key[2]),
            "difference": plain(ours.get(key, 0) - theirs.get(key, 0), key[2]),
        }
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key, 0) != theirs.get(key, 0)
    ]
    agree = sum(1 for key in theirs if ours.get(key, 0) == theirs[key])
    return {"by": list(by), "rows_that_agree": agree, "differences": differences}


def _theirs(rows: Sequence[dict[str, str]], by: _Key) -> dict[_Key, int]:
    sums: dict[_Key, int] = defaultdict(int)
    for number, row in enumerate(rows, start=2):
        try:
            minor = to_minor(parse(row["amount"], row["currency"]))
        except NotAnAmount as wrong:
            raise BadScenario([f"comparison: row {number}: {wrong}"]) from wrong
        sums[tuple(row[column] or "" for column in by)] += minor
    return sums


def _ours(result: Result, by: _Key) -> dict[_Key, int]:
    sums: dict[_Key, int] = defaultdict(int)
    for line in result.world.lines:
        if not line.in_escrow:
            fields = {
                "period": line.period,
                "payee": line.payee,
                "currency": line.currency,
                "book": line.book,
                "kind": line.kind,
            }
            sums[tuple(fields[column] for column in by)] += line.amount_minor
    return sums
