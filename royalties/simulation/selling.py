"""Sales, tips, bonuses and what comes back, turned into lines."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from billing import exchange
from billing.money import exponent
from royalties.rules import bases, lines, record, tiers
from royalties.rules.bases import Basis
from royalties.rules.lines import Exchange, LineQuestion, RefundQuestion
from royalties.rules.refusals import NoExchangeRate, NoTaxRule, ReturnsExceedSales
from royalties.rules.splits import Of, SplitStep, claims
from royalties.rules.terms import Traits
from royalties.simulation.covering import Covering, counter_of, covering
from royalties.simulation.scenario import Bonus, Period, Refund, Sale, Scenario
from royalties.simulation.world import Counter, Held, HeldReturn, Line, Lot, World

_PLACES = {"reserve_release": "release", "held_return": "held"}  # in the id of a line


def covered(world: World, sale: Sale) -> tuple[Covering, ...]:
    """The clauses that pay for the sale.

    :raises NoTerms: none does.
    """
    traits = traits_of(world.scenario, sale)
    return covering(world.scenario, sale.kind, traits, sold_on=sale.day, reported_on=sale.reported_on)


def traits_of(scenario: Scenario, sale: Sale) -> Traits:
    book = scenario.books[sale.book]
    return Traits(
        book.id, book.format, book.language, sale.territory, sale.channel, sale.unit_list_minor, sale.currency
    )


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
    question, key = _question(world, period, sale, found, quantity)
    done = lines.compute(question)
    if sale.counts:
        world.counters[key] = question.counter + done.counted
    world.lots.append(Lot(sale, found, quantity, question, dict(done.parts), key if sale.counts else None))
    _write(world, period, sale, found, kind, "line", question, done.parts, units=quantity, day=day, event=sale.id)


def _question(world: World, period: Period, sale: Sale, found: Covering, quantity: int) -> tuple[LineQuestion, Counter]:
    """The sale, or a part of its copies (negative: earlier copies come back), as the rules ask for it."""
    traits = traits_of(world.scenario, sale)
    key, opening = counter_of(world.scenario, found, traits, period.id)
    question = LineQuestion(
        basis=found.clause.basis,
        ladder=found.clause.ladder,
        counter=world.counters.get(key, opening),
        splits=found.splits,
        sale=_amounts(world.scenario, sale, quantity),
        deductions=found.clause.deductions,
        exchange=exchange_of(world.scenario, sale.currency, found.currency or sale.currency, sale.day),
    )
    return question, key


def _amounts(scenario: Scenario, sale: Sale, quantity: int) -> bases.Sale:
    part = Fraction(quantity, sale.quantity)
    taxes = _taxes(scenario, sale) if sale.taxes is None else sale.taxes
    return bases.Sale(
        quantity=quantity,
        currency=sale.currency,
        list_minor=sale.list_minor * part,
        paid_minor=sale.paid_minor * part,
        taxes=tuple(
            replace(tax, amount_minor=None if tax.amount_minor is None else tax.amount_minor * part) for tax in taxes
        ),
        tax_included=sale.tax_included,
        fee_minor=sale.fee_minor * part,
        costs={name: cost * part for name, cost in sale.costs.items()},
        discount=sale.discount,
        size_mb=scenario.books[sale.book].size_mb,
    )


def _taxes(scenario: Scenario, sale: Sale) -> tuple[bases.Tax, ...]:
    """By the file's VAT rules; a file without any has prices without tax.

    :raises NoTaxRule: it has some, and none fits.
    """
    if not scenario.vat_rules:
        return ()
    form = scenario.books[sale.book].format
    fitting = [
        rule.tax
        for rule in scenario.vat_rules
        if rule.country == sale.territory and rule.term.holds(sale.day) and (not rule.formats or form in rule.formats)
    ]
    if not fitting:
        raise NoTaxRule(f"no VAT rule for {form or 'a book'} in {sale.territory or 'no territory'} on {sale.day}")
    return tuple(fitting)


def exchange_of(scenario: Scenario, base: str, quote: str, day: date) -> Exchange | None:
    """None within one currency; else the latest rate of the file up to the day, or the parity that is law.

    :raises NoExchangeRate: there is no way from one currency to the other.
    """
    if base == quote:
        return None
    latest: dict[tuple[str, str], exchange.Leg] = {}
    for leg in scenario.exchange_legs:  # in order of their days
        if leg.on_date <= day:
            latest[leg.base, leg.quote] = leg
    # A rate of the file goes before the parity where it says the same pair.
    legs = [leg for leg in exchange.parities(day) if leg.ends not in latest] + list(latest.values())
    way = exchange.path(base, quote, legs)
    if way is None:
        raise NoExchangeRate(f"no rate from {base} to {quote} on {day}")
    fact = exchange.RateFact(base, quote, day, way)
    factor = fact.rate * Fraction(10) ** (exponent(quote) - exponent(base))
    return Exchange(base, quote, factor, fact.rate, fact.on_date, fact.text)


def take_back(world: World, period: Period, refund: Refund) -> None:
    """Lines of what comes back.

    :raises ReturnsExceedSales: more than was sold.
    """
    if refund.sale is not None:
        _take_back_sale(world, period, refund, refund.sale, refund.quantity)
        return
    assert refund.quantity is not None
    left = refund.quantity
    for sale, copies in _sold_last(world, refund):
        now = min(left, copies)
        if now:
            _take_back_sale(world, period, refund, sale, now)
        left -= now
    if left:
        _take_back_earlier(world, period, refund, left)


def _sold_last(world: World, refund: Refund) -> list[tuple[str, int]]:
    """Sales of the book with copies that can come back, the last one first."""
    remaining: dict[str, dict[str, int]] = {}
    days: dict[str, tuple[date, str]] = {}
    pieces: list[Lot | Held] = [*world.lots, *world.held]
    for piece in pieces:
        sale = piece.sale
        meant = sale.book == refund.book and sale.kind.value != "tip"
        if meant and refund.territory in ("", sale.territory) and refund.channel in ("", sale.channel):
            copies = piece.remaining if isinstance(piece, Lot) else piece.quantity
            by_contract = remaining.setdefault(sale.id, {})
            by_contract[piece.covering.ref] = by_contract.get(piece.covering.ref, 0) + copies
            days[sale.id] = (sale.day, sale.id)
    ordered = sorted(remaining, key=lambda sale: days[sale], reverse=True)
    return [(sale, max(remaining[sale].values())) for sale in ordered]


def _take_back_sale(world: World, period: Period, refund: Refund, sale_id: str, quantity: int | None) -> None:
    lots = [lot for lot in world.lots if lot.sale.id == sale_id]
    held = [piece for piece in world.held if piece.sale.id == sale_id]
    refs = sorted({lot.covering.ref for lot in lots} | {piece.covering.ref for piece in held})
    if not refs:
        raise ReturnsExceedSales(f"refund {refund.id}: sale {sale_id} is not sold yet")
    for ref in refs:
        own_held = [piece for piece in held if piece.covering.ref == ref]
        own_lots = [lot for lot in lots if lot.covering.ref == ref]
        there = sum(piece.quantity for piece in own_held) + sum(lot.remaining for lot in own_lots)
        wanted = there if quantity is None else quantity
        if wanted > there or not wanted:
            raise ReturnsExceedSales(f"refund {refund.id}: {wanted} of {sale_id} come back, {there} are left")
        # What was never accounted for comes back first: that is what a reserve on units is for.
        for piece in own_held:
            now = min(piece.quantity, wanted)
            if now:
                piece.quantity -= now
                _tell_held(world, period, refund, piece, now)
            wanted -= now
        for lot in reversed(own_lots):
            now = min(lot.remaining, wanted)
            if now:
                _take_back_lot(world, period, refund, lot, now)
            wanted -= now


def _tell_held(world: World, period: Period, refund: Refund, piece: Held, copies: int) -> None:
    """Returns are never hidden: copies that nobody was paid for yet come back for nothing, and a line says so."""
    _write(
        world,
        period,
        piece.sale,
        piece.covering,
        "held_return",
        "held_return",
        HeldReturn(piece.reserve, copies),
        dict.fromkeys(sorted(claims(piece.covering.splits)), 0),
        units=0,
        day=refund.day,
        event=refund.id,
        note=piece.sale.id,
    )


def _take_back_lot(world: World, period: Period, refund: Refund, lot: Lot, copies: int) -> None:
    question = RefundQuestion(lot.question, lot.returned, copies, dict(lot.left))
    done = lines.refund(question)
    lot.returned += copies
    lot.left = {payee: left + done.parts[payee] for payee, left in lot.left.items()}
    if lot.counter is not None:
        world.counters[lot.counter] += tiers.moved(done.slices)
    _write(
        world,
        period,
        lot.sale,
        lot.covering,
        "refund",
        "refund",
        question,
        done.parts,
        units=-copies,
        day=refund.day,
        event=refund.id,
        note=lot.sale.id,
    )


def _take_back_earlier(world: World, period: Period, refund: Refund, copies: int) -> None:
    """Copies sold before the file leave by the counter: the ladder is gone down from where it stands."""
    if refund.earlier is None:
        raise ReturnsExceedSales(
            f"refund {refund.id}: {copies} more come back than the file's sales, and it has no price for them"
        )
    for found in covered(world, refund.earlier):
        question, key = _question(world, period, refund.earlier, found, -copies)
        done = lines.compute(question)
        world.counters[key] = question.counter + done.counted
        _write(
            world,
            period,
            refund.earlier,
            found,
            "refund",
            "line",
            question,
            done.parts,
            units=-copies,
            day=refund.day,
            event=refund.id,
        )


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


def _write(
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
