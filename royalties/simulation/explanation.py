"""From a printed line's inputs back to its amount, and to the steps a person reads. Pure; reads nothing else."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from billing.exchange import exact_text
from billing.money import exponent
from royalties.rules import accounts, lines, record, splits, withholding
from royalties.rules.accounts import GuaranteeQuestion, RecoupQuestion, ReserveQuestion
from royalties.rules.lines import AdjustmentQuestion, LineQuestion, RefundQuestion
from royalties.rules.withholding import PayoutQuestion, WithholdingQuestion

_ANSWERS: Mapping[str, Callable[[Any, str], int]] = {
    "line": lambda data, payee: lines.compute(record.load(LineQuestion, data)).parts[payee],
    "refund": lambda data, payee: lines.refund(record.load(RefundQuestion, data)).parts[payee],
    "adjustment": lambda data, payee: lines.adjustment(record.load(AdjustmentQuestion, data)).get(payee, 0),
    "held_return": lambda data, payee: 0,
    "guarantee": lambda data, payee: accounts.top_up_parts(record.load(GuaranteeQuestion, data))[payee],
    "reserve": lambda data, payee: -accounts.reserve(record.load(ReserveQuestion, data)),
    "recoup": lambda data, payee: -accounts.recoup(record.load(RecoupQuestion, data)).get(payee, 0),
    "payout": lambda data, payee: withholding.payout(record.load(PayoutQuestion, data)),
    "withholding": lambda data, payee: withholding.withheld(record.load(WithholdingQuestion, data)),
}


def amount(question: str, inputs: Any, payee: str) -> int:
    """The amount, in minor units, from the inputs alone.

    :raises royalties.rules.record.UnreadableRecord: the inputs are no record of that question.
    """
    return _ANSWERS[question](inputs, payee)


def steps(question: str, inputs: Any, *, payee: str, currency: str) -> list[dict[str, str]]:
    """The arithmetic from top to bottom, amounts exact and in major units."""
    if question == "line":
        return _line_steps(record.load(LineQuestion, inputs), payee, currency)
    if question == "held_return":
        return [_row("held_copies", 0, currency, name=inputs["reserve"], of=str(inputs["copies"]))]
    if question == "refund":
        asked = record.load(RefundQuestion, inputs)
        done = lines.refund(asked)
        left = [_row("left_of_the_sale", sum(asked.left.values()), currency)]
        return [*left, *_slices(done, currency), *_ending(done, asked.original, payee, currency)]
    asked_again = record.load(AdjustmentQuestion, inputs)
    then = lines.compute(asked_again.before).parts.get(payee, 0) if asked_again.before else 0
    now = lines.compute(asked_again.after).parts.get(payee, 0) if asked_again.after else 0
    return [
        _row("given_before", then, currency),
        _row("shared_again", now, currency),
        _row("amount", now - then, currency),
    ]


def _line_steps(asked: LineQuestion, payee: str, currency: str) -> list[dict[str, str]]:
    done = lines.compute(asked)
    own = asked.sale.currency if asked.sale else asked.exchange.base if asked.exchange else currency
    rows = [_row(step.kind, step.amount_minor, own, name=step.name, rate=step.rate) for step in done.base.steps]
    if asked.share:
        portions = asked.share.payable if asked.share.wanted.value == "payable" else asked.share.quarantined
        rows = [
            _row("portion", p.exact, own, name=p.of, of=f"{exact_text(p.counted)} of {exact_text(p.total)}")
            for p in portions
        ] + rows
    if done.base.floored:
        rows.append(_row("loss_stays_with_the_publisher", done.base.base_minor, own))
    rows.append(_row("base", done.base.base_minor, own))
    if asked.exchange:
        converted = done.base.base_minor * asked.exchange.factor
        rows.append(_row("exchange", converted, currency, name=asked.exchange.source, rate=asked.exchange.rate))
    return [*rows, *_slices(done, currency), *_ending(done, asked, payee, currency)]


def _slices(done: lines.Line | lines.Refund, currency: str) -> list[dict[str, str]]:
    return [
        _row("rate", part.royalty_minor, currency, rate=part.rate, of=exact_text(part.counted)) for part in done.slices
    ]


def _ending(done: lines.Line | lines.Refund, asked: LineQuestion, payee: str, currency: str) -> list[dict[str, str]]:
    claim = splits.claims(asked.splits).get(payee)
    return [
        _row("exact", done.exact_minor, currency),
        _row("royalty", done.royalty_minor, currency),
        _row("part", done.parts[payee], currency, name=payee, rate=claim),
    ]


def _row(
    kind: str,
    amount_minor: Fraction | int,
    currency: str,
    *,
    name: str = "",
    rate: Fraction | None = None,
    of: str = "",
) -> dict[str, str]:
    told = {"step": kind, "amount": exact_text(Fraction(amount_minor) / 10 ** exponent(currency)), "currency": currency}
    if name:
        told["name"] = name
    if rate is not None:
        told["rate"] = exact_text(rate)
    if of:
        told["of"] = of
    return told
