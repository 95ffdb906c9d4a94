"""What a campaign does, step by step, from its seed and its sizes alone. Pure.

The seed decides who buys what with which wallet, what payers and payees do, which faults are ordered and which
processes are killed, each at which step. How the processes then meet, the machine decides; what is proven must hold
for any of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

# Where each wallet is, as in billing/configuration/reference.py.
COLLECTING = (
    ("SN", "wave"), ("SN", "orange_sonatel"), ("CI", "wave"), ("CI", "orange"), ("CI", "mtn"), ("ML", "wave"),
    ("ML", "moov"), ("BF", "moov"), ("BJ", "mtn"), ("BJ", "moov"), ("CM", "mtn"), ("CM", "orange_core"),
)  # fmt: skip
# Orange's Web Payment: a page that asks for the payer's number, so no number decides beforehand. It only collects.
PAGE_ASKS_FOR_NUMBER = "orange"
PAYING = tuple(wallet for wallet in COLLECTING if wallet[1] != PAGE_ASKS_FOR_NUMBER)

# The first digits of a mobile number, and how many follow before the three that decide.
_NUMBERS = {
    "SN": ("+22177", 4), "CI": ("+2250707", 3), "ML": ("+22376", 3), "BF": ("+22670", 3), "BJ": ("+2290197", 3),
    "CM": ("+23767", 4),
}  # fmt: skip

# Payers: what they do → the ends of their numbers (providers/rehearsal/payer.py), and how many of a hundred do it.
APPROVES, REFUSES, FAILS, STUCK, LATE = "approves", "refuses", "fails", "stuck", "late"
_PAYERS: Mapping[str, tuple[Sequence[str], int]] = {
    APPROVES: (("789",), 74),
    REFUSES: (("039",), 7),
    FAILS: (("048", "058", "068"), 8),
    STUCK: (("129",), 4),
    LATE: (("111",), 7),  # waits; the campaign approves when the request has long expired
}
# Payees: most receive; these ends fail or get stuck somewhere (the providers' READMEs).
_PAYEES = (*("111",) * 30, "129", "129", "048", "058", "068", "119", "089", "039")

_DOING = (
    "create_session", "create_session", "create_session", "get_session", "get_session", "search_sessions", "pay",
    "refund_session", "get_refund", "create_payout", "create_payout", "get_payout", "search_payouts", "pay_payout",
    "make_otp", "token",
)  # fmt: skip
_MOVES_MONEY = frozenset({"create_payout", "pay_payout", "create_session", "pay", "refund_session"})
_SERVER_ERRORS = (500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Buy:
    """An invoice and a first attempt to pay it."""

    number: int
    market: str
    provider: str
    phone: str
    payer: str


@dataclass(frozen=True, slots=True)
class BuyAgain:
    """Another attempt on an invoice whose last one has ended without money; a new purchase where there is none."""

    chance: float  # which of them
    instead: Buy


@dataclass(frozen=True, slots=True)
class GiveBack:
    """A refund of one of the payments that succeeded until then, whole or half of it."""

    number: int
    chance: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed to one author, to be paid."""

    number: int
    market: str
    provider: str
    phone: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PayOut:
    """A batch, prepared by one person and approved by another."""

    number: int
    payouts: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class Spoil:
    """A fault, ordered at the simulators."""

    operation: str
    kind: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kill:
    """Kill these after a while and start them again, to kill themselves at `crash_at` if that is not empty."""

    names: tuple[str, ...]
    crash_at: str
    after_seconds: float  # for the workers to get on with what was begun


@dataclass(frozen=True, slots=True)
class TokensEnd:
    """The simulators' clock moves past the life of every access token; what waits for a payer expires too."""


Step = Buy | BuyAgain | GiveBack | PayOut | Spoil | Kill | TokensEnd


@dataclass(frozen=True, slots=True)
class Sizes:
    payments: int
    refunds: int
    payouts: int
    kill_every: int  # payments between two kills
    batch: int = 15


def steps(seed: int, sizes: Sizes, crash_points: Sequence[str]) -> Iterator[Step]:
    """The whole campaign in order. Refunds begin once a quarter of the payments was started."""
    dice = Random(seed)
    refund_from = sizes.payments // 4
    refunds = _spread(dice, sizes.refunds, refund_from, sizes.payments)
    batches = list(_batches(dice, sizes))
    batch_at = _spread(dice, len(batches), 0, sizes.payments)
    moved_at = {sizes.payments // 2}
    given = sent = 0
    for number in range(sizes.payments):
        if dice.random() < 0.6:
            yield spoil(dice)
        buy = _buy(dice, number)
        yield BuyAgain(dice.random(), buy) if number > 10 and dice.random() < 0.08 else buy
        while given < len(refunds) and refunds[given] <= number:
            yield GiveBack(given, dice.random(), dice.random() < 0.6)
            given += 1
        while sent < len(batches) and batch_at[sent] <= number:
            yield batches[sent]
            sent += 1
        if number % sizes.kill_every == sizes.kill_every - 1:
            yield _kill(dice, crash_points)
        if number in moved_at:
            yield TokensEnd()


def spoil(dice: Random) -> Spoil:
    """One fault of the list, of a notification once in three times."""
    if dice.random() < 0.33:
        return dice.choice(
            (
                Spoil("webhook", "never"),
                Spoil("webhook", "duplicate", {"copies": 3}),
                Spoil("webhook", "forged"),
                Spoil("webhook", "delay", {"seconds": 5}),
                Spoil("webhook", "out_of_order"),
                Spoil("webhook", "method", {"method": "PUT"}),
            )
        )
    operation = dice.choice(_DOING)
    work_done = operation in _MOVES_MONEY and dice.random() < 0.5
    return dice.choice(
        (
            Spoil(operation, "error", {"status": dice.choice(_SERVER_ERRORS), "work_done": work_done}),
            Spoil(operation, "error", {"status": 409}),
            Spoil(operation, "error", {"status": 401}),
            Spoil(operation, "slow_down", {"seconds": 1}),
            Spoil(operation, "drop", {"work_done": work_done}),
            Spoil(operation, "hang", {"seconds": 2, "work_done": work_done}),
            Spoil(operation, "late", {"seconds": 1.5}),
            Spoil(operation, "truncate"),
            Spoil(operation, "html", {"work_done": work_done}),
            Spoil(operation, "empty", {"work_done": work_done}),
            Spoil(operation, "unknown_status"),
            Spoil(dice.choice(("create_session", "get_session")), "wrong_amount", {"amount": "77"}),
        )
    )


def _buy(dice: Random, number: int) -> Buy:
    market, provider = dice.choice(COLLECTING)
    (payer,) = dice.choices(tuple(_PAYERS), weights=[weight for _, weight in _PAYERS.values()])
    return Buy(number, market, provider, phone_of(market, number, dice.choice(_PAYERS[payer][0])), payer)


def _batches(dice: Random, sizes: Sizes) -> Iterator[PayOut]:
    owed = [_owed(dice, number) for number in range(sizes.payouts)]
    for number, first in enumerate(range(0, len(owed), sizes.batch)):
        yield PayOut(number, tuple(owed[first : first + sizes.batch]))


def _owed(dice: Random, number: int) -> Owed:
    market, provider = dice.choice(PAYING)
    return Owed(number, market, provider, phone_of(market, number, dice.choice(_PAYEES)), dice.randrange(500, 3000))


def phone_of(market: str, number: int, end: str) -> str:
    first, width = _NUMBERS[market]
    return f"{first}{number % 10**width:0{width}}{end}"


def _kill(dice: Random, crash_points: Sequence[str]) -> Kill:
    names = dice.choice((("web",), ("worker",), ("worker",), ("web", "worker"), ("worker", "beat")))
    return Kill(names, dice.choice(crash_points) if dice.random() < 0.7 else "", dice.uniform(1, 6))


def _spread(dice: Random, count: int, since: int, until: int) -> list[int]:
    return sorted(dice.randrange(since, until) for _ in range(count))
