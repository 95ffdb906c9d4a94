"""Taking the gate alone, which every poster holds shared: to close a month, to seal a day.

Whoever waits for it lets nobody post meanwhile, so the database waits for a fifth of a second only; between two tries
others may post.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

from django.db import Error, connection, transaction

from billing.ledger.operations.batch import refusal
from billing.ledger.refusals import GateBusy

PATIENCE_SECONDS = 20.0


def alone(statement: str, values: Sequence[Any], *, patience_seconds: float = PATIENCE_SECONDS) -> Any:
    """The first value of a statement that takes the gate, tried until nobody is on the way.

    :raises GateBusy: somebody was, all the time.
    :raises LedgerRefusal: as the statement says.
    """
    until = time.monotonic() + patience_seconds
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchone()[0]
        except Error as error:
            reason = refusal(error)
            if not isinstance(reason, GateBusy) or time.monotonic() > until:
                raise reason from error
        time.sleep(random.uniform(0.05, 0.2))  # noqa: S311  so that two who try do not meet again
