"""From what is asked to rows of payouts: routes, limits, parts. Nothing is held and nothing is sent here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import billing.configuration.queries as configuration
import billing.ledger.queries as ledger
from billing import phones
from billing.configuration.facts import ProviderRouteFact
from billing.ids import new_id
from billing.ledger.draft import AccountKey
from billing.money import round_half_up
from billing.payouts import gateway, splitting
from billing.payouts.facts import PayoutAsked, Refusal
from billing.payouts.models import Payout, PayoutBatch
from billing.payouts.states import State


class Refused(Exception):
    """One payout cannot be prepared."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(slots=True)
class Prepared:
    rows: list[Payout] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def prepare(batch: PayoutBatch, asked: Sequence[PayoutAsked], at: datetime) -> Prepared:
    """Rows for what can be paid, and the reason for what cannot."""
    done = Prepared()
    left: dict[AccountKey, int | None] = {}
    for one in asked:
        try:
            _not_twice(one)
            rows = _rows(batch, one, at)
            _covered(one, left)
            done.rows += rows
        except Refused as refused:
            done.refusals.append(Refusal(one.key, refused.rule, str(refused)))
    return done


def _not_twice(one: PayoutAsked) -> None:
    ended = [State.REJECTED, State.FAILED, State.REVERSED]
    earlier = Payout.objects.filter(key=one.key).exclude(state__in=ended).first()
    if earlier is not None:
        raise Refused("already_asked", f"{earlier.id} is {earlier.state}")


def _covered(one: PayoutAsked, left: dict[AccountKey, int | None]) -> None:
    """A first look, for the person who prepares. What counts is the hold, when it is approved."""
    if one.account not in left:
        left[one.account] = ledger.available(one.account).available_minor
    available = left[one.account]
    if available is None:
        return
    if one.amount_minor > available:
        raise Refused("not_covered", f"{one.amount_minor} is asked for, {max(available, 0)} is there")
    left[one.account] = available - one.amount_minor


def _rows(batch: PayoutBatch, one: PayoutAsked, at: datetime) -> list[Payout]:
    route, wallet = _route(one, at)
    amounts = wallet.amounts
    try:
        shares = splitting.parts(
            one.amount_minor,
            minor_min=amounts.minor_min,
            minor_max=amounts.minor_max,
            minor_step=amounts.minor_step,
        )
    except splitting.TooSmall as error:
        raise Refused("below_minimum", str(error)) from None
    except splitting.NotAStep as error:
        raise Refused("not_a_step", str(error)) from None
    return [
        Payout(
            id=new_id("out", at),
            batch=batch,
            key=one.key,
            part=part,
            part_count=len(shares),
            entity=one.account.entity,
            account_code=one.account.code,
            account_holder=one.account.holder,
            currency=one.account.currency,
            amount_minor=share,
            fee_minor=round_half_up(share * route.fee_rate),
            provider=one.provider,
            market=one.market,
            platform=gateway.platform(one.provider, one.market),
            payee_name=one.payee_name,
            payee_phone_sealed=phones.seal(one.payee_phone),
            payee_phone_index=phones.blind_index(one.payee_phone),
            payee_phone_masked=phones.mask(one.payee_phone),
            description=one.description,
            source_ref=one.source_ref,
            prepared_at=at,
        )
        for part, share in enumerate(shares, start=1)
    ]


def _route(one: PayoutAsked, at: datetime) -> tuple[ProviderRouteFact, gateway.Wallet]:
    currency = one.account.currency
    wallet = gateway.wallet(one.provider, one.market)
    if wallet is None or not wallet.pays_out or currency not in wallet.currencies:
        raise Refused("no_route", f"{one.provider} in {one.market} pays no {currency} out")
    try:
        route = configuration.payout_route(provider=one.provider, market=one.market, currency=currency, at=at)
    except configuration.NoRoute as error:
        raise Refused("no_route", str(error)) from None
    if route.entity != one.account.entity:
        raise Refused("no_route", f"{one.provider} in {one.market} pays for {route.entity}, not {one.account.entity}")
    return route, wallet
