"""What may follow what in the life of a refund. Pure."""

from enum import StrEnum


class State(StrEnum):
    GRANTED = "granted"  # owed to the payer in the ledger; to be sent, or perhaps sent by a process that died
    PAYING_OUT = "paying_out"  # as a payout, which waits for its approval or is on its way
    PENDING = "pending"  # the provider has it
    UNKNOWN = "unknown"  # sent, no usable answer
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # not given back, and the sale stands again
    NEEDS_REVIEW = "needs_review"  # a person must look; still owed


FOLLOWS: dict[State, frozenset[State]] = {
    State.GRANTED: frozenset(
        {State.PAYING_OUT, State.PENDING, State.UNKNOWN, State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW}
    ),
    State.PAYING_OUT: frozenset({State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW}),
    # Back to granted: the provider keeps saying it knows nothing of it, so the same request may be sent again.
    State.UNKNOWN: frozenset({State.GRANTED, State.PENDING, State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW}),
    State.PENDING: frozenset({State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW}),
    State.NEEDS_REVIEW: frozenset({State.SUCCEEDED, State.FAILED}),
    State.FAILED: frozenset({State.NEEDS_REVIEW}),  # the provider changed its mind: the money has left after all
    State.SUCCEEDED: frozenset(),
}

# The provider may still give it back by itself.
OPEN = frozenset({State.GRANTED, State.PENDING, State.UNKNOWN})


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
