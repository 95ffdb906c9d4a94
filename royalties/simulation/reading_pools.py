"""Pools of a period, turned into lines; and shared again when a verdict changes what counts."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from billing.exchange import exact_text
from billing.money import exponent, plain
from royalties.rules import lines, pools, record, shares
from royalties.rules.lines import AdjustmentQuestion, LineQuestion
from royalties.rules.pages import Fact, union_length
from royalties.rules.pools import Division, Pool
from royalties.rules.refusals import BadPool
from royalties.rules.shares import State
from royalties.rules.terms import Kind, Traits
from royalties.simulation.amounts import exchange_of
from royalties.simulation.covering import Covering, counter_of, covering
from royalties.simulation.scenario import Period, PoolTerms, Read, Scenario, Verdict
from royalties.simulation.world import Line, World

_Title = tuple[str, str, State]  # book, contract, payable or quarantined


@dataclass(slots=True)
class Shared:
    """A pool as it was last divided, with the question of every line it gave."""

    terms: PoolTerms
    period: Period
    facts: tuple[Fact, ...]
    division: Division
    covering: dict[str, tuple[Covering, ...]]
    questions: dict[_Title, LineQuestion]


class Reading:
    """What was read up to now, by reader and book: what a lifetime's cap and the union of page ranges need."""

    def __init__(self, scenario: Scenario) -> None:
        self.amounts: dict[tuple[str, str], int] = defaultdict(int, scenario.read_before)
        self.ranges: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self.shared: dict[str, Shared] = {}

    def facts(self, reads: Sequence[Read]) -> tuple[Fact, ...]:
        """One pool's reads, by reader, book and verdict. Void reads leave their pages to be read for the first time."""
        amounts: dict[tuple[str, str, State], Fraction] = defaultdict(Fraction)
        weighted: dict[tuple[str, str, State], Fraction] = defaultdict(Fraction)
        for read in sorted(reads, key=_order):
            amount = self._new_pages(read) if read.ranges else read.amount
            amounts[read.reader, read.book, read.verdict] += amount
            weighted[read.reader, read.book, read.verdict] += amount * read.weight
        facts = tuple(
            Fact(reader, book, state, amount, weighted[reader, book, state], Fraction(self.amounts[reader, book]))
            for (reader, book, state), amount in sorted(amounts.items())
        )
        for fact in facts:
            if fact.state is not State.VOID:
                self.amounts[fact.reader, fact.title] += int(fact.amount)
        return facts

    def _new_pages(self, read: Read) -> int:
        known = self.ranges[read.reader, read.book]
        new = union_length([*known, *read.ranges]) - union_length(known)
        if read.verdict is not State.VOID:
            known.extend(read.ranges)
        return new


def _order(read: Read) -> tuple[str, str, int, tuple[tuple[int, int], ...], Fraction]:
    # Which read a page counts for must not depend on the order in the file.
    return read.reader, read.book, list(State).index(read.verdict), read.ranges, -read.weight


def share(world: World, period: Period, terms: PoolTerms, reading: Reading) -> None:
    """Lines of a pool.

    :raises Refused: the rule lacks what it needs, or a book has no terms.
    """
    facts = reading.facts([read for read in world.scenario.reads if read.pool == terms.id])
    division = _divide(world.scenario, terms, facts)
    shared = Shared(terms, period, facts, division, _covering(world.scenario, period, terms, division), {})
    reading.shared[terms.id] = shared
    shared.questions = _questions(world, shared, division)
    given: dict[tuple[str, State], Fraction] = defaultdict(Fraction)
    for title, question in sorted(shared.questions.items()):
        done = lines.compute(question)
        _refuse_too_much(given, title, question, done)
        if title[2] is State.PAYABLE:
            _count(world, shared, title, done)
        if done.royalty_minor or title[2] is State.PAYABLE:
            _write(world, shared, title, "line", question, done.parts, period, "reading", terms.id, terms.country)
    world.pools.append(_told(shared))


def decide(world: World, period: Period, verdict: Verdict, reading: Reading) -> None:
    """The pool is divided again as if the verdict had always been so; what differs is a line of this period.

    Together the differences of a pool are zero but for what a contract's rate rounds: what one loses the others gain.

    :raises BadPool: the pool was not divided yet, or nothing in it is meant.
    """
    shared = reading.shared.get(verdict.pool)
    if shared is None:
        raise BadPool(f"verdict {verdict.id}: pool {verdict.pool} is not divided yet on {verdict.day}")
    changed = tuple(replace(fact, state=verdict.verdict) if _is_meant(fact, verdict) else fact for fact in shared.facts)
    if not any(_is_meant(fact, verdict) for fact in shared.facts):
        raise BadPool(f"verdict {verdict.id}: {verdict.reader} read nothing of that in pool {verdict.pool}")
    before = shared.questions
    shared.facts = _merged(changed)
    shared.division = _divide(world.scenario, shared.terms, shared.facts)
    shared.questions = _questions(world, shared, shared.division)
    for title in sorted({*before, *shared.questions}):
        question = AdjustmentQuestion(before.get(title), shared.questions.get(title))
        parts = lines.adjustment(question)
        if any(parts.values()):
            _write(world, shared, title, "adjustment", question, parts, period, "verdict", verdict.id, shared.terms.id)


def _is_meant(fact: Fact, verdict: Verdict) -> bool:
    return fact.reader == verdict.reader and verdict.book in (None, fact.title)


def _merged(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Two facts of one reader, book and state are one."""
    together: dict[tuple[str, str, State], Fact] = {}
    for fact in facts:
        key = fact.reader, fact.title, fact.state
        known = together.get(key)
        together[key] = (
            replace(known, amount=known.amount + fact.amount, weighted=known.weighted + fact.weighted)
            if known
            else fact
        )
    return tuple(together[key] for key in sorted(together))


def _divide(scenario: Scenario, terms: PoolTerms, facts: tuple[Fact, ...]) -> Division:
    lengths = {book.id: Fraction(book.pages) for book in scenario.books.values() if book.pages is not None}
    return pools.divide(Pool(terms.rule, terms.amount_minor, facts, terms.fees, lengths, Fraction(terms.others)))


def _traits(scenario: Scenario, shared: PoolTerms, book: str) -> Traits:
    found = scenario.books[book]
    return Traits(found.id, found.format, found.language, shared.country)


def _covering(
    scenario: Scenario, period: Period, terms: PoolTerms, division: Division
) -> dict[str, tuple[Covering, ...]]:
    last = period.last_day
    return {
        book: covering(scenario, Kind.READING, _traits(scenario, terms, book), sold_on=last, reported_on=last)
        for book in division.titles
    }


def _questions(world: World, shared: Shared, division: Division) -> dict[_Title, LineQuestion]:
    questions: dict[_Title, LineQuestion] = {}
    for book, share_ in division.titles.items():
        if book not in shared.covering:
            shared.covering |= _covering(world.scenario, shared.period, shared.terms, division)
        for found in shared.covering[book]:
            for state, portions in ((State.PAYABLE, share_.payable), (State.QUARANTINED, share_.quarantined)):
                if portions:
                    own = replace(share_, wanted=state)
                    questions[book, found.ref, state] = _question(world, shared, book, found, own)
    return questions


def _question(world: World, shared: Shared, book: str, found: Covering, own: Any) -> LineQuestion:
    before = shared.questions.get((book, found.ref, own.wanted))
    key, opening = counter_of(world.scenario, found, _traits(world.scenario, shared.terms, book), shared.period.id)
    return LineQuestion(
        basis=found.clause.basis,
        ladder=found.clause.ladder,
        counter=before.counter if before else world.counters.get(key, opening),
        splits=found.splits,
        share=own,
        exchange=exchange_of(
            world.scenario, shared.terms.currency, found.currency or shared.terms.currency, shared.period.last_day
        ),
    )


def _refuse_too_much(
    given: dict[tuple[str, State], Fraction], title: _Title, question: LineQuestion, done: lines.Line
) -> None:
    """Several contracts may pay of one title's share, but not more than all of it."""
    factor = question.exchange.factor if question.exchange else Fraction(1)
    given[title[0], title[2]] += done.exact_minor / factor
    if given[title[0], title[2]] > done.base.base_minor:
        raise BadPool(f"the contracts of {title[0]} give more than the title's share of the pool")


def _count(world: World, shared: Shared, title: _Title, done: lines.Line) -> None:
    book, ref, _ = title
    found = next(one for one in shared.covering[book] if one.ref == ref)
    key, opening = counter_of(world.scenario, found, _traits(world.scenario, shared.terms, book), shared.period.id)
    world.counters[key] = world.counters.get(key, opening) + done.counted


def _write(
    world: World,
    shared: Shared,
    title: _Title,
    name: str,
    question: LineQuestion | AdjustmentQuestion,
    parts: Mapping[str, int],
    period: Period,
    kind: str,
    event: str,
    note: str,
) -> None:
    book, ref, state = title
    found = next(one for one in shared.covering[book] if one.ref == ref)
    inputs = record.dump(question)
    for payee in sorted(parts):
        world.lines.append(
            Line(
                id=world.name_line(event, book, "escrow" if state is State.QUARANTINED else "", ref, payee),
                period=period.id,
                day=period.last_day,
                kind=kind,
                event=event,
                book=book,
                contract=ref,
                version=found.version,
                clause=found.clause.id,
                payee=payee,
                currency=found.currency or shared.terms.currency,
                amount_minor=parts[payee],
                in_escrow=state is State.QUARANTINED,
                units=0,
                question=name,
                inputs=inputs,
                traits=_traits(world.scenario, shared.terms, book),
                note=note,
            )
        )


def _told(shared: Shared) -> dict[str, Any]:
    terms, division = shared.terms, shared.division
    money = _money(terms.currency)
    return {
        "id": terms.id,
        "period": terms.period,
        "country": terms.country,
        "rule": terms.rule.kind.value,
        "normaliser": terms.normaliser,
        "amount": money(terms.amount_minor),
        "titles": [
            {
                "book": book,
                "counted": str(own.counted),
                "share": money(shares.whole(own)),
                "in_escrow": money(shares.minor(replace(own, wanted=State.QUARANTINED))),
            }
            for book, own in division.titles.items()
        ],
        "retained": money(division.retained_minor),
        "other_titles": money(division.others_minor),
    }


def _money(currency: str) -> Callable[[int | Fraction], dict[str, str]]:
    """Hours and units may come to parts of the smallest unit: they are told exactly."""

    def told(minor: int | Fraction) -> dict[str, str]:
        exact = Fraction(minor)
        is_whole = exact.denominator == 1
        text = plain(int(exact), currency) if is_whole else exact_text(exact / 10 ** exponent(currency))
        return {"amount": text, "currency": currency}

    return told
