"""Which pages of a pool count: capped, weighted, lifted. Pure.

Caps apply before a pool is divided: KDP counts at most 3,000 pages of a title and reader, ever; Deezer at most 1,000
listens of a user and month, twice for titles with 1,000 listens by 500 people and twice for what was searched for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from royalties.rules.shares import State


@dataclass(frozen=True, slots=True)
class Fact:
    """What one reader read of one title, of one state. `weighted` is the amount with each read's own weight."""

    reader: str
    title: str
    state: State
    amount: Fraction  # pages, or seconds
    weighted: Fraction
    before: Fraction = Fraction(0)  # read in earlier pools, where the rule looks at a lifetime


class CapPer(StrEnum):
    READER_AND_TITLE = "reader_and_title"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so much counts. A lifetime's cap also counts what was read before the period."""

    per: CapPer
    amount: Fraction
    lifetime: bool = False


@dataclass(frozen=True, slots=True)
class Boost:
    """A title with at least that many pages by at least that many readers counts `factor` times."""

    amount: Fraction
    readers: int
    factor: Fraction


def counted(
    facts: Iterable[Fact], *, cap: Cap | None, weights: Mapping[str, Fraction], boost: Boost | None
) -> tuple[Fact, ...]:
    """The facts as they count, by reader and title; void ones and those a cap leaves nothing of are gone."""
    live = sorted((fact for fact in facts if fact.state is not State.VOID), key=_order)
    capped = _capped(live, cap) if cap else live
    factors = _factors(capped, boost)
    return tuple(
        replace(fact, weighted=fact.weighted * weights.get(fact.title, Fraction(1)) * factors.get(fact.title, 1))
        for fact in capped
        if fact.amount > 0
    )


def _order(fact: Fact) -> tuple[str, str, bool]:
    # What is payable uses the room under a cap before what is not decided.
    return fact.reader, fact.title, fact.state is not State.PAYABLE


def _capped(facts: Sequence[Fact], cap: Cap) -> list[Fact]:
    if cap.per is CapPer.READER:
        return _capped_by_reader(facts, cap.amount)
    room: dict[tuple[str, str], Fraction] = {}
    kept = []
    for fact in facts:
        key = fact.reader, fact.title
        left = room.get(key, max(cap.amount - (fact.before if cap.lifetime else 0), Fraction(0)))
        amount = min(fact.amount, left)
        room[key] = left - amount
        kept.append(_scaled(fact, amount))
    return kept


def _capped_by_reader(facts: Sequence[Fact], most: Fraction) -> list[Fact]:
    """Each of the reader's titles keeps its proportion."""
    totals: dict[str, Fraction] = defaultdict(Fraction)
    for fact in facts:
        totals[fact.reader] += fact.amount
    return [_scaled(fact, fact.amount * min(Fraction(1), most / (totals[fact.reader] or 1))) for fact in facts]


def _scaled(fact: Fact, amount: Fraction) -> Fact:
    part = amount / fact.amount if fact.amount else Fraction(0)
    return replace(fact, amount=amount, weighted=fact.weighted * part)


def _factors(facts: Sequence[Fact], boost: Boost | None) -> dict[str, Fraction]:
    if boost is None:
        return {}
    amounts: dict[str, Fraction] = defaultdict(Fraction)
    readers: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        amounts[fact.title] += fact.amount
        readers[fact.title].add(fact.reader)
    return {
        title: boost.factor
        for title, amount in amounts.items()
        if amount >= boost.amount and len(readers[title]) >= boost.readers
    }


def union_length(ranges: Iterable[tuple[int, int]]) -> int:
    """How many pages the ranges (first and last page, both read) cover together: what is read twice counts once."""
    total, reached = 0, 0
    for first, last in sorted(ranges):
        total += max(0, last - max(first - 1, reached))
        reached = max(reached, last)
    return total
