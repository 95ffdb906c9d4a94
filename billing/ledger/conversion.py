"""Lines that take value from one currency to another. Pure; knows no Django and no table.

An entry sums to zero in each currency, so a conversion passes through two *exchange accounts*, one in each currency:
what leaves the one currency enters its exchange account, and what comes out in the other leaves that one's. They belong
to a pair (`change:EUR-XOF`), so their two balances are the pair's position. Four ways to move it, each whole in every
currency:

* `convert`: an amount we have, at a rate;
* `enter`: an item of a known foreign amount (a debt, a claim), against our own currency at the day's rate;
* `settle`: take an item off at what was really paid or received; the difference to what it was entered at is a
  realised gain or loss, on trade items (656/756) or financial (676/776);
* `clear_rounding`: book the whole units that roundings left on the position of a parity that is law.

Rounding is never lost. What it comes to in whole units is a line of its own (676/776, `rounding:EUR-XOF`); what is
less than half a unit cannot be a posting, is told as `remainder` and stays on the position: the worth of a position at
its rate is exactly the sum of the remainders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from billing.exchange import PEG, RateFact
from billing.ledger.draft import AccountKey, EntryDraft, Line
from billing.money import convert_exactly, plain, round_half_up

EXCHANGE = "585"  # transfers in transit: nil in worth, both currencies of a pair seen together


class Nature(StrEnum):
    """What a realised difference is about."""

    TRADE = "trade"  # suppliers, authors, customers
    FINANCIAL = "financial"  # our own money


_LOSS = {Nature.TRADE: "656", Nature.FINANCIAL: "676"}
_GAIN = {Nature.TRADE: "756", Nature.FINANCIAL: "776"}


class BadConversion(ValueError):
    """The accounts, the amounts and the rate do not belong together; the message says how."""


class TooSmallToConvert(ValueError):
    """The amount is less than half the other currency's smallest unit: nothing would arrive."""


@dataclass(frozen=True, slots=True)
class Booked:
    """An item in another currency as it was entered: its amount, and its value in ours. Same sign, debit positive."""

    item_minor: int
    value_minor: int

    def split(self, part_minor: int) -> tuple["Booked", "Booked"]:
        """A part of the item and the rest. Their values sum to the whole's, in however many steps it is settled.

        :raises BadConversion: the part is none of the item.
        """
        if not (0 < part_minor <= self.item_minor or self.item_minor <= part_minor < 0):
            raise BadConversion(f"{part_minor} is no part of {self.item_minor}")
        value = round_half_up(Fraction(self.value_minor * part_minor, self.item_minor))
        return Booked(part_minor, value), Booked(self.item_minor - part_minor, self.value_minor - value)


@dataclass(frozen=True, slots=True)
class Converted:
    """Lines that sum to zero in each currency, and the rate, the date and the source they were made with."""

    lines: tuple[Line, ...]
    explanation: str
    booked: Booked  # what the position now holds (or, settled, no longer holds) for the item in the other currency
    remainder: Fraction  # what the position's worth changed by, in minor units of the rate's second currency

    def draft(self, *, key: str, journal: str, happened_at: datetime, description: str, source_ref: str) -> EntryDraft:
        """The entry, its description ending with the explanation: no converted line is without its rate."""
        return EntryDraft(key, journal, happened_at, f"{description} · {self.explanation}", source_ref, self.lines)


def holder(one: str, other: str, kind: str = "change") -> str:
    """`change:EUR-XOF`, whichever way round the pair is named."""
    return f"{kind}:{'-'.join(sorted((one, other)))}"


def exchange_account(entity: str, currency: str, other: str) -> AccountKey:
    """Where the position of a pair stands in one of its currencies."""
    return AccountKey(entity, EXCHANGE, currency, holder(currency, other))


def convert(*, source: AccountKey, target: AccountKey, amount_minor: int, rate: RateFact) -> Converted:
    """Take `amount_minor` off `source` and put what it is worth on `target`; below zero, a debt moves.

    Where the target's unit is worth more than the source's, rounding may come to whole units of the source: they are
    booked, so that the position holds what the amount that arrived is worth. Converting that back closes it to zero.

    :raises BadConversion: not the rate's currencies, two entities, or nothing to convert.
    :raises TooSmallToConvert: nothing would arrive.
    :raises billing.money.NotAnAmount: an amount is beyond the ledger's range.
    """
    _belong_together(source, target, amount_minor, rate)
    arrived = rate.convert(amount_minor)
    if not arrived:
        raise TooSmallToConvert(f"{_amount(amount_minor, source)} is less than half the smallest unit of {rate.quote}")
    worth = rate.inverse().convert(arrived)
    lines = [
        Line(source, -amount_minor),
        Line(exchange_account(source.entity, source.currency, target.currency), worth),
        *_difference(source, target.currency, amount_minor - worth, Nature.FINANCIAL, "rounding"),
        Line(exchange_account(source.entity, target.currency, source.currency), -arrived),
        Line(target, arrived),
    ]
    remainder = convert_exactly(worth, rate.base, rate.quote, rate.rate) - arrived
    explanation = f"{_amount(amount_minor, source)} → {_amount(arrived, target)} : {rate.text}"
    return Converted(tuple(lines), explanation, Booked(arrived, worth), remainder)


def enter(*, item: AccountKey, item_minor: int, against: AccountKey, rate: RateFact) -> Converted:
    """Put an item of `item_minor` (a debt below zero) on its account, against its value in our own currency.

    `rate` leads from the item's currency to ours. Keep `booked`: `settle` needs it.

    :raises BadConversion: not the rate's currencies, two entities, or an item of nothing.
    :raises TooSmallToConvert: it has no value in our currency.
    :raises billing.money.NotAnAmount: an amount is beyond the ledger's range.
    """
    _belong_together(item, against, item_minor, rate)
    value = rate.convert(item_minor)
    if not value:
        raise TooSmallToConvert(f"{_amount(item_minor, item)} is less than half the smallest unit of {rate.quote}")
    lines = (
        Line(item, item_minor),
        Line(exchange_account(item.entity, item.currency, against.currency), -item_minor),
        Line(exchange_account(item.entity, against.currency, item.currency), value),
        Line(against, -value),
    )
    remainder = value - convert_exactly(item_minor, rate.base, rate.quote, rate.rate)
    explanation = f"{_amount(item_minor, item)} = {_amount(value, against)} : {rate.text}"
    return Converted(lines, explanation, Booked(item_minor, value), remainder)


def settle(
    *,
    item: AccountKey,
    booked: Booked,
    money: AccountKey,
    settled_minor: int,
    entered_at: RateFact,
    settled_on: date,
    settled_by: str,
    nature: Nature = Nature.TRADE,
) -> Converted:
    """Take an item (or a part of it, `Booked.split`) off its account at what `money` really paid or received for it.

    `settled_minor` is what moves on `money`: below zero, paid. The position loses exactly what it was given for the
    item; the difference to the money is the realised gain or loss. `settled_by` names who states the amount: the
    provider, the bank's advice.

    Selling currency we hold is the same: the item is our own account in that currency, `booked` what it cost us.

    :raises BadConversion: not the currencies it was entered in, two entities, or money that moves the wrong way.
    """
    _belong_together(item, money, booked.item_minor, entered_at)
    if settled_minor * booked.item_minor <= 0:
        raise BadConversion(f"an item of {booked.item_minor} is not settled by {settled_minor}")
    lines = [
        Line(item, -booked.item_minor),
        Line(exchange_account(item.entity, item.currency, money.currency), booked.item_minor),
        Line(exchange_account(item.entity, money.currency, item.currency), -booked.value_minor),
        Line(money, settled_minor),
        *_difference(money, item.currency, booked.value_minor - settled_minor, nature, "change"),
    ]
    remainder = convert_exactly(booked.item_minor, item.currency, money.currency, entered_at.rate) - booked.value_minor
    entered = f"{_amount(booked.item_minor, item)} = {_amount(booked.value_minor, money)} : {entered_at.text}"
    explanation = f"{entered} ; → {_amount(settled_minor, money)} ({settled_by} {settled_on})"
    # A small part of a small item may be worth less than half a unit: its value is then in the other parts.
    return Converted(tuple(line for line in lines if line.amount_minor), explanation, booked, remainder)


def clear_rounding(*, entity: str, base_minor: int, quote_minor: int, rate: RateFact) -> Converted | None:
    """Book what roundings have come to, in whole units, on the position of a pair at its parity; or nothing to book.

    `base_minor` and `quote_minor` are the balances of the pair's two exchange accounts. What is less than one unit of
    the finer currency stays. Without a parity the worth of a position moves with the market: that is revaluation
    (478/479), not rounding, and not done here.

    :raises BadConversion: the rate is no parity.
    """
    if rate.source != PEG:
        raise BadConversion(f"{rate.text} is no parity: its position is revalued, not rounded")
    if convert_exactly(1, rate.base, rate.quote, rate.rate) < 1:
        rate, base_minor, quote_minor = rate.inverse(), quote_minor, base_minor
    left = quote_minor + convert_exactly(base_minor, rate.base, rate.quote, rate.rate)
    whole = int(left)  # towards zero: what is not a unit yet stays
    if not whole:
        return None
    account = exchange_account(entity, rate.quote, rate.base)
    lines = (Line(account, -whole), *_difference(account, rate.base, whole, Nature.FINANCIAL, "rounding"))
    return Converted(lines, f"{_amount(whole, account)} : {rate.text}", Booked(0, -whole), Fraction(-whole))


def _difference(beside: AccountKey, other: str, amount_minor: int, nature: Nature, kind: str) -> Sequence[Line]:
    """A debit is a loss, a credit a gain; nothing is no line."""
    if not amount_minor:
        return ()
    code = _LOSS[nature] if amount_minor > 0 else _GAIN[nature]
    return (Line(AccountKey(beside.entity, code, beside.currency, holder(beside.currency, other, kind)), amount_minor),)


def _belong_together(one: AccountKey, other: AccountKey, amount_minor: int, rate: RateFact) -> None:
    if one.entity != other.entity:
        raise BadConversion(f"{one.entity} and {other.entity} are two legal entities")
    if (one.currency, other.currency) != (rate.base, rate.quote) or one.currency == other.currency:
        raise BadConversion(f"{one.currency} to {other.currency} at a rate from {rate.base} to {rate.quote}")
    if not amount_minor:
        raise BadConversion("there is nothing to convert")


def _amount(minor: int, account: AccountKey) -> str:
    return f"{plain(minor, account.currency)} {account.currency}"
