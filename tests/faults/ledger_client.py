"""A program that posts batch after batch of a thousand entries, made to be killed: `test_ledger_crash.py` starts it.

A batch follows from its number alone, so anybody can say what it must have written and post it again.
"""

import sys
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.ledger.draft import EntryDraft

SIZE = 1_000
STARTED = datetime(2026, 11, 3, 9, tzinfo=UTC)


def key(number: int, entry: int) -> str:
    return f"batch:{number}:{entry}"


def at(number: int) -> datetime:
    return STARTED + timedelta(minutes=number)


def batch(number: int) -> "list[EntryDraft]":
    """Sales by many wallets, and money of few unknown payers: accounts in many rows, and such of one row each."""
    from billing.ledger.draft import AccountKey, EntryDraft, Line

    dice = Random(number)

    def one(entry: int) -> EntryDraft:
        gross, share = dice.randint(100, 5000), dice.randint(1, 90)
        sums = {
            AccountKey("coko-sn", "552", "XOF", f"wave:{dice.randrange(40)}"): gross,
            AccountKey("coko-sn", "7065", "XOF"): -gross,
            AccountKey("coko-sn", "521", "XOF"): share,
            AccountKey("coko-sn", "4712", "XOF", f"inconnu_{dice.randrange(6)}"): -share,
        }
        lines = [Line(account, amount) for account, amount in sums.items()]
        return EntryDraft(key(number, entry), "VT", at(number), "Vente", f"inv_{number}", lines)

    return [one(entry) for entry in range(SIZE)]


def main(first: int, last: int) -> None:
    """Posts the batches from `first` on and says of each when it is written; one by one, until it is killed."""
    import django

    django.setup()
    from billing.ledger import operations

    for number in range(first, last):
        drafts = batch(number)
        print(f"posting {number}", flush=True)  # noqa: T201  the test reads it
        operations.post_many(drafts=drafts, at=at(number))
        print(f"written {number}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
