"""How long, how often and how large."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sizes:
    rounds: int
    seconds: float
    warm_seconds: float
    tpcb_scale: int
    large_postings: int


USUAL = Sizes(rounds=5, seconds=5, warm_seconds=2, tpcb_scale=50, large_postings=10_000_000)
QUICK = Sizes(rounds=1, seconds=1, warm_seconds=0, tpcb_scale=1, large_postings=30_000)


def replaced(sizes: Sizes, *, rounds: int) -> Sizes:
    return replace(sizes, rounds=rounds)
