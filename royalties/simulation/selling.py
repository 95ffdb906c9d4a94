"""Sales, tips and bonuses, turned into lines."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from royalties.rules import bases, lines, record, tiers
from royalties.rules.bases import Basis
from royalties.rules.lines import LineQuestion, RefundQuestion
from royalties.rules.splits import Of, SplitStep
from royalties.rules.terms import Traits
from royalties.simulation.amounts import amounts_of, exchange_of, traits_of
from royalties.simulation.covering import Covering, counter_of, covering
from royalties.simulation.scenario import Bonus, Period, Sale
from royalties.simulation.world import Counter, Held, HeldReturn, Line, Lot, World

_PLACES = {"reserve_release": "release", "held_return": "held"}  # in the id of a line


def covered(world: World, sale: Sale) -> tuple[Covering, ...]:
    """The clauses that pay for the sale.

    :raises NoTerms: none does.
    """
    traits = traits_of(world.scenario, sale)
    return covering(world.scenario, sale.kind, traits, sold_on=sale.day, reported_on=sale.reported_on)


def sell(world: World, period: Period, sale: Sale, held: Mapping[str, tuple[str, int, int]]) -> None:
    """Lines of a sale. `held`: contract → (reserve, copies, place of the period that releases them)."""
    for found in covered(world, sale):
        reserve, copies, release = held.get(found.ref, ("", 0, 0))
        if copies:
            world.held.append(Held(sale, found, reserve, copies, release))
        if sale.quantity > copies:
            _account_for(world, period, sale, found, sale.quantity - copies, kind=sale.kind.value, day=sale.reported_on)


def release(world: World, period: Period, place: int) -> None:
    """What reserves on units held until this period is accounted for now, before anything new is."""
    due = [held for held in world.held if held.release_place <= place and held.quantity]
    for held in sorted(due, key=lambda held: (held.sale.day, held.sale.id, held.covering.ref)):
        _account_for(world, period, held.sale, held.covering, held.quantity, kind="reserve_release", day=period.start)
    world.held = [held for held in world.held if held.release_place > place]


def _account_for(
    world: World, period: Period, sale: Sale, found: Covering, quantity: int, *, kind: str, day: date
) -> None:
    question, key = question_of(world, period, sale, found, quantity)
    done = lines.compute(question)
    if sale.counts:
        world.counters[key] = question.counter + done.counted
    world.lots.append(Lot(sale, found, quantity, question, dict(done.parts), key if sale.counts else None))
    write(world, period, sale, found, kind, "line", question, done.parts, units=quantity, day=day, event=sale.id)


def question_of(
    world: World, period: Period, sale: Sale, found: Covering, quantity: int
) -> tuple[LineQuestion, Counter]:
    """The sale, or a part of its copies (negative: earlier copies come back), as the rules ask for it."""
    traits = traits_of(world.scenario, sale)
    key, opening = counter_of(world.scenario, found, traits, period.id)
    question = LineQuestion(
        basis=found.clause.basis,
        ladder=found.clause.ladder,
        counter=world.counters.get(key, opening),
        splits=found.splits,
        sale=amounts_of(world.scenario, sale, quantity),
        deductions=found.clause.deductions,
        exchange=exchange_of(world.scenario, sale.currency, found.currency or sale.currency, sale.day),
    )
    return question, key


def grant(world: World, period: Period, bonus: Bonus) -> None:
    """A bonus is the payee's own: no contract, no split, no reserve."""
    amount = Fraction(bonus.amount.minor)
    question = LineQuestion(
        basis=Basis.NET_RECEIPTS,
        ladder=tiers.flat(bonus.rate),
        counter=Fraction(0),
        splits=(SplitStep(bonus.payee, Of.SHARE, Fraction(1)),),
        sale=bases.Sale(1, bonus.amount.currency, amount, amount),
    )
    world.lines.append(
        Line(
            id=world.name_line(bonus.id, bonus.payee),
            period=period.id,
            day=bonus.day,
            kind="bonus",
            event=bonus.id,
            book="",
            contract="",
            version=0,
            clause="",
            payee=bonus.payee,
            currency=bonus.amount.currency,
            amount_minor=lines.compute(question).parts[bonus.payee],
            in_escrow=False,
            units=0,
            question="line",
            inputs=record.dump(question),
            traits=Traits(""),
            note=bonus.reason,
        )
    )


def write(
    world: World,
    period: Period,
    sale: Sale,
    found: Covering,
    kind: str,
    question_name: str,
    question: LineQuestion | RefundQuestion | HeldReturn,
    parts: Mapping[str, int],
    *,
    units: int,
    day: date,
    event: str,
    note: str = "",
) -> None:
    inputs = record.dump(question)
    for payee in sorted(parts):
        world.lines.append(
            Line(
                id=world.name_line(event, _PLACES.get(kind, ""), found.ref, payee),
                period=period.id,
                day=day,
                kind=kind,
                event=event,
                book=sale.book,
                contract=found.ref,
                version=found.version,
                clause=found.clause.id,
                payee=payee,
                currency=found.currency or sale.currency,
                amount_minor=parts[payee],
                in_escrow=False,
                units=units,
                question=question_name,
                inputs=inputs,
                traits=traits_of(world.scenario, sale),
                note=note,
            )
        )
