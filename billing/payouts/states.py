"""What may follow what in the life of a payout. Pure."""

from enum import StrEnum


class State(StrEnum):
    PREPARED = "prepared"  # by one person; nothing is held, nothing is sent
    REJECTED = "rejected"  # by another
    APPROVED = "approved"  # held in the ledger; to be sent, or perhaps sent by a process that died
    PENDING = "pending"  # the provider has it
    UNKNOWN = "unknown"  # sent, no usable answer
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # back in the balance
    NEEDS_REVIEW = "needs_review"  # a person must look; still held
    REVERSED = "reversed"  # had arrived and came back


FOLLOWS: dict[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.APPROVED, State.REJECTED}),
    State.APPROVED: frozenset(
        {State.PENDING, State.UNKNOWN, State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW, State.REVERSED}
    ),
    # Back to approved: the provider keeps saying it knows nothing of it, so the same request may be sent again.
    State.UNKNOWN: frozenset(
        {State.APPROVED, State.PENDING, State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW, State.REVERSED}
    ),
    State.PENDING: frozenset({State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW, State.REVERSED}),
    State.NEEDS_REVIEW: frozenset({State.SUCCEEDED, State.FAILED, State.REVERSED}),
    # The provider changed its mind: the money has left after all.
    State.FAILED: frozenset({State.SUCCEEDED}),
    State.SUCCEEDED: frozenset({State.REVERSED}),
    State.REVERSED: frozenset(),
    State.REJECTED: frozenset(),
}

# A payout in one of these may still take our money by itself.
OPEN = frozenset({State.APPROVED, State.PENDING, State.UNKNOWN})
# Its amount is held in the ledger.
HELD = OPEN | {State.NEEDS_REVIEW}


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
