"""What a statement says, as one canonical JSON text, and its SHA-256. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from royalties.runs.facts import RoyaltyLineFact
from royalties.statements.facts import AuditCheck, BookSummary

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose money, owed by whom, in what: what a balance belongs to."""

    payee_ref: str
    entity: str
    currency: str


@dataclass(frozen=True, slots=True)
class Balance:
    """How the month moved what is owed."""

    opening_minor: int
    earned_minor: int
    paid_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.earned_minor - self.paid_minor


def compose(
    *,
    number: str,
    holder: Holder,
    payee_name: str,
    issuer: Mapping[str, str],
    period: str,
    balance: Balance,
    lines: Sequence[RoyaltyLineFact],
    audit: Sequence[AuditCheck],
    at: datetime,
) -> dict[str, Any]:
    """The document: the same facts give the same document."""
    return {
        "schema": SCHEMA,
        "number": number,
        "version": 1,
        "period": period,
        "issued_at": at.astimezone(UTC).isoformat(),
        "issuer": dict(issuer),
        "payee": {"ref": holder.payee_ref, "name": payee_name},
        "entity": holder.entity,
        "currency": holder.currency,
        "balance": {**asdict(balance), "closing_minor": balance.closing_minor},
        "books": [asdict(book) for book in by_book(lines)],
        "lines": [_line(line) for line in lines],
        "audit": [asdict(check) for check in audit],
    }


def sha256_of(content: Mapping[str, Any]) -> str:
    """The hash of the canonical text: keys sorted, no spaces, UTF-8. Floats have no place in it and raise."""
    _refuse_floats(content)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def by_book(lines: Iterable[RoyaltyLineFact]) -> tuple[BookSummary, ...]:
    """Totals of each edition, the one that earned most first."""
    grouped: dict[str, list[RoyaltyLineFact]] = defaultdict(list)
    for line in lines:
        grouped[line.edition_ref].append(line)
    books = [
        BookSummary(
            edition_ref=edition,
            title=group[-1].title,
            quantity=sum(line.quantity for line in group),
            gross_minor=sum(line.gross_minor for line in group),
            base_minor=sum(line.base_minor for line in group),
            amount_minor=sum(line.amount_minor for line in group),
        )
        for edition, group in grouped.items()
    ]
    return tuple(sorted(books, key=lambda book: (-book.amount_minor, book.title, book.edition_ref)))


def _line(line: RoyaltyLineFact) -> dict[str, Any]:
    return {
        "id": line.id,
        "sold_at": line.happened_at.astimezone(UTC).isoformat(),
        "title": line.title,
        "invoice_number": line.invoice_number,
        "quantity": line.quantity,
        "gross_minor": line.gross_minor,
        "base_minor": line.base_minor,
        "amount_minor": line.amount_minor,
        "late": line.is_late,
        "inputs_sha256": sha256_of(line.inputs),
    }


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r}: a statement holds no floating-point number")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
