"""What may follow what in the life of a subscription. Standard library only."""

from enum import StrEnum


class State(StrEnum):
    TRIALING = "trialing"  # free until the trial's last day
    ACTIVE = "active"  # what is due is paid, or not due yet
    GRACE = "grace"  # a period is not paid; the customer still reads
    PAST_DUE = "past_due"  # a period is not paid; the customer does not read, and may still pay
    PAUSED = "paused"  # at the customer's wish; the days left wait
    CANCELLED = "cancelled"  # the customer, or we, ended it
    EXPIRED = "expired"  # nobody paid


FOLLOWS: dict[State, frozenset[State]] = {
    State.TRIALING: frozenset({State.ACTIVE, State.GRACE, State.PAST_DUE, State.CANCELLED}),
    State.ACTIVE: frozenset({State.GRACE, State.PAST_DUE, State.PAUSED, State.CANCELLED}),
    State.GRACE: frozenset({State.ACTIVE, State.PAST_DUE, State.CANCELLED}),
    State.PAST_DUE: frozenset({State.ACTIVE, State.EXPIRED, State.CANCELLED}),
    # Not to grace: what was paid for is still there when somebody comes back.
    State.PAUSED: frozenset({State.ACTIVE, State.CANCELLED}),
    # Final, both: whoever comes back begins a new one, with today's price.
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}

LIVE = frozenset(state for state in State if FOLLOWS[state])
# Whoever is in one of these waits to be paid, and is asked.
OWING = frozenset({State.GRACE, State.PAST_DUE})
ENDED = frozenset(State) - LIVE


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
