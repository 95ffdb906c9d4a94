"""What may follow what in the life of an invoice. Standard library only. The database's trigger says the same."""

from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"  # complete, but without a number: nobody owes anything yet
    OPEN = "open"  # issued
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"  # still owed, and nobody expects it


FOLLOWS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.OPEN, State.VOID}),
    State.OPEN: frozenset({State.PARTLY_PAID, State.PAID, State.VOID, State.UNCOLLECTIBLE}),
    # Never void from here on: what was paid is credited, not forgotten. Again partly paid: another part came.
    State.PARTLY_PAID: frozenset({State.PARTLY_PAID, State.PAID, State.UNCOLLECTIBLE}),
    # Given up too early: the money came after all.
    State.UNCOLLECTIBLE: frozenset({State.PARTLY_PAID, State.PAID}),
    # Final, both: money that comes for a void invoice, or a second time, is a refund due and never reopens it.
    State.PAID: frozenset(),
    State.VOID: frozenset(),
}


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
