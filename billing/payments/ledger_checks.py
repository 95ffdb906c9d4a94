"""each sum that came in has its entry, each such entry its payment, each paid invoice its captured payment

Run by `manage.py ledger_verify`. Three queries, whatever there is to check: two streams side by side, in order of the
entry's id, and one comparison of invoices with payments inside PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

import billing.ledger.queries as ledger
from billing.ledger.draft import AccountKey, EntryDraft
from billing.ledger.facts import BookedFact, Difference
from billing.ledger.snapshot import in_parallel, streamed
from billing.pairing import paired
from billing.payments import postings

_KEY_PREFIX = "payment:"
_Lines = tuple[tuple[AccountKey, int], ...]


# Payments and invoices are joined in SQL, not fact by fact: a million payments would be a million questions.
_BOOKED = (Path(__file__).parent / "checks" / "booked.sql").read_text()
_INVOICES = (Path(__file__).parent / "checks" / "invoices.sql").read_text()


@dataclass(frozen=True, slots=True)
class _Booked:
    """A payment whose money was booked, with what its invoice says."""

    id: str
    entry_ref: str
    entity: str
    provider: str
    market: str
    currency: str
    amount_minor: int
    fee_minor: int
    settled_at: datetime | None
    booked_as: str
    gross_minor: int
    net_minor: int
    tax_minor: int


def differences() -> Iterator[Difference]:
    """Everything they do not agree on."""
    yield from _payments_and_entries()
    for row in in_parallel(_INVOICES):
        yield Difference(*row)


def _payments_and_entries() -> Iterator[Difference]:
    booked = ledger.booked(prefix=_KEY_PREFIX)
    payments = (_Booked(*row) for row in streamed(_BOOKED))
    for entries, theirs in paired(booked, payments, left_key=attrgetter("id"), right_key=attrgetter("entry_ref")):
        yield from _compare(entries[0] if entries else None, theirs)


def _compare(entry: BookedFact | None, payments: Sequence[_Booked]) -> Iterator[Difference]:
    for payment in payments:
        if entry is None:
            yield Difference(
                "payment_entry", payment.id, f"its entry {payment.entry_ref} does not exist, or has another key"
            )
        else:
            yield from _against_the_entry(payment, entry)
    if entry is not None and not entry.is_reversal and entry.source_ref not in map(attrgetter("id"), payments):
        yield Difference("entry_payment", entry.id, f"{entry.key}: no payment knows this entry")


def _against_the_entry(payment: _Booked, entry: BookedFact) -> Iterator[Difference]:
    if entry.source_ref != payment.id:
        yield Difference("payment_entry", payment.id, f"its entry belongs to {entry.source_ref}")
        return
    if entry.key != f"{_KEY_PREFIX}{payment.id}:{payment.booked_as}":
        yield Difference("payment_entry", payment.id, f"booked as {payment.booked_as!r}, its entry is {entry.key}")
    if entry.happened_at != payment.settled_at:
        yield Difference(
            "payment_date", payment.id, f"settled at {payment.settled_at}, its entry at {entry.happened_at}"
        )
    expected = _expected(payment, entry)
    if expected is not None and entry.lines != expected:
        yield Difference("payment_amounts", payment.id, f"the entry says {_sums(entry.lines)}, not {_sums(expected)}")


def _expected(payment: _Booked, entry: BookedFact) -> _Lines | None:
    """The lines the entry should have; None where the payment and its invoice differ, which is told by itself."""
    wallet = (payment.entity, payment.provider, payment.market)
    if payment.booked_as == "captured_twice":
        return _sorted(
            postings.captured_twice(
                _received(*wallet, payment.currency, payment.amount_minor, payment.fee_minor, payment.id)
            )
        )
    if payment.booked_as == "mismatch":
        # How much came in by mistake is known from the entry alone; where it is kept is not its choice.
        gross, currency = max((amount, account.currency) for account, amount in entry.lines)
        return _sorted(postings.mismatch(_received(*wallet, currency, gross, 0)))
    if payment.amount_minor != payment.gross_minor or payment.net_minor + payment.tax_minor != payment.gross_minor:
        return None
    return _captured(
        *wallet, payment.currency, payment.amount_minor, payment.fee_minor, payment.net_minor, payment.tax_minor
    )


@lru_cache(maxsize=4096)  # most sales have one of few prices
def _captured(
    entity: str, provider: str, market: str, currency: str, gross: int, fee: int, net: int, tax: int
) -> _Lines:
    received = _received(entity, provider, market, currency, gross, fee)
    return _sorted(postings.captured(received, net_minor=net, tax_minor=tax))


def _received(
    entity: str, provider: str, market: str, currency: str, gross: int, fee: int, payment_ref: str = ""
) -> postings.Received:
    return postings.Received(
        payment_ref=payment_ref,
        invoice_number="",
        entity=entity,
        provider=provider,
        market=market,
        currency=currency,
        gross_minor=gross,
        fee_minor=fee,
        received_at=_ANY_TIME,
    )


_ANY_TIME = datetime.fromisoformat("2000-01-01T00:00Z")  # lines do not depend on it


def _sorted(draft: EntryDraft) -> _Lines:
    return tuple(sorted((line.account, line.amount_minor) for line in draft.lines))


def _sums(lines: _Lines) -> str:
    return ", ".join(f"{account.code} {amount} {account.currency}" for account, amount in lines)
