"""What comes back, turned into lines: of a sale, of the copies sold last, or of copies sold before the file."""

from datetime import date

from royalties.rules import lines, tiers
from royalties.rules.lines import RefundQuestion
from royalties.rules.refusals import ReturnsExceedSales
from royalties.rules.splits import claims
from royalties.simulation.scenario import Period, Refund
from royalties.simulation.selling import covered, question_of, write
from royalties.simulation.world import Held, HeldReturn, Lot, World


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
    write(
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
    write(
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
        question, key = question_of(world, period, refund.earlier, found, -copies)
        done = lines.compute(question)
        world.counters[key] = question.counter + done.counted
        write(
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
