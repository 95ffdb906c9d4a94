"""Rates of exchange as facts: what was published, the parity that is law, the way from one currency to another. Pure.

Every rate is an exact fraction and names the legs it is made of, each with its date and its source: whoever reads a
converted line can compute it again. XOF and XAF are two currencies; one becomes the other through the euro, to which
both are tied by law. No bank's quote between them is ever used.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod

from billing.money import NotAnExactRate, convert, exact_rate

EURO = "EUR"
PEG = "PEG"  # the source of a rate that is law, published by nobody
SAME = "SAME"  # the source of the rate of a currency in itself


@dataclass(frozen=True, slots=True)
class Peg:
    """A parity with the euro fixed by law: `per_euro` units of `currency`, from `since` to the day before `until`."""

    currency: str
    per_euro: Fraction
    since: date
    legal_reference: str
    until: date | None = None


# 100 CFA francs are one French franc, and one euro is 6.55957 French francs. Should the parity change, the old one gets
# its `until` here and the new one a line from that day on.
_CFA_PER_EURO = 100 * Fraction("6.55957")
_CFA_LAW = (
    "100 F CFA = 1 FRF (12 janvier 1994) ; 1 EUR = 6,55957 FRF : règlement (CE) n° 2866/98 du 31 décembre 1998 ; "
    "décision 98/683/CE du Conseil du 23 novembre 1998 (JO L 320 du 28.11.1998, p. 58)"
)
PEGS = tuple(Peg(currency, _CFA_PER_EURO, date(1999, 1, 1), _CFA_LAW) for currency in ("XAF", "XOF"))

# Only these may stand between two others on the way: the euro, and what is tied to it.
HUBS = frozenset({EURO, *(peg.currency for peg in PEGS)})


@dataclass(frozen=True, slots=True, order=True)
class Leg:
    """One rate as its source states it: `rate` units of `quote` for one `base`. `inverse`: used the other way round."""

    base: str
    quote: str
    rate: Fraction
    on_date: date
    source: str
    inverse: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """From which currency to which the leg leads."""
        return (self.quote, self.base) if self.inverse else (self.base, self.quote)

    @property
    def factor(self) -> Fraction:
        return 1 / self.rate if self.inverse else self.rate

    @property
    def text(self) -> str:
        """As its source states it, never rounded: `1 EUR = 1.0512 USD (ECB 2026-11-20)`."""
        return f"1 {self.base} = {exact_text(self.rate)} {self.quote} ({self.source} {self.on_date})"

    def turned(self) -> "Leg":
        return replace(self, inverse=not self.inverse)


@dataclass(frozen=True, slots=True)
class RateFact:
    """The exact rate from `base` to `quote` for the day `asked_on`, and what it is made of.

    :raises NotAnExactRate: the legs do not lead from `base` to `quote`.
    """

    base: str
    quote: str
    asked_on: date
    legs: tuple[Leg, ...]  # none: a currency in itself

    def __post_init__(self) -> None:
        stop = self.base
        for leg in self.legs:
            start, end = leg.ends
            stop = end if start == stop else ""
        if stop != self.quote:
            raise NotAnExactRate(f"the legs do not lead from {self.base} to {self.quote}: {self.text}")

    @classmethod
    def stated(cls, base: str, quote: str, rate: Fraction | Decimal, *, on: date, source: str) -> "RateFact":
        """A rate that one source states outright: a bank's advice, a provider's settlement.

        :raises NotAnExactRate: no exact positive rate.
        """
        return cls(base, quote, on, (Leg(base, quote, exact_rate(rate), on, source),))

    @property
    def rate(self) -> Fraction:
        """Units of `quote` for one `base`."""
        return prod((leg.factor for leg in self.legs), start=Fraction(1))

    @property
    def on_date(self) -> date:
        """The day the rate is of: earlier than `asked_on` only where the caller allowed it."""
        return min((leg.on_date for leg in self.legs), default=self.asked_on)

    @property
    def days_old(self) -> int:
        return (self.asked_on - self.on_date).days

    @property
    def source(self) -> str:
        """`ECB`, `PEG`, or of a cross rate `ECB+PEG`, in the order of the legs."""
        return "+".join(dict.fromkeys(leg.source for leg in self.legs)) or SAME

    @property
    def text(self) -> str:
        """Each leg with rate, source and date, for the description of a converted line."""
        return ", ".join(leg.text for leg in self.legs) or f"1 {self.base} = 1 {self.quote} ({SAME} {self.asked_on})"

    def inverse(self) -> "RateFact":
        return RateFact(self.quote, self.base, self.asked_on, tuple(leg.turned() for leg in reversed(self.legs)))

    def convert(self, minor: int) -> int:
        """Minor units of `quote` for `minor` units of `base`, rounded once.

        :raises NotAnAmount: an amount on either side is beyond the ledger's range.
        """
        return convert(minor, self.base, self.quote, self.rate)


def parities(on: date) -> tuple[Leg, ...]:
    """The parities that are law on that day."""
    return tuple(
        Leg(EURO, peg.currency, peg.per_euro, on, PEG)
        for peg in PEGS
        if peg.since <= on and (peg.until is None or on < peg.until)
    )


def path(base: str, quote: str, legs: Iterable[Leg]) -> tuple[Leg, ...] | None:
    """The shortest way from `base` to `quote` along `legs`, either way round, with only hubs in between; or none."""
    steps = sorted(step for leg in legs for step in (leg, leg.turned()))
    ways: list[tuple[Leg, ...]] = [()]
    reached = {base}
    if base == quote:
        return ()
    while ways:
        longer = []
        for way in ways:
            here = way[-1].ends[1] if way else base
            for step in steps:
                start, end = step.ends
                if start != here or end in reached:
                    continue
                if end == quote:
                    return (*way, step)
                if end in HUBS:
                    reached.add(end)
                    longer.append((*way, step))
        ways = longer
    return None


def exact_text(value: Fraction) -> str:
    """As a decimal where it is one, `655.957`; else as a fraction, `1/3`. Never rounded."""
    # A denominator of twos and fives alone divides a power of ten no higher than its count of bits.
    candidates = range(value.denominator.bit_length())
    places = next((count for count in candidates if 10**count % value.denominator == 0), None)
    if places is None:
        return str(value)
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}}"
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
