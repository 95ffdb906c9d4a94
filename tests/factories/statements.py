"""Settlement files of the simulated world, and the sums that must come out."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from billing.ledger.draft import AccountKey
from billing.ledger.queries import balance
from billing.reconciliation import operations
from billing.reconciliation.facts import ImportFact

HEADINGS = (
    "timestamp", "transaction_id", "transaction_type", "amount", "fee", "currency", "client_reference",
    "checkout_api_session_id", "counterparty_mobile", "is_reversal", "balance",
)  # fmt: skip
BY = "usr_finance"


def line(
    number: int = 1,
    *,
    amount: int = 1485,
    fee: int = 15,
    kind: str = "api_checkout",
    happened_at: datetime,
    **said: Any,
) -> dict[str, Any]:
    """One line of Wave's list; net and fee as Wave writes them."""
    return {
        "timestamp": happened_at.isoformat(),
        "transaction_id": f"T_{number:06}",
        "transaction_type": kind,
        "amount": amount,
        "fee": fee,
        "currency": "XOF",
        **said,
    }


def as_csv(lines: Iterable[Mapping[str, Any]], *, delimiter: str = ",", headings: Iterable[str] = HEADINGS) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(headings), restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def bring(
    folder: Path, lines: Iterable[Mapping[str, Any]], *, at: datetime, name: str = "wave.csv", market: str = "SN"
) -> ImportFact:
    """Import these lines as a file of Wave's."""
    return bring_text(folder, as_csv(lines), at=at, name=name, market=market)


def bring_text(
    folder: Path, text: str, *, at: datetime, name: str = "wave.csv", provider: str = "wave", market: str = "SN"
) -> ImportFact:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return operations.import_file(path=path, provider=provider, market=market, by=BY, at=at)


def wallet(holder: str = "wave:SN", *, code: str = "552") -> int:
    return balance(AccountKey("coko-sn", code, "XOF", holder))


def suspense(holder: str = "wave:SN") -> int:
    """What stands in suspense, credit positive."""
    return -wallet(holder, code="4712")


def fees() -> int:
    return wallet("", code="6317")
