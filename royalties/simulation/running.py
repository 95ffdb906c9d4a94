"""A whole scenario, period by period: the same rules the months' runs use, nothing saved, no clock, no database."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from royalties.rules import accounts
from royalties.rules.accounts import HeldUnitsQuestion
from royalties.rules.refusals import Refused
from royalties.simulation import reading_pools, returning, selling
from royalties.simulation.amounts import traits_of
from royalties.simulation.closing import Closing
from royalties.simulation.reading_pools import Reading
from royalties.simulation.refusals import BadScenario
from royalties.simulation.scenario import Bonus, Period, Refund, Reserve, Sale, Scenario, Verdict
from royalties.simulation.world import Statement, World

_Event = Sale | Bonus | Refund


@dataclass(frozen=True, slots=True)
class Result:
    world: World
    statements: tuple[Statement, ...] = field(default=())


def run(scenario: Scenario) -> Result:
    """Lines and statements of every period.

    :raises BadScenario: something happened outside every period.
    :raises Refused: terms, a rate or a tax rule is missing, or contradicts itself; the message names the event.
    """
    world = World(scenario)
    events, verdicts = _by_period(world)
    closing, reading = Closing(world), Reading(scenario)
    statements: list[Statement] = []
    for place, period in enumerate(scenario.periods):
        selling.release(world, period, place)
        held = _held_units(world, [event for event in events[place] if isinstance(event, Sale)], place)
        for event in events[place]:
            with _about(f"{type(event).__name__.lower()} {event.id}"):
                _happen(world, period, event, held)
        _share(world, period, reading, verdicts[place])
        statements += closing.close(period, place)
    return Result(world, tuple(statements))


@contextmanager
def _about(name: str) -> Iterator[None]:
    """A refusal inside says what it is about."""
    try:
        yield
    except Refused as refused:
        raise type(refused)(f"{name}: {refused}") from refused


def _by_period(world: World) -> tuple[dict[int, list[_Event]], dict[int, list[Verdict]]]:
    scenario = world.scenario
    events: dict[int, list[_Event]] = defaultdict(list)
    verdicts: dict[int, list[Verdict]] = defaultdict(list)
    listed: Sequence[_Event] = (*scenario.sales, *scenario.bonuses, *scenario.refunds)
    for event in sorted(listed, key=_moment):
        events[_place(world, _known_on(event), event.id)].append(event)
    for verdict in sorted(scenario.verdicts, key=lambda verdict: (verdict.day, verdict.id)):
        verdicts[_place(world, verdict.day, verdict.id)].append(verdict)
    return events, verdicts


def _known_on(event: _Event) -> date:
    return event.reported_on if isinstance(event, Sale) else event.day


def _moment(event: _Event) -> tuple[date, bool, date, str]:
    # On one day sales come before returns; what was reported together goes by its own day.
    return _known_on(event), isinstance(event, Refund), event.day, event.id


def _place(world: World, day: date, name: str) -> int:
    place = world.place_of(day)
    if place is None:
        raise BadScenario([f"$: {name} is of {day}, in none of the periods"])
    return place


def _happen(world: World, period: Period, event: _Event, held: dict[str, dict[str, tuple[str, int, int]]]) -> None:
    if isinstance(event, Sale):
        selling.sell(world, period, event, held.get(event.id, {}))
    elif isinstance(event, Bonus):
        selling.grant(world, period, event)
    else:
        returning.take_back(world, period, event)


def _held_units(world: World, sales: Sequence[Sale], place: int) -> dict[str, dict[str, tuple[str, int, int]]]:
    """Sale → contract → (reserve, copies held, place of the period that releases them)."""
    sold: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    terms = {}
    for sale in sales:
        with _about(f"sale {sale.id}"):
            covered = selling.covered(world, sale)
        for found in covered:
            traits = traits_of(world.scenario, sale)
            meant = [r for r in (found.contract.reserves if found.contract else ()) if r.on_units]
            reserve = next((r for r in meant if r.scope.admits(traits)), None)
            if reserve is not None and _release_place(world, reserve, place) > place and sale.kind.value == "sale":
                sold[found.ref, reserve.id][sale.id] = sale.quantity
                terms[found.ref, reserve.id] = reserve
    held: dict[str, dict[str, tuple[str, int, int]]] = defaultdict(dict)
    for (contract, name), by_sale in sorted(sold.items()):
        reserve = terms[contract, name]
        for sale_id, copies in accounts.held_units(HeldUnitsQuestion(reserve.rate, by_sale)).items():
            held[sale_id][contract] = name, copies, _release_place(world, reserve, place)
    return held


def _release_place(world: World, reserve: Reserve, place: int) -> int:
    if reserve.release is None:
        return place + reserve.periods
    names = [period.id for period in world.scenario.periods]
    return names.index(reserve.release) if reserve.release in names else len(names)


def _share(world: World, period: Period, reading: Reading, verdicts: Sequence[Verdict]) -> None:
    for terms in sorted(world.scenario.pools, key=lambda pool: pool.id):
        if terms.period == period.id:
            with _about(f"pool {terms.id}"):
                reading_pools.share(world, period, terms, reading)
    for verdict in verdicts:
        reading_pools.decide(world, period, verdict, reading)
