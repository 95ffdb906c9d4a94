"""What may follow what in the life of an invoice. Standard library only."""

from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


FOLLOWS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.PAID, State.VOID}),
    # Final, both: money that comes for a void invoice, or a second time, is a refund due and never reopens it.
    State.PAID: frozenset(),
    State.VOID: frozenset(),
}


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
