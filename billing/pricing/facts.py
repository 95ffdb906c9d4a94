"""What something costs, with the tax that is inside."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

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
    gross_minor: int  # what is paid: unit times quantity, less the discount
    net_minor: int
    tax_lines: tuple[TaxLine, ...]
    tax_rule_ref: str
    tax_reference: str  # the legal reference, printed on the invoice
    price_ref: str
    quoted_at: datetime
    discount_minor: int = 0  # tax-inclusive, never more than unit times quantity
    coupon_ref: str = ""  # cpn_…, also where the coupon took nothing off this line
    coupon_code: str = ""
    tax_mention: str = ""  # what the law wants printed besides

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


@dataclass(frozen=True, slots=True)
class CouponFact:
    """A promise to take something off, under conditions. Either a rate or an amount is not zero."""

    id: str  # cpn_…
    code: str  # as it is typed, in capitals
    owner_ref: str  # whose sales it is for: the API client's usr_…, or "web"
    rate: Fraction  # of the tax-inclusive price
    amount_minor: int  # tax-inclusive, once an invoice
    currency: str  # "": any; an amount always has one
    countries: tuple[str, ...]  # none: all
    subjects: tuple[str, ...]  # edn_… and pln_… it is for; none: all
    period_count: int | None  # the first so many periods of a subscription; None: all of them
    once_per_customer: bool
    uses_max: int | None
    uses_count: int
    valid_from: datetime
    valid_to: datetime | None
    switched_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class RedemptionFact:
    """One use of a coupon by one invoice or subscription."""

    id: str  # rdm_…
    coupon_ref: str
    holder_ref: str  # inv_… or sub_…
    state: str  # held, redeemed, released
    is_counted: bool  # False: the payment came after the coupon was let go and used up by others
