"""What may follow what in the life of a payment attempt. Pure."""

from enum import StrEnum


class State(StrEnum):
    CREATED = "created"  # committed here; to be sent, or perhaps sent by a process that died
    PENDING = "pending"  # the provider has it; the payer decides
    UNKNOWN = "unknown"  # sent, no usable answer
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    NEEDS_REVIEW = "needs_review"  # a person must look


class DecisionState(StrEnum):
    """A person's word on an attempt in review."""

    PROPOSED = "proposed"  # by one person; nothing has changed yet
    CONFIRMED = "confirmed"  # by another: the attempt has ended so
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"  # the provider has answered after all


FOLLOWS: dict[State, frozenset[State]] = {
    State.CREATED: frozenset(
        {State.PENDING, State.UNKNOWN, State.SUCCEEDED, State.FAILED, State.EXPIRED, State.NEEDS_REVIEW}
    ),
    State.PENDING: frozenset({State.SUCCEEDED, State.FAILED, State.EXPIRED, State.NEEDS_REVIEW}),
    # Back to created: the provider keeps saying it knows nothing of it, so the same request may be sent again.
    State.UNKNOWN: frozenset(
        {State.CREATED, State.PENDING, State.SUCCEEDED, State.FAILED, State.EXPIRED, State.NEEDS_REVIEW}
    ),
    # Late success: the payer approved after the time was up, or the provider changed its mind. The money is there.
    State.EXPIRED: frozenset({State.SUCCEEDED, State.NEEDS_REVIEW, State.FAILED}),  # an explicit no says more
    State.FAILED: frozenset({State.SUCCEEDED, State.NEEDS_REVIEW}),
    # Silence ended after all. Not once money of another amount is booked: then only a person goes on (see outcome.py).
    State.NEEDS_REVIEW: frozenset({State.SUCCEEDED, State.FAILED, State.EXPIRED}),
    State.SUCCEEDED: frozenset(),  # a success is never taken back by an answer; a refund is another thing
}

# An attempt in one of these may still take the payer's money by itself, so an invoice has at most one.
OPEN = frozenset({State.CREATED, State.PENDING, State.UNKNOWN})


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
