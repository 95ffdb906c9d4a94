"""From a line's stored inputs back to its amount, with every step. Pure; reads nothing but the inputs.

What the inputs do not hold cannot change the result, so an author (or another program) can check a line without us.
`royalties.runs.inputs` writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from royalties import allocation, periods

SCHEMA = 1
RULES = {
    "basis": "net_receipts",
    "loss": "base_not_below_zero",
    "rounding": "once_half_away_from_zero",
    "split": "largest_remainder",
}


class UnreadableInputs(ValueError):
    """The inputs lack something, or were written under rules this version does not know."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the arithmetic. `kind` is a stable word that pages put into a sentence.

    Kinds: gross, tax, net, fee, receipts, floor, rate, royalty, split.
    """

    kind: str
    amount_minor: int
    name: str = ""  # the tax's code, the payee's name
    rate: Fraction | None = None  # tax rate, royalty rate, or the payee's part of the shares
    exact: Fraction | None = None  # the royalty before rounding
    is_result: bool = False


def recompute(inputs: Mapping[str, Any]) -> allocation.Computation:
    """The whole computation, from the inputs alone.

    :raises UnreadableInputs: something is missing, or written under other rules.
    """
    if inputs.get("schema") != SCHEMA or inputs.get("rules") != RULES:
        raise UnreadableInputs(f"inputs of schema {inputs.get('schema')!r} under rules {inputs.get('rules')!r}")
    try:
        price, contract = inputs["price"], inputs["contract"]
        taxes = tuple(allocation.Tax(tax["code"], Fraction(tax["rate"]), tax["amount_minor"]) for tax in price["taxes"])
        sale = allocation.SaleAmounts(price["gross_minor"], price["net_minor"], taxes, price["fee_minor"])
        weights = {share["payee"]: share["weight"] for share in contract["shares"]}
        return allocation.compute(sale=sale, rate=Fraction(contract["rate"]), weights=weights)
    except (KeyError, TypeError, ZeroDivisionError) as wrong:
        raise UnreadableInputs(f"inputs lack or spoil {wrong}") from wrong


def amount(inputs: Mapping[str, Any]) -> int:
    """The payee's amount, in minor units.

    :raises UnreadableInputs: see `recompute`; also when the payee has no share.
    """
    parts = recompute(inputs).parts
    if inputs.get("payee") not in parts:
        raise UnreadableInputs(f"payee {inputs.get('payee')!r} has no share of the contract")
    return parts[inputs["payee"]]


def terms_in_force(inputs: Mapping[str, Any]) -> bool:
    """Whether the contract version was the one of the edition on the day of the sale."""
    contract, sale = inputs["contract"], inputs["sale"]
    day = periods.day_of(datetime.fromisoformat(sale["paid_at"]))
    begun = date.fromisoformat(contract["valid_from"]) <= day
    ended = contract["valid_to"] is not None and day >= date.fromisoformat(contract["valid_to"])
    return begun and not ended and contract["edition"] == sale["edition"]


def steps(inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The arithmetic as rows to read from top to bottom; the last ones are the payees' parts."""
    done = recompute(inputs)
    names = {share["payee"]: share["name"] for share in inputs["contract"]["shares"]}
    rows = [
        Step("gross", done.sale.gross_minor),
        *(Step("tax", -tax.amount_minor, name=tax.code, rate=tax.rate) for tax in done.sale.taxes),
        Step("net", done.sale.net_minor, is_result=True),
        Step("fee", -done.sale.fee_minor),
        Step("receipts", done.receipts_minor, is_result=True),
    ]
    if done.floored:
        rows.append(Step("floor", done.base_minor, is_result=True))
    rows.append(Step("royalty", done.royalty_minor, rate=done.rate, exact=done.exact_royalty, is_result=True))
    if len(done.parts) > 1:
        rows += [
            Step("split", part, names[payee], rate=_part_of(done.weights, payee), is_result=payee == inputs["payee"])
            for payee, part in done.parts.items()
        ]
    return tuple(rows)


def _part_of(weights: Mapping[str, int], payee: str) -> Fraction:
    return Fraction(weights[payee], sum(weights.values()))
