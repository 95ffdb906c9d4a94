"""MTN's two platforms side by side, and one wallet's credentials on both.

Partners move from the legacy gateway to the new platform one by one; for about a month both answer, each only about
what was asked of it. Subscription keys and the word of the market stay, address and user change (fact sheet 1.1).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin

from providers import http
from providers.credentials import MissingCredential, variable
from providers.mtn.markets import MARKETS

LEGACY = "legacy"
NEW = "new"
LEGACY_URL = "https://proxy.momoapi.mtn.com"
NEW_URL = "https://momoapi.momo.africa"


class Product(StrEnum):
    """One contract with MTN each, with a key and a wallet of its own."""

    COLLECTION = "collection"
    DISBURSEMENT = "disbursement"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One market's wallets. Whoever only collects leaves `disbursement_key` empty."""

    collection_key: str = field(repr=False)  # Ocp-Apim-Subscription-Key
    callback_secret: str = field(repr=False)  # ours, for callback addresses; comma-separated while one replaces another
    disbursement_key: str = field(default="", repr=False)
    platform: str = LEGACY  # where new requests go; older ones are asked about where they were made
    target_environment: str = ""  # `sandbox`, or a word that MTN gave; empty: the market's usual one
    legacy_user: str = ""  # API user and key, of collecting
    legacy_secret: str = field(default="", repr=False)
    legacy_payout_user: str = ""  # of paying out; empty: the same as of collecting
    legacy_payout_secret: str = field(default="", repr=False)
    new_user: str = ""  # User ID and Credential Token from the Partner Portal
    new_secret: str = field(default="", repr=False)
    new_payout_user: str = ""
    new_payout_secret: str = field(default="", repr=False)
    legacy_url: str = ""  # of this market's own gateway (Rwanda); empty: PROVIDER_MTN_BASE_URL or the shared one
    new_url: str = NEW_URL  # absolute, or a path under the legacy one
    payout_operation: str = "transfer"  # or `deposit`, where the contract has only that
    user_agent: str = http.USER_AGENT  # the new platform answers 403 to `python-requests`

    def __post_init__(self) -> None:
        if self.platform not in (LEGACY, NEW):
            raise ValueError(f"platform {self.platform!r} is neither {LEGACY} nor {NEW}")
        if self.payout_operation not in ("transfer", "deposit"):
            raise ValueError(f"payout_operation {self.payout_operation!r} is neither transfer nor deposit")


@dataclass(frozen=True, slots=True)
class Account:
    """What one product on one platform is called with."""

    platform: str
    product: Product
    base_url: str
    environment: str
    user: str
    secret: str = field(repr=False)
    key: str = field(repr=False)


def account(own: Credentials, *, product: Product, platform: str, base_url: str, market: str) -> Account:
    """Where and as whom to call.

    :raises providers.credentials.MissingCredential: what it takes is not set; the message names the variable.
    """
    user, secret = _pair(own, product, platform)
    legacy_url = own.legacy_url or base_url
    return Account(
        platform=platform,
        product=product,
        base_url=legacy_url if platform == LEGACY else urljoin(legacy_url, own.new_url),
        environment=own.target_environment or MARKETS[market].environment,
        user=_value(own, user, market),
        secret=_value(own, secret, market),
        key=_value(own, f"{product}_key", market),
    )


def _pair(own: Credentials, product: Product, platform: str) -> tuple[str, str]:
    """The names of the two fields."""
    paying = (f"{platform}_payout_user", f"{platform}_payout_secret")
    has_own = product is Product.DISBURSEMENT and all(getattr(own, name) for name in paying)
    return paying if has_own else (f"{platform}_user", f"{platform}_secret")


def _value(own: Credentials, field_name: str, market: str) -> str:
    value: str = getattr(own, field_name)
    if not value:
        raise MissingCredential(f"{variable('mtn', market, field_name)} is not set; mtn cannot do this without it")
    return value
