"""How a subscription pool is shared among titles. Pure.

With P the pool, t_ij what reader j read of title i, fee_j what the reader brought:

    pro-rata       P · Σ_j t_ij ÷ Σ t
    user-centric   P · Σ_j (fee_j ÷ Σ fee) · t_ij ÷ Σ_i t_ij
    hybrid         α · user-centric + (1 − α) · pro-rata
    unit           a fee a reader and title, once the reader has read so much of it
    hourly         a price an hour

The first three divide a sum: the titles' whole units sum to it, by largest remainder. The last two owe what they owe.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from billing.money import allocate
from royalties.rules import pages, shares
from royalties.rules.pages import Boost, Cap, Fact
from royalties.rules.refusals import BadPool
from royalties.rules.shares import Portion, Share, State

_RETAINED = "~retained"
_OTHERS = "~others"


class RuleKind(StrEnum):
    PRO_RATA = "pro_rata"
    USER_CENTRIC = "user_centric"
    HYBRID = "hybrid"
    UNIT = "unit_at_threshold"
    HOURLY = "hourly"


class Idle(StrEnum):
    """Where the money of those who paid and read nothing goes. Pro-rata gives it by pages unless it is retained."""

    RETAINED = "retained"  # it is not given out
    BY_PAGES = "by_pages"  # as pro-rata
    BY_SHARES = "by_shares"  # as the other readers' money went


@dataclass(frozen=True, slots=True)
class PoolRule:
    kind: RuleKind
    alpha: Fraction | None = None  # of a hybrid: the user-centric part
    idle: Idle | None = None
    cap: Cap | None = None
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    boost: Boost | None = None
    threshold: Fraction | None = None  # of a unit rule: the part of the title
    price_minor: Fraction | None = None  # a title and reader, or an hour

    def __post_init__(self) -> None:
        wants = {
            "alpha": self.kind is RuleKind.HYBRID,
            "threshold": self.kind is RuleKind.UNIT,
            "price_minor": self.kind in (RuleKind.UNIT, RuleKind.HOURLY),
        }
        for name, wanted in wants.items():
            if (getattr(self, name) is not None) != wanted:
                raise BadPool(f"rule {self.kind}: {name} is {'missing' if wanted else 'of another rule'}")
        if any(not 0 <= part <= 1 for part in (self.alpha, self.threshold) if part is not None):
            raise BadPool(f"rule {self.kind}: a part of a whole is between 0 and 1")


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool of one country, currency and period."""

    rule: PoolRule
    amount_minor: int
    facts: tuple[Fact, ...]
    fees: Mapping[str, Fraction] = field(default_factory=dict)  # reader → what they brought
    lengths: Mapping[str, Fraction] = field(default_factory=dict)  # title → pages, for a threshold
    others: Fraction = Fraction(0)  # read of titles nobody here is paid for


@dataclass(frozen=True, slots=True)
class Division:
    """Each title's share; what nobody is given; what other titles take."""

    titles: Mapping[str, Share]
    retained_minor: int
    others_minor: int


_Claims = dict[str, dict[State, list[Portion]]]


def divide(pool: Pool) -> Division:
    """Every title's share of the pool.

    :raises BadPool: the rule lacks what it needs to share by.
    """
    if pool.rule.kind is RuleKind.UNIT:
        return _exactly(_units(pool))
    live = pages.counted(pool.facts, cap=pool.rule.cap, weights=pool.rule.weights, boost=pool.rule.boost)
    if pool.rule.kind is RuleKind.HOURLY:
        return _exactly(_hours(pool, live))
    claims: _Claims = defaultdict(lambda: {State.PAYABLE: [], State.QUARANTINED: []})
    alpha = {RuleKind.PRO_RATA: Fraction(0), RuleKind.USER_CENTRIC: Fraction(1)}.get(pool.rule.kind, pool.rule.alpha)
    assert alpha is not None
    others, retained = Fraction(0), Fraction(0)
    if alpha < 1:
        pot = (1 - alpha) * pool.amount_minor
        kept = pot * _idle_part(pool, live) if pool.rule.idle is Idle.RETAINED else Fraction(0)
        others, retained = _by_pages(claims, live, pot - kept, pool.others)
        retained += kept
    if alpha > 0:
        retained += _by_reader(claims, pool, live, alpha * pool.amount_minor)
    return _rounded(pool.amount_minor, claims, retained=retained, others=others)


def _by_pages(claims: _Claims, live: Sequence[Fact], pot: Fraction, others: Fraction) -> tuple[Fraction, Fraction]:
    """Adds the pro-rata portions; gives what other titles take, and what is left when nothing was read at all."""
    total = sum((fact.weighted for fact in live), start=others)
    if not total:
        return Fraction(0), pot
    for (title, state), amount in _sums(live).items():
        claims[title][state].append(Portion(pot, amount, total))
    return pot * others / total, Fraction(0)


def _by_reader(claims: _Claims, pool: Pool, live: Sequence[Fact], pot: Fraction) -> Fraction:
    """Adds the user-centric portions; gives what is retained."""
    whole = sum(pool.fees.values(), start=Fraction(0))
    totals: dict[str, Fraction] = defaultdict(Fraction)
    for fact in live:
        totals[fact.reader] += fact.weighted
    if unknown := sorted(set(totals) - set(pool.fees)):
        raise BadPool(f"user-centric: nobody says what {', '.join(unknown)} paid")
    if pool.others:
        raise BadPool("user-centric: pages of other titles belong to readers")
    if not whole:
        return pot
    for fact in live:
        if totals[fact.reader]:
            brought = pot * pool.fees[fact.reader] / whole
            claims[fact.title][fact.state].append(Portion(brought, fact.weighted, totals[fact.reader], fact.reader))
    idle = pot * _idle_part(pool, live)
    return _give_idle(claims, pool, live, pot, idle) if idle else Fraction(0)


def _idle_part(pool: Pool, live: Sequence[Fact]) -> Fraction:
    """Which part of the fees readers brought who read nothing that counts."""
    whole = sum(pool.fees.values(), start=Fraction(0))
    if not whole:
        return Fraction(0)
    readers = {fact.reader for fact in live if fact.weighted}
    return sum((fee for reader, fee in pool.fees.items() if reader not in readers), start=Fraction(0)) / whole


def _give_idle(claims: _Claims, pool: Pool, live: Sequence[Fact], pot: Fraction, idle: Fraction) -> Fraction:
    if pool.rule.idle is None:
        raise BadPool("some readers paid and read nothing, and the rule names no policy for their money (`idle`)")
    if pool.rule.idle is Idle.RETAINED or idle == pot:
        return idle
    if pool.rule.idle is Idle.BY_PAGES:
        return _by_pages(claims, live, idle, Fraction(0))[1]
    # As the other readers' money went: each reader's pot grows in the same proportion.
    growth = idle / (pot - idle)
    for states in claims.values():
        for portions in states.values():
            grown = [Portion(p.pot_minor * growth, p.counted, p.total, p.of) for p in portions if p.of]
            portions.extend(grown)
    return Fraction(0)


def _rounded(amount_minor: int, claims: _Claims, *, retained: Fraction, others: Fraction) -> Division:
    exact = {title: sum(shares.exact(tuple(p)) for p in states.values()) for title, states in claims.items()}
    wanted: dict[str, Fraction] = {title: Fraction(claim) for title, claim in exact.items()}
    wanted |= {key: claim for key, claim in ((_RETAINED, retained), (_OTHERS, others)) if claim}
    given = allocate(amount_minor, wanted) if amount_minor else dict.fromkeys(wanted, 0)
    missing = amount_minor - sum(claim.numerator // claim.denominator for claim in wanted.values())
    # The order in which `allocate` gives out what is missing: it is told to the author, and the tests compare the two.
    ranked = sorted(wanted, key=lambda key: (_floor(wanted[key]) - wanted[key], -wanted[key], key))
    ranks = {key: rank for rank, key in enumerate(ranked, start=1)}
    titles = {
        title: _share(states, rank=ranks[title], missing=missing)
        for title, states in sorted(claims.items())
        if title in given
    }
    return Division(titles, given.get(_RETAINED, 0), given.get(_OTHERS, 0))


def _exactly(claims: _Claims) -> Division:
    return Division({title: _share(states) for title, states in sorted(claims.items())}, 0, 0)


def _share(states: Mapping[State, Sequence[Portion]], rank: int | None = None, missing: int | None = None) -> Share:
    payable, quarantined = (tuple(states[state]) for state in (State.PAYABLE, State.QUARANTINED))
    counted = sum((p.counted for p in (*payable, *quarantined)), start=Fraction(0))
    return Share(counted, payable, quarantined, State.PAYABLE, rank, missing)


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def _sums(live: Sequence[Fact]) -> dict[tuple[str, State], Fraction]:
    sums: dict[tuple[str, State], Fraction] = defaultdict(Fraction)
    for fact in live:
        sums[fact.title, fact.state] += fact.weighted
    return sums


def _hours(pool: Pool, live: Sequence[Fact]) -> _Claims:
    assert pool.rule.price_minor is not None
    claims: _Claims = defaultdict(lambda: {State.PAYABLE: [], State.QUARANTINED: []})
    for (title, state), seconds in _sums(live).items():
        claims[title][state].append(Portion(pool.rule.price_minor, seconds, Fraction(3600)))
    return claims


def _units(pool: Pool) -> _Claims:
    """A reader crosses the threshold of a title once, by what is payable or else by what waits for a verdict."""
    assert pool.rule.price_minor is not None
    assert pool.rule.threshold is not None
    read: dict[tuple[str, str], dict[State, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    before: dict[tuple[str, str], Fraction] = {}
    for fact in pool.facts:
        read[fact.reader, fact.title][fact.state] += fact.amount
        before[fact.reader, fact.title] = fact.before
    counts: dict[tuple[str, State], int] = defaultdict(int)
    for (reader, title), amounts in read.items():
        if title not in pool.lengths:
            raise BadPool(f"a threshold needs the number of pages of {title}")
        goal = pool.rule.threshold * pool.lengths[title]
        payable = before[reader, title] + amounts[State.PAYABLE]
        if before[reader, title] >= goal:
            continue
        if payable >= goal:
            counts[title, State.PAYABLE] += 1
        elif payable + amounts[State.QUARANTINED] >= goal:
            counts[title, State.QUARANTINED] += 1
    claims: _Claims = defaultdict(lambda: {State.PAYABLE: [], State.QUARANTINED: []})
    for (title, state), count in counts.items():
        claims[title][state].append(Portion(pool.rule.price_minor, Fraction(count), Fraction(1)))
    return claims
