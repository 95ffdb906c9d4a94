"""Which of Moov's platforms a market has, how that platform is spoken to, and what it can do. Data.

Moov publishes nothing; every value is from public client code (see README.md for the marks) and can be replaced by the
installation's credentials.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from providers.amounts import WireAmount
from providers.capabilities import AmountRule, Capabilities, Detail, Idempotency, NextActionKind, RefundKind, Trust
from providers.moov.msisdn import MsisdnForm


class Variant(StrEnum):
    """The wire, and how the payer agrees. Its word is the `platform` stored with an attempt."""

    M1 = "m1"  # SOAP "UssdPush"
    M2 = "m2"  # JSON "3PP gateway", one address for all
    M2_OTP = "m2-otp"  # the same, the payer agreeing by a code from a text message
    M3 = "m3"  # JSON "apiaccess" of the Huawei platform, a path an operation


class Scheme(StrEnum):
    BASIC = "Basic"
    BEARER = "Bearer"  # the same base64 behind another word


@dataclass(frozen=True, slots=True)
class Terms:
    """How one platform of one market is spoken to, where the installation says nothing else."""

    variant: Variant
    live_url: str = ""  # empty: nobody has published it
    test_url: str = ""
    live_path: str = ""
    test_path: str = ""
    collect_path: str = ""  # M3
    msisdn_form: MsisdnForm = MsisdnForm.DIGITS
    amount_form: WireAmount = WireAmount.TEXT
    scheme: Scheme = Scheme.BASIC
    push_command: str = "mror-transaction-ussd"
    status_command: str = "process-check-transaction"
    searches_today_only: bool = False  # the search for a transaction finds those of the same day, local time

    @property
    def is_soap(self) -> bool:
        return self.variant is Variant.M1


_GATEWAY_HOST = "https://196.28.245.227"
_M1 = Terms(
    Variant.M1,
    live_url="https://apimarchand.moov-africa.bj",
    test_url="https://testapimarchand2.moov-africa.bj:2010",
    live_path="/com.tlc.merchant.api/UssdPush",
    test_path="/com.tlc.merchant.api/UssdPush",
)
_M2 = Terms(
    Variant.M2,
    live_url=_GATEWAY_HOST,
    test_url=_GATEWAY_HOST,
    live_path="/tlcfzc_gw_prod/mbs-gateway/gateway/3pp/transaction/process",
    test_path="/tlcfzc_gw/api/gateway/3pp/transaction/process",
    amount_form=WireAmount.NUMBER,
    status_command="process-check-mror-transaction",
)
_M3 = Terms(
    Variant.M3,
    test_url="https://uat.moov-money.bf:38443",
    collect_path="/apiaccess/Deduction",
    amount_form=WireAmount.NUMBER,
    searches_today_only=True,
)
_USUAL = {Variant.M1: _M1, Variant.M2: _M2, Variant.M2_OTP: replace(_M2, variant=Variant.M2_OTP), Variant.M3: _M3}
_OWN: Mapping[tuple[str, Variant], Terms] = {
    ("ML", Variant.M3): replace(
        _M3,
        test_url="https://testbed.moovmoney.ml:38443",
        collect_path="/apiaccess/CustomerPayOnlineMerchant",
        amount_form=WireAmount.TEXT,
        msisdn_form=MsisdnForm.NATIONAL,
        scheme=Scheme.BEARER,
    ),
}

VARIANTS: Mapping[str, Variant] = {"BJ": Variant.M1, "BF": Variant.M3, "ML": Variant.M3}
DAY_BEGINS: Mapping[str, timedelta] = {"BJ": timedelta(hours=1)}  # ahead of UTC, all year; the others are at UTC
AT_UTC = timedelta()
CURRENCY = "XOF"


def terms(market: str, variant: Variant) -> Terms:
    return _OWN.get((market, variant), _USUAL[variant])


def capabilities(own: Terms) -> Capabilities:
    """What a wallet on those terms can do."""
    return replace(
        _IN_GENERAL,
        next_actions=frozenset({_ACTIONS.get(own.variant, NextActionKind.APPROVE_ON_PHONE)}),
        status_window=_A_DAY if own.searches_today_only else _A_WEEK,
        wire_amount=own.amount_form,
        phone_form=own.msisdn_form.of_the_port,
        leaves_out=_LEFT_OUT - {Detail.EXPIRY} if own.variant is Variant.M2_OTP else _LEFT_OUT,
    )


_A_DAY, _A_WEEK = timedelta(days=1), timedelta(days=7)
_ACTIONS = {Variant.M2_OTP: NextActionKind.ENTER_OTP}
_LEFT_OUT = frozenset(Detail)
_AT_LEAST_100 = {"BJ": AmountRule(minor_min=100)}
_IN_GENERAL = Capabilities(
    label="Moov Money",
    markets=dict.fromkeys(VARIANTS, frozenset({CURRENCY})),
    next_actions=frozenset({NextActionKind.APPROVE_ON_PHONE}),
    session_life=timedelta(minutes=5),
    status_window=_A_WEEK,  # of M1 and M2 nobody knows; ours, so that an old unknown reaches a person
    refunds=RefundKind.BY_PAYOUT,
    trust=Trust.POLL_ONLY,
    idempotency=Idempotency.SEARCH,
    wire_amount=WireAmount.TEXT,
    phone_form=MsisdnForm.DIGITS.of_the_port,
    needs_phone=True,
    pays_out=True,
    collects=_AT_LEAST_100,
    leaves_out=_LEFT_OUT,
    confidence="low",
)

CAPABILITIES = replace(
    _IN_GENERAL, by_market={market: capabilities(terms(market, variant)) for market, variant in VARIANTS.items()}
)
