"""When to ask a provider again about an attempt that has no final answer. Pure.

Payers decide within minutes, so the first questions come fast; a provider that was down for a day still gets asked.
"""

from datetime import datetime, timedelta

FIRST_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40, 60, 120, 240, 480))

# (while the attempt is younger than this, ask this often)
_STEPS = (
    (timedelta(hours=6), timedelta(minutes=15)),
    (timedelta(hours=48), timedelta(hours=1)),
    (timedelta(days=7), timedelta(days=1)),
)
GIVE_UP_AFTER = _STEPS[-1][0]

# "Not found" means nothing at first: some providers show a new attempt only after half a minute.
NOT_FOUND_GRACE = timedelta(seconds=60)
NOT_FOUND_ANSWERS = 3
# Later than this the payer has left; asking for the money again would surprise them.
RESEND_FOR = timedelta(minutes=10)


def next_check(
    *, started_at: datetime, check_count: int, at: datetime, window: timedelta = GIVE_UP_AFTER
) -> datetime | None:
    """The moment of the next question, None when there is no sense in asking: a person must look.

    `window` is how long the provider can be asked at all.
    """
    age = at - started_at
    if age >= min(window, GIVE_UP_AFTER):
        return None
    if check_count < len(FIRST_DELAYS):
        return at + FIRST_DELAYS[check_count]
    return at + next(pause for until, pause in _STEPS if age < until)
