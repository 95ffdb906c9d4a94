"""A simulator's memory in SQLite: what was asked, what money moved, which notifications are still to be sent.

A file survives the simulator; the real provider would not forget a session because of a restart either.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, id TEXT NOT NULL, reference TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS document_by_reference ON document (kind, reference);
CREATE TABLE IF NOT EXISTS movement (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, market TEXT NOT NULL, kind TEXT NOT NULL, session TEXT NOT NULL,
    client_reference TEXT, transaction_id TEXT NOT NULL, amount TEXT NOT NULL, fee TEXT NOT NULL,
    currency TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, market TEXT NOT NULL, body TEXT NOT NULL, forged INTEGER NOT NULL,
    url TEXT NOT NULL, method TEXT NOT NULL, retried INTEGER NOT NULL, due REAL NOT NULL,
    held INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0);
"""


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved at the provider. `amount` is gross, as the payer paid it; negative when given back."""

    provider: str
    market: str
    kind: str
    session: str
    client_reference: str | None
    transaction_id: str
    amount: str
    fee: str
    currency: str
    at: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification on its way."""

    id: int
    provider: str
    market: str
    body: str
    forged: bool
    attempts: int
    url: str  # where the caller asked for it; empty: the usual address
    method: str
    retried: bool  # whether it insists until it is taken


class Book:
    """One SQLite database, one connection, one writer at a time."""

    def __init__(self, path: str | Path = ":memory:") -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything inside happens together or not at all, and nobody else writes meanwhile. May be nested."""
        with self._lock:
            if self._depth:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            else:
                self._database.execute("COMMIT")
            finally:
                self._depth -= 1

    def put(self, kind: str, id: str, *, reference: str | None, body: Mapping[str, Any]) -> None:
        self._run("INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)", kind, id, reference, json.dumps(body))

    def get(self, kind: str, id: str) -> dict[str, Any] | None:
        found = self._run("SELECT body FROM document WHERE kind = ? AND id = ?", kind, id)
        return json.loads(found[0]["body"]) if found else None

    def find(self, kind: str, *, reference: str) -> list[dict[str, Any]]:
        found = self._run("SELECT body FROM document WHERE kind = ? AND reference = ? ORDER BY rowid", kind, reference)
        return [json.loads(row["body"]) for row in found]

    def every(self, kind: str) -> list[dict[str, Any]]:
        found = self._run("SELECT body FROM document WHERE kind = ? ORDER BY rowid", kind)
        return [json.loads(row["body"]) for row in found]

    def latest(self, kind: str, *, limit: int) -> list[dict[str, Any]]:
        found = self._run("SELECT body FROM document WHERE kind = ? ORDER BY rowid DESC LIMIT ?", kind, limit)
        return [json.loads(row["body"]) for row in found]

    def move(self, movement: Movement) -> None:
        names = ", ".join(field.name for field in fields(Movement))
        marks = ", ".join("?" for _ in fields(Movement))
        self._run(f"INSERT INTO movement ({names}) VALUES ({marks})", *asdict(movement).values())  # noqa: S608

    def movements(self) -> list[Movement]:
        found = self._run("SELECT * FROM movement ORDER BY id")
        return [Movement(**{field.name: row[field.name] for field in fields(Movement)}) for row in found]

    def enqueue(
        self,
        *,
        provider: str,
        market: str,
        body: str,
        forged: bool,
        due: float,
        held: bool,
        url: str = "",
        method: str = "POST",
        retried: bool = True,
    ) -> None:
        self._run(
            "INSERT INTO delivery (provider, market, body, forged, url, method, retried, due, held)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(provider, market, body, forged, url, method, retried, due, held),
        )

    def release_held(self, *, due: float) -> None:
        """Let the notifications go that waited for a later one to overtake them."""
        self._run("UPDATE delivery SET held = 0, due = ? WHERE held", due)

    def next_delivery(self, *, now: float) -> Delivery | None:
        found = self._run(
            "SELECT * FROM delivery WHERE NOT done AND NOT held AND due <= ? ORDER BY due, id LIMIT 1", now
        )
        if not found:
            return None
        row = found[0]
        return Delivery(
            id=row["id"],
            provider=row["provider"],
            market=row["market"],
            body=row["body"],
            forged=bool(row["forged"]),
            attempts=row["attempts"],
            url=row["url"],
            method=row["method"],
            retried=bool(row["retried"]),
        )

    def attempted(self, delivery: Delivery, *, answer: str, next_due: float | None) -> None:
        """Note how one attempt ended; without `next_due` it was the last."""
        self._run(
            "UPDATE delivery SET attempts = attempts + 1, answer = ?, done = ?, due = COALESCE(?, due) WHERE id = ?",
            *(answer, next_due is None, next_due, delivery.id),
        )

    def deliveries(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._run("SELECT * FROM delivery ORDER BY id")]

    def _run(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()
