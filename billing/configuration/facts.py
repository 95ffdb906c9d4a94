"""Dated configuration as other modules see it. Rates are exact fractions, never floats."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class SellerFact:
    """Who sells in a country, with the mentions its law wants on an invoice."""

    entity: str  # stable code of the legal entity, part of every ledger account: "coko-sn"
    name: str
    address: str
    country: str
    legal_mentions: Mapping[str, str]  # label → value, in printing order: {"NINEA": "…", "RCCM": "…"}
    invoice_prefix: str
    confidence: str  # high, medium, low, demo


@dataclass(frozen=True, slots=True)
class TaxRateFact:
    code: str  # "TVA", "CSS", "CAC"
    rate: Fraction  # of the amount before tax


@dataclass(frozen=True, slots=True)
class TaxRuleFact:
    """Which taxes a sale bears, by country, product kind, customer kind and date."""

    ref: str  # tax_…
    country: str
    product_kind: str
    rates: tuple[TaxRateFact, ...]  # empty means exempt, with the reason in `legal_reference`
    legal_reference: str
    confidence: str
    valid_from: date
    mention: str = ""  # what the law wants printed: "Autoliquidation : TVA due par le preneur"


@dataclass(frozen=True, slots=True)
class ProviderRouteFact:
    """One wallet we may collect with: who, where, in which currency, at which fee."""

    ref: str  # rte_…
    provider: str  # "wave"
    market: str  # ISO 3166 alpha-2
    currency: str
    entity: str
    fee_rate: Fraction  # of the gross amount, expected; the settlement corrects it
    enabled: bool
    priority: int  # lower first


@dataclass(frozen=True, slots=True)
class PriceListFact:
    """How discounted prices end in one country and currency: steps of 100 ending in 95 are 95, 195, 295 …"""

    step_minor: int
    ending_minor: int  # from 0 up to, not at, the step


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """One rate as a source publishes it: `rate` units of `quote` for one `base`, on one day."""

    base: str
    quote: str
    on_date: date
    rate: Decimal
    buying: Decimal | None = None  # the two courses of a source that quotes both; `rate` is then their mean
    selling: Decimal | None = None
    line: int = 0  # where in the file it stands

    @property
    def text(self) -> str:
        return f"1 {self.base} = {self.rate:f} {self.quote} on {self.on_date}"


@dataclass(frozen=True, slots=True)
class RecordedRates:
    """What became of the rates somebody brought."""

    new_count: int
    corrected_count: int
    known_count: int  # already there with the same value
