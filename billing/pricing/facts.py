"""What something costs, with the tax that is inside."""

from dataclasses import dataclass
from datetime import datetime

from billing.pricing.tax import TaxLine


@dataclass(frozen=True, slots=True)
class Quote:
    """A frozen price for a quantity of one edition. Amounts are minor units, tax-inclusive; `net + tax = gross`."""

    edition_ref: str
    title: str
    product_kind: str
    quantity: int
    country: str
    currency: str
    unit_minor: int
    gross_minor: int
    net_minor: int
    tax_lines: tuple[TaxLine, ...]
    tax_rule_ref: str
    tax_reference: str  # the legal reference, printed on the invoice
    price_ref: str
    quoted_at: datetime

    @property
    def tax_minor(self) -> int:
        return self.gross_minor - self.net_minor


@dataclass(frozen=True, slots=True)
class PriceFact:
    ref: str  # prc_…
    edition_ref: str
    country: str
    currency: str
    amount_minor: int
