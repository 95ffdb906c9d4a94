"""What a provider can do, as data: pages and routing draw and choose by it, never by a provider's name. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from providers.amounts import WireAmount
from providers.phone_forms import PhoneForm


class NextActionKind(StrEnum):
    """What the payer does next. Pages draw by this, never by provider."""

    REDIRECT = "redirect"  # open `url`
    APPROVE_ON_PHONE = "approve_on_phone"  # a prompt arrives
    ENTER_OTP = "enter_otp"  # type the code that arrived, or was dialled for (`ussd`), see `ConfirmsByCode`
    SHOW_QR = "show_qr"  # scan `qr`, or open one of `links`
    DIAL_USSD = "dial_ussd"  # dial `ussd`
    NONE = "none"


class Trust(StrEnum):
    """What a notification proves by itself. None of them moves money: it makes us ask."""

    SIGNED_FRESH = "signed_fresh"  # over body and time
    TOKEN = "token"  # noqa: S105  a secret that only the provider was told: nothing is proved of the body
    POLL_ONLY = "poll_only"  # it sends none


class RefundKind(StrEnum):
    FULL = "full"  # the whole payment, by an operation of its own
    PARTIAL = "partial"  # any part, by an operation of its own
    BY_PAYOUT = "by_payout"  # only as a payout to the payer
    NONE = "none"


class Idempotency(StrEnum):
    """What keeps a request sent again from being done again."""

    KEY = "key"  # the provider has a key for it
    REFERENCE = "reference"  # our reference is its id of the request
    SEARCH = "search"  # nothing does: the adapter looks for the reference first
    NONE = "none"  # nothing does, and it cannot be looked for: what was asked and not answered is nobody's to pay


class Detail(StrEnum):
    """What a provider's answers may leave out. Without an amount, the one asked for under the reference counts."""

    AMOUNT = "amount"
    TIME = "time"  # when it was paid
    EXPIRY = "expiry"  # whether the payer refused or let the time pass


@dataclass(frozen=True, slots=True)
class AmountRule:
    """Which amounts are taken, in minor units."""

    minor_min: int = 1
    minor_max: int | None = None
    minor_step: int = 1

    def takes(self, minor: int) -> bool:
        too_much = self.minor_max is not None and minor > self.minor_max
        return self.minor_min <= minor and not too_much and minor % self.minor_step == 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do in the markets we know; data, so that pages and routing need no provider names."""

    label: str
    markets: Mapping[str, frozenset[str]]  # ISO 3166 alpha-2 → ISO 4217 currencies
    next_actions: frozenset[NextActionKind]
    session_life: timedelta  # how long the payer has
    status_window: timedelta  # how long the provider can be asked; afterwards a person must look
    refunds: RefundKind
    trust: Trust
    idempotency: Idempotency
    wire_amount: WireAmount
    phone_form: PhoneForm
    needs_phone: bool = False  # collecting cannot begin without the payer's number
    needs_code: bool = False  # the payer makes a code first, and it is sent with the request
    code_ussd: Mapping[str, str] = field(default_factory=dict)  # market → what to dial for that code
    refund_returns_fee: bool = False  # the fee of the payment comes back with the money
    pays_out: bool = False
    payout_idempotency: Idempotency | None = None  # None: as payments
    reversal_window: timedelta | None = None  # how long a payout can be called back
    collects: Mapping[str, AmountRule] = field(default_factory=dict)  # market → rule; a market that is missing: any
    payouts: Mapping[str, AmountRule] = field(default_factory=dict)
    leaves_out: frozenset[Detail] = frozenset()
    by_market: Mapping[str, "Capabilities"] = field(default_factory=dict)  # where a market's wallets can something else
    confidence: str = "high"  # of what stands here: high, medium, low (see the provider's README)

    @property
    def currencies(self) -> frozenset[str]:
        return frozenset().union(*self.markets.values())

    def within(self, market: str) -> "Capabilities":
        """What the provider can do in that market; in general, where the market is none of its own kind."""
        return self.by_market.get(market, self)

    def collecting(self, market: str) -> AmountRule:
        return self.collects.get(market, AmountRule())

    def paying_out(self, market: str) -> AmountRule:
        return self.payouts.get(market, AmountRule())
