"""Tax withheld when a payee is paid, and whether a payee is paid at all. Pure.

Rates are dated data with their legal reference, chosen on the day of payment by where payer and payee are, whether the
payee's tax number is valid that day, and whether the payee claims a treaty with proof. Without a rule nobody is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from billing.money import round_half_up
from royalties.rules.refusals import NoTaxRule


class Residence(StrEnum):
    RESIDENT = "resident"
    NON_RESIDENT = "non_resident"


@dataclass(frozen=True, slots=True)
class TaxRule:
    """One dated rate of one country."""

    id: str
    country: str  # of who pays
    rate: Fraction
    reference: str
    valid_from: date
    valid_to: date | None = None  # the first day it no longer holds
    residence: Residence | None = None
    payee_countries: tuple[str, ...] = ()
    tax_id: bool | None = None  # only with, or only without, a valid tax number
    treaty: bool = False  # only for those who claim the treaty, with proof
    from_minor: int = 0  # smaller payments are free of it
    currency: str = ""  # of that amount
    base: Fraction = Fraction(1)  # the part of the payment it is taken of

    @property
    def conditions(self) -> tuple[bool, int]:
        """Of two rules that hold, the treaty's is meant, then the one that asks more."""
        return self.treaty, (self.residence is not None) + 2 * bool(self.payee_countries) + (self.tax_id is not None)


@dataclass(frozen=True, slots=True)
class Taxpayer:
    """The payee on the day of payment."""

    payee: str
    country: str
    tax_id_valid: bool
    treaty_proven: bool


def rule_for(rules: Sequence[TaxRule], *, payer_country: str, payee: Taxpayer, on: date, currency: str) -> TaxRule:
    """The one rule that holds.

    :raises NoTaxRule: none does, or two do alike.
    """
    holding = [rule for rule in rules if _holds(rule, payer_country, payee, on, currency)]
    case = f"{payee.payee} of {payee.country}, paid from {payer_country} on {on} in {currency}"
    if not holding:
        raise NoTaxRule(f"no withholding rule is known for {case}")
    most = max(rule.conditions for rule in holding)
    best = [rule for rule in holding if rule.conditions == most]
    if len(best) > 1:
        raise NoTaxRule(f"withholding rules {', '.join(rule.id for rule in best)} hold alike for {case}")
    return best[0]


def _holds(rule: TaxRule, payer_country: str, payee: Taxpayer, on: date, currency: str) -> bool:
    residence = Residence.RESIDENT if payee.country == payer_country else Residence.NON_RESIDENT
    return (
        rule.country == payer_country
        and rule.valid_from <= on
        and (rule.valid_to is None or on < rule.valid_to)
        and rule.residence in (None, residence)
        and (not rule.payee_countries or payee.country in rule.payee_countries)
        and rule.tax_id in (None, payee.tax_id_valid)
        and (payee.treaty_proven or not rule.treaty)
        and rule.currency in ("", currency)
    )


@dataclass(frozen=True, slots=True)
class WithholdingQuestion:
    gross_minor: int
    rate: Fraction
    base: Fraction
    from_minor: int


def withheld(question: WithholdingQuestion) -> int:
    """The tax, rounded once; nothing below the amount from which the rule holds."""
    if question.gross_minor < question.from_minor:
        return 0
    return round_half_up(question.gross_minor * question.base * question.rate)


@dataclass(frozen=True, slots=True)
class PayoutQuestion:
    balance_minor: int
    threshold_minor: int


def payout(question: PayoutQuestion) -> int:
    """The whole balance from the threshold on; below it, it is carried forward. A debt is never claimed."""
    enough = question.balance_minor >= question.threshold_minor and question.balance_minor > 0
    return question.balance_minor if enough else 0
