"""A scenario as the engine takes it: dated facts and contract terms, amounts in minor units. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from billing.exchange import Leg
from royalties.rules.accounts import GuaranteeKind
from royalties.rules.bases import Tax
from royalties.rules.pools import PoolRule
from royalties.rules.shares import State
from royalties.rules.splits import SplitStep
from royalties.rules.terms import Kind, Scope, Version
from royalties.rules.withholding import TaxRule


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Period:
    id: str
    start: date
    last_day: date
    payment_date: date


@dataclass(frozen=True, slots=True)
class Dated:
    """A paper with its validity; `valid_to` is the first day it no longer holds."""

    valid_from: date | None
    valid_to: date | None

    def holds(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Payee:
    id: str
    name: str
    country: str | None
    tax_id: Dated | None
    treaty: Dated | None
    threshold: Amount | None


@dataclass(frozen=True, slots=True)
class Book:
    id: str
    title: str
    format: str
    language: str
    pages: int | None
    size_mb: Fraction | None
    splits: tuple[SplitStep, ...]


@dataclass(frozen=True, slots=True)
class Advance:
    id: str
    amount: Amount
    recouped_minor: int
    payee: str | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class OpeningReserve:
    payee: str
    amount: Amount
    release: str


@dataclass(frozen=True, slots=True)
class Reserve:
    id: str
    rate: Fraction
    on_units: bool
    periods: int  # how many it is held
    release: str | None  # instead: the period that releases everything
    scope: Scope
    opening: tuple[OpeningReserve, ...]


@dataclass(frozen=True, slots=True)
class Guarantee:
    id: str
    kind: GuaranteeKind
    amount: Amount
    payee: str | None
    term: Dated


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    title: str
    books: frozenset[str]
    currency: str | None
    by_reporting_date: bool
    reading_after_end: bool
    joint_account: str | None
    versions: tuple[Version, ...]
    advances: tuple[Advance, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    guarantees: tuple[Guarantee, ...] = ()


@dataclass(frozen=True, slots=True)
class DefaultRate:
    kind: Kind
    rate: Fraction
    term: Dated


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale line, tip or premium access. `taxes` None: the file's VAT rules tell them."""

    id: str
    kind: Kind
    book: str
    quantity: int
    currency: str
    list_minor: Fraction  # of the whole line
    paid_minor: Fraction
    unit_list_minor: Fraction
    day: date
    reported_on: date
    taxes: tuple[Tax, ...] | None
    tax_included: bool
    fee_minor: int
    costs: Mapping[str, Fraction]
    discount: Fraction | None
    territory: str
    channel: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """Copies that come back: of a sale, or of a book (then `earlier` prices what was sold before the file)."""

    id: str
    day: date
    quantity: int | None
    sale: str | None
    book: str | None
    territory: str
    channel: str
    earlier: Sale | None


@dataclass(frozen=True, slots=True)
class Bonus:
    id: str
    payee: str
    amount: Amount
    rate: Fraction
    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class PoolTerms:
    id: str
    period: str
    country: str
    currency: str
    amount_minor: int
    fees: Mapping[str, Fraction]
    rule: PoolRule
    others: int
    normaliser: str


@dataclass(frozen=True, slots=True)
class Read:
    pool: str
    reader: str
    book: str
    amount: int  # pages or seconds; of ranges, none yet
    ranges: tuple[tuple[int, int], ...]
    weight: Fraction
    verdict: State


@dataclass(frozen=True, slots=True)
class Verdict:
    id: str
    day: date
    pool: str
    reader: str
    book: str | None
    verdict: State


@dataclass(frozen=True, slots=True)
class VatRule:
    id: str
    country: str
    tax: Tax
    term: Dated
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviousBalance:
    payee: str
    amount: Amount
    contract: str | None


@dataclass(frozen=True, slots=True)
class Payout:
    country: str
    thresholds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scenario:
    title: str
    periods: tuple[Period, ...]
    payees: Mapping[str, Payee] = field(default_factory=dict)
    books: Mapping[str, Book] = field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    default_rates: tuple[DefaultRate, ...] = ()
    sales: tuple[Sale, ...] = ()  # tips too
    refunds: tuple[Refund, ...] = ()
    bonuses: tuple[Bonus, ...] = ()
    pools: tuple[PoolTerms, ...] = ()
    reads: tuple[Read, ...] = ()
    read_before: Mapping[tuple[str, str], int] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    exchange_legs: tuple[Leg, ...] = ()
    withholding_rules: tuple[TaxRule, ...] = ()
    vat_rules: tuple[VatRule, ...] = ()
    previous_balances: tuple[PreviousBalance, ...] = ()
    payout: Payout | None = None
