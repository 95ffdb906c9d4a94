"""Named moments at which a fault test may kill the process, to prove that a restart finishes the work exactly once.

`COKO_CRASH_AT=<name>` kills at that moment, with SIGKILL, so that nothing is tidied up. `COKO_CRASH_ONCE=<path>` makes
it happen once: the file is made first, and where it exists nothing happens. Never in production.
"""

import os
import signal
from pathlib import Path

from django.conf import settings

NAMES = (
    "payments.attempt_committed",  # K2: the attempt is stored, nothing was sent
    "payments.request_sent",  # K4: the provider answered, nothing of it is stored
    "payments.answer_committed",  # K6: stored, the caller has heard nothing
    "payments.outcome_before_commit",  # K5: money booked in a transaction that is not committed
    "payments.outcome_committed",
    "payouts.request_sent",
    "payouts.outcome_before_commit",
    "payouts.outcome_committed",
    "refunds.granted",
    "refunds.request_sent",
    "refunds.outcome_before_commit",
    "inbox.stored",  # before the provider gets its 2xx
    "inbox.verified",
    "outbox.delivered",  # the receiver has it, we have not noted it
)


def reach(name: str) -> None:
    """Say that the moment `name` has come."""
    if os.environ.get("COKO_CRASH_AT") != name or settings.MODE == "production":
        return
    if (marker := os.environ.get("COKO_CRASH_ONCE")) and not _first(Path(marker)):
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _first(marker: Path) -> bool:
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
