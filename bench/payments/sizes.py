"""How long, how often and how many."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    rounds: int
    seconds: float  # of each rate
    payments: int  # settled in each round
    tpcb_scale: int
    warm: bool
    profiled: int  # payments settled under the profiler, after the rounds


USUAL = Sizes(rounds=5, seconds=5, payments=600, tpcb_scale=20, warm=True, profiled=600)
QUICK = Sizes(rounds=1, seconds=1, payments=20, tpcb_scale=1, warm=False, profiled=20)
