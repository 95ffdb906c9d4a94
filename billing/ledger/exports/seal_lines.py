"""Seals and proofs as text, to be kept where the ledger's owner cannot reach them; and seals read back from it."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import Any

from billing.ledger import seals
from billing.ledger.facts import ProofFact, SealFact

FORMATS = ("jsonl", "csv")
_COLUMNS = ("day", "entries", "root", "previous", "seal")


class NotSeals(ValueError):
    """The text is not an export of seals, or was changed since: a line does not follow from the one before."""


def written(found: Iterable[SealFact], *, form: str) -> Iterator[str]:
    """A line a seal; as CSV, a line of names before."""
    if form == "csv":
        yield ",".join(_COLUMNS)
    for seal in found:
        values = _values(seal)
        yield ",".join(map(str, values.values())) if form == "csv" else json.dumps(values)


def read(lines: Iterable[str]) -> Iterator[SealFact]:
    """What was written, in either form; each line is proved to follow from the one before. Streams.

    :raises NotSeals: a line that is none, or does not follow.
    """
    before: SealFact | None = None
    for number, values in enumerate(_parsed(lines), start=1):
        try:
            seal = _seal(values)
        except (KeyError, ValueError, TypeError, AttributeError) as wrong:
            raise NotSeals(f"seal {number} cannot be read: {wrong}") from wrong
        made = seals.seal_hash(previous=seal.previous, day=seal.day, count=seal.entry_count, root=seal.root)
        if made != seal.seal or (before is not None and before.seal != seal.previous):
            raise NotSeals(f"the seal of {seal.day} does not follow: the file was changed")
        yield seal
        before = seal


def proof(found: ProofFact) -> str:
    """A proof as JSON that needs nothing else to be checked but the seal (docs/seals.md)."""
    record = {"entry": found.entry_ref, "content": found.content, "record": found.record.hex()}
    way = {"position": found.position, "path": [step.hex() for step in found.path]}
    return json.dumps(record | way | _values(found.seal), ensure_ascii=False, indent=2)


def _values(seal: SealFact) -> dict[str, Any]:
    hashes = {"root": seal.root.hex(), "previous": seal.previous.hex(), "seal": seal.seal.hex()}
    return {"day": seal.day.isoformat(), "entries": seal.entry_count, **hashes}


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    rows = iter(lines)
    first = next(rows, "")
    if first.startswith("{"):
        for line in chain([first], rows):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as wrong:
                raise NotSeals(f"not a line of JSON: {wrong}") from wrong
    elif first.strip() == ",".join(_COLUMNS):
        yield from csv.DictReader(rows, fieldnames=_COLUMNS)
    else:
        raise NotSeals("neither JSON lines nor CSV of seals")


def _seal(values: dict[str, Any]) -> SealFact:
    return SealFact(
        day=date.fromisoformat(values["day"]),
        entry_count=int(values["entries"]),
        root=bytes.fromhex(values["root"]),
        previous=bytes.fromhex(values["previous"]),
        seal=bytes.fromhex(values["seal"]),
    )
