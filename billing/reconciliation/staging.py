"""Lines on their way into the tables: written as COPY takes them, held in a table of this transaction alone."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.db import connection

from billing import phones
from billing.reconciliation.facts import StatementRow

COLUMNS = (
    "line_no, line_id, line_ref, kind, net_minor, fee_minor, currency, happened_at, our_ref, provider_ref,"
    " transaction_ref, phone_index, phone_masked, balance_minor, is_reversal, raw"
)
_BLOCK = 2_000  # lines handed to the driver at a time

# What a line can match, by kind and sign; `other` matches nothing: an unknown word, or a sign its kind cannot have.
SIDE = """
CASE WHEN kind = 'payment' AND NOT is_reversal AND net_minor + fee_minor > 0 THEN 'payment'
     WHEN kind = 'refund' AND net_minor + fee_minor < 0 THEN 'refund'
     WHEN kind = 'payout' AND NOT is_reversal AND net_minor + fee_minor < 0 THEN 'payout'
     WHEN kind = 'payout' AND is_reversal AND net_minor + fee_minor > 0 THEN 'payout_back'
     WHEN kind = 'payout_reversal' AND net_minor + fee_minor > 0 THEN 'payout_back'
     WHEN kind IN ('fee', 'tax', 'transfer') THEN kind
     WHEN is_reversal THEN 'reversal'
     ELSE 'other' END
"""
_TABLES = f"""
CREATE TEMPORARY TABLE reconciliation_work (
    line_no bigint, line_id uuid, line_ref text, kind text, net_minor bigint, fee_minor bigint, currency text,
    happened_at timestamptz, our_ref text, provider_ref text, transaction_ref text, phone_index text, phone_masked text,
    balance_minor bigint, is_reversal boolean, raw text,
    side text GENERATED ALWAYS AS ({SIDE}) STORED
);
CREATE TEMPORARY TABLE reconciliation_found (
    line_id uuid, side text, subject_ref text, rule text, reason text, hint text,
    subject_gross bigint, subject_fee bigint, is_booked boolean
);
"""
_CLOSE = "DROP TABLE reconciliation_work; DROP TABLE reconciliation_found"
# A million lines meet a million payments: no page's patience, and memory for the joins.
_SETTINGS = (
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
)

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_PHONES_REMEMBERED = 65_536
_NULL = "\\N"  # as COPY writes it


@contextmanager
def work_tables() -> Iterator[None]:
    """The work tables, for this block of a transaction; an error drops them by rolling back."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(_TABLES)
        yield
        cursor.execute(_CLOSE)


def copy(lines: Iterable[str]) -> int:
    """Hand the lines, each made by a `writer`, to PostgreSQL as they come; how many there were."""
    count, block = 0, []
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY reconciliation_work ({COLUMNS}) FROM STDIN") as copying,
    ):
        for line in lines:
            block.append(line)
            if len(block) == _BLOCK:
                copying.write("".join(block))
                count += _BLOCK
                block.clear()
        copying.write("".join(block))
    return count + len(block)


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reconciliation_work")


def writer(provider: str, market: str) -> Callable[..., str]:
    """What makes one line of COPY text from the parts of a statement line. Texts must be `safe` already."""
    prefix, hidden = f"{provider}\n{market}\n".encode(), _hidden
    sha256 = hashlib.sha256

    def line(
        line_no: int,
        line_ref: str,
        kind: str,
        net_minor: int,
        fee_minor: int,
        currency: str,
        happened_at: str,
        our_ref: str,
        provider_ref: str,
        transaction_ref: str,
        phone: str,
        balance_minor: int | None,
        is_reversal: bool,
        raw: str,
    ) -> str:
        index, masked = hidden(phone) if phone else (_NULL, _NULL)
        # As `line_ids.of`, a million times.
        line_id = sha256(prefix + line_ref.encode()).hexdigest()[:32]
        return (
            f"{line_no}\t{line_id}\t{line_ref}\t{kind}\t{net_minor}\t{fee_minor}\t{currency}\t{happened_at}\t"
            f"{our_ref or _NULL}\t{provider_ref or _NULL}\t{transaction_ref or _NULL}\t{index}\t{masked}\t"
            f"{_NULL if balance_minor is None else balance_minor}\t{is_reversal}\t{raw}\n"
        )

    return line


def written(row: StatementRow, line_no: int, line: Callable[..., str]) -> str:
    """A line that came by API, as COPY takes it."""
    return line(
        line_no,
        text(row.line_ref),
        row.kind.value,
        row.net_minor,
        row.fee_minor,
        text(row.currency),
        row.happened_at.isoformat(),
        text(row.our_ref or ""),
        text(row.provider_ref or ""),
        text(row.transaction_ref or ""),
        row.phone or "",
        row.balance_minor,
        row.is_reversal,
        document(row.raw),
    )


def text(value: str) -> str:
    """The text, safe inside COPY's own syntax."""
    return value if value.isalnum() else value.translate(_ESCAPES)


def document(value: object) -> str:
    """The JSON document, safe inside COPY's own syntax."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).replace("\\", "\\\\")


@lru_cache(maxsize=_PHONES_REMEMBERED)
def _hidden(e164: str) -> tuple[str, str]:
    """Blind index and mask: all that is kept of a phone number."""
    return phones.blind_index(e164), phones.mask(e164)
