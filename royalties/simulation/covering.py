"""Which contracts pay for an event, by which clause, and which counter each clause climbs. Pure.

Every contract that covers the book with a clause that fits pays: an author's and a translator's stand side by side.
Where none does, the file's default rate of the kind and the book's own splits; where there is none, a refusal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from royalties.rules import terms, tiers
from royalties.rules.bases import Basis, Deduction, DeductionKind
from royalties.rules.refusals import NoTerms
from royalties.rules.splits import SplitStep
from royalties.rules.terms import Clause, CounterScope, Kind, Scope, Traits, Version
from royalties.simulation.scenario import Contract, Scenario

_NET = (Deduction(DeductionKind.TAX, "tax"), Deduction(DeductionKind.PAYMENT_FEE, "payment_fee"))


@dataclass(frozen=True, slots=True)
class Covering:
    """One clause that pays. `contract` None: default rates."""

    contract: Contract | None
    ref: str
    version: int
    clause: Clause
    splits: tuple[SplitStep, ...]

    @property
    def currency(self) -> str | None:
        return self.contract.currency if self.contract else None


def covering(
    scenario: Scenario, kind: Kind, traits: Traits, *, sold_on: date, reported_on: date
) -> tuple[Covering, ...]:
    """Everything that pays for it.

    :raises NoTerms: nothing does.
    :raises AmbiguousTerms: two clauses of one contract fit alike.
    """
    found = tuple(_by_contract(scenario, kind, traits, sold_on, reported_on))
    if found:
        return found
    default = _by_default(scenario, kind, traits, sold_on)
    if default is None:
        raise NoTerms(f"no contract in force and no default rate pays for a {kind} of {traits.edition} on {sold_on}")
    return (default,)


def counter_of(scenario: Scenario, covered: Covering, traits: Traits, period: str) -> tuple[tuple[str, ...], Fraction]:
    """The counter a clause climbs, and where it opens. Of several clauses on one counter, the highest opening holds."""
    key = _key(covered.ref, covered.clause, traits, period)
    first = scenario.periods[0].id
    openings = [covered.clause.ladder.opening]
    is_shared = covered.clause.counter is CounterScope.SHARED
    own = (covered.contract,) if covered.contract else ()
    for contract in scenario.contracts if is_shared else own:
        for version in contract.versions:
            openings += [
                clause.ladder.opening for clause in version.clauses if _key(contract.id, clause, traits, period) == key
            ]
    is_later = covered.clause.counter_per_period and period != first
    return key, Fraction(0) if is_later else max(openings)


def _key(contract: str, clause: Clause, traits: Traits, period: str) -> tuple[str, ...]:
    of = {
        CounterScope.CLAUSE: (contract, clause.id),
        CounterScope.EDITION: (contract, traits.edition),
        CounterScope.FORMAT: (contract, traits.format),
        CounterScope.CONTRACT: (contract,),
        CounterScope.SHARED: (clause.counter_name,),
    }[clause.counter]
    return (clause.ladder.trigger.value, clause.counter.value, *of, *([period] if clause.counter_per_period else []))


def _by_contract(
    scenario: Scenario, kind: Kind, traits: Traits, sold_on: date, reported_on: date
) -> Iterator[Covering]:
    for contract in scenario.contracts:
        if traits.edition not in contract.books:
            continue
        version = _version(contract, kind, reported_on if contract.by_reporting_date else sold_on)
        if version is None:
            continue
        try:
            clause = version.clause_for(kind, _comparable(traits, contract))
        except NoTerms:
            continue
        yield Covering(contract, contract.id, version.number, clause, version.splits)


def _comparable(traits: Traits, contract: Contract) -> Traits:
    """A band of prices is in the contract's currency: a price in another fits none."""
    return traits if contract.currency in (None, traits.currency) else replace(traits, price_minor=None)


def _version(contract: Contract, kind: Kind, day: date) -> Version | None:
    try:
        return terms.in_force(contract.versions, day)
    except NoTerms:
        last = contract.versions[-1]
        ended = last.valid_to is not None and last.valid_to <= day
        # Works stay payable after they left a subscription programme, where the contract says so.
        return last if kind is Kind.READING and contract.reading_after_end and ended else None


def _by_default(scenario: Scenario, kind: Kind, traits: Traits, day: date) -> Covering | None:
    rates = [rate for rate in scenario.default_rates if rate.kind is kind and rate.term.holds(day)]
    if len(rates) > 1:
        raise NoTerms(f"{len(rates)} default rates for a {kind} on {day}")
    splits = scenario.books[traits.edition].splits or _signed_splits(scenario, traits.edition, day)
    if not rates or not splits:
        return None
    is_reading = kind is Kind.READING
    clause = Clause(
        id=f"default:{kind}",
        kind=kind,
        scope=Scope(),
        basis=Basis.POOL_SHARE if is_reading else Basis.NET_RECEIPTS,
        deductions=() if is_reading else _NET,
        ladder=tiers.flat(rates[0].rate),
        counter=CounterScope.EDITION,
    )
    return Covering(None, f"default:{traits.edition}", 0, clause, splits)


def _signed_splits(scenario: Scenario, book: str, day: date) -> tuple[SplitStep, ...]:
    """Of a kind the book's contract does not speak of, its payees share as they do of the rest."""
    for contract in scenario.contracts:
        if book in contract.books:
            for version in contract.versions:
                if version.covers(day):
                    return version.splits
    return ()
