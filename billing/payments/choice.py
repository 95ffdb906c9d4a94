"""Which wallet to offer first. Pure.

What a payer can use comes before what is cheap: a wallet that does not answer goes last, the one their number belongs
to goes first, then whoever lately let payments succeed, then the cheaper one, then the order that was configured.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

ENOUGH = 20  # attempts, before a success rate says anything
_STEP = 20  # rates are compared in steps of a twentieth: noise must not reorder the page at every visit


@dataclass(frozen=True, slots=True)
class Record:
    """How attempts with a wallet ended lately, those left out that failed by the payer's doing."""

    succeeded_count: int = 0
    failed_count: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    provider: str
    is_resting: bool  # it does not answer now
    is_suggested: bool  # the payer's number is one of this operator's
    record: Record
    fee_rate: Fraction
    priority: int


def ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The order to offer them in."""
    return tuple(
        sorted(
            candidates,
            key=lambda one: (
                one.is_resting,
                not one.is_suggested,
                -level(one.record),
                one.fee_rate,
                one.priority,
                one.provider,
            ),
        )
    )


def level(record: Record) -> int:
    """0 to 20, from the lower end of what the rate may be (Wilson's 95 % interval); 20 as long as little is known."""
    total = record.succeeded_count + record.failed_count
    if total < ENOUGH:
        return _STEP
    rate, z = record.succeeded_count / total, 1.96
    centre = rate + z * z / (2 * total)
    spread = z * math.sqrt((rate * (1 - rate) + z * z / (4 * total)) / total)
    return math.floor(_STEP * (centre - spread) / (1 + z * z / total) + 0.5)
