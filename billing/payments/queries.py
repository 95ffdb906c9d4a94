"""What others may know of payments."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import Coalesce

import billing.configuration.queries as configuration
import billing.ledger.queries as ledger
from billing import phones
from billing.configuration.facts import ProviderRouteFact
from billing.configuration.queries import NoRoute
from billing.payments import choice, gateway, postings
from billing.payments.attempts import inquiry
from billing.payments.facts import CaptureFact, DecisionFact, FailureFact, OptionFact, PaymentEventFact, PaymentFact
from billing.payments.models import PaymentDecision, PaymentEvent, PaymentTransaction
from billing.payments.states import OPEN, DecisionState, State

# A stranger's phone must not be flooded with requests: more than this many at once is no customer.
OPEN_ATTEMPTS_PER_PHONE_MAX = 5
_PROMPT_LIFE = timedelta(minutes=30)
_RECORD_SPAN = timedelta(hours=6)
_ENDED = [State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW]


class NoSuchPayment(Exception):
    """No payment has that id."""


class NoSuchDecision(Exception):
    """No decision has that id."""


class AmountOutOfRange(Exception):
    """The wallet does not take so little, or so much, at once."""


class WalletResting(Exception):
    """The provider does not answer now: another wallet is the quicker way. Nothing was asked."""


class TooManyAttempts(Exception):
    """The payer's phone already has several payments waiting for its answer."""


def payment(payment_ref: str) -> PaymentFact:
    """One attempt.

    :raises NoSuchPayment: no payment has that id.
    """
    row = PaymentTransaction.objects.filter(pk=payment_ref).first()
    if row is None:
        raise NoSuchPayment(payment_ref)
    return row.as_fact()


def capture(payment_ref: str) -> CaptureFact | None:
    """The money an attempt brought; None: none.

    :raises NoSuchPayment: no payment has that id.
    """
    row = PaymentTransaction.objects.filter(pk=payment_ref).first()
    if row is None:
        raise NoSuchPayment(payment_ref)
    if not row.booked_as:
        return None
    amount_minor, currency = _received(row)
    return CaptureFact(
        payment_ref=row.id,
        invoice_ref=row.invoice_ref,
        invoice_number=row.invoice_number,
        owner_ref=row.owner_ref,
        booked_as=row.booked_as,
        entity=row.entity,
        provider=row.provider,
        market=row.market,
        platform=row.platform,
        currency=currency,
        amount_minor=amount_minor,
        fee_minor=row.fee_minor if row.booked_as != "mismatch" else 0,
        provider_ref=row.provider_ref,
        started_at=row.started_at,
        payer_phone=phones.unseal(row.payer_phone_sealed) if row.payer_phone_sealed else None,
        secrets=inquiry(row).secrets,
    )


def _received(row: PaymentTransaction) -> tuple[int, str]:
    """What came; of a sum nobody expected only the ledger knows."""
    if row.booked_as != "mismatch":
        return row.amount_minor, row.currency
    kept = next(line for line in ledger.entry_lines(row.entry_ref) if line.account.code == postings.SUSPENSE)
    return -kept.amount_minor, kept.account.currency


def payments_of_invoice(invoice_ref: str) -> tuple[PaymentFact, ...]:
    """Every attempt on an invoice, the latest first."""
    rows = PaymentTransaction.objects.filter(invoice_ref=invoice_ref).order_by("-started_at", "-id")
    return tuple(row.as_fact() for row in rows)


def payment_by_provider_ref(*, provider: str, market: str, provider_ref: str) -> PaymentFact:
    """The attempt behind a provider's session or request.

    :raises NoSuchPayment: none that we know of (yet: a notification may come before the answer to our own request).
    """
    row = PaymentTransaction.objects.filter(provider=provider, market=market, provider_ref=provider_ref).first()
    if row is None:
        raise NoSuchPayment(f"{provider} {provider_ref}")
    return row.as_fact()


def failure(reason: str) -> FailureFact:
    """Whose matter a failure is, and what may be tried next."""
    return gateway.failure(reason)


def events(payment_ref: str) -> tuple[PaymentEventFact, ...]:
    """What happened to an attempt, in order."""
    rows = PaymentEvent.objects.filter(payment_id=payment_ref).order_by("id")
    return tuple(row.as_fact() for row in rows)


def in_review() -> tuple[PaymentFact, ...]:
    """Attempts that wait for a person, the oldest first."""
    rows = PaymentTransaction.objects.filter(state=State.NEEDS_REVIEW).order_by("started_at", "id")
    return tuple(row.as_fact() for row in rows)


def may_be_decided(payment: PaymentFact) -> bool:
    """Whether it waits for a person's word: in review, and no money of it is booked."""
    return payment.state == State.NEEDS_REVIEW and payment.settled_at is None


def decision(decision_ref: str) -> DecisionFact:
    """What one person said of a payment in review.

    :raises NoSuchDecision: no decision has that id.
    """
    row = PaymentDecision.objects.filter(pk=decision_ref).first()
    if row is None:
        raise NoSuchDecision(decision_ref)
    return row.as_fact()


def decisions_of(payment_ref: str) -> tuple[DecisionFact, ...]:
    """What people said of a payment in review, in order."""
    rows = PaymentDecision.objects.filter(payment_id=payment_ref).order_by("proposed_at", "id")
    return tuple(row.as_fact() for row in rows)


def proposed_decisions() -> tuple[DecisionFact, ...]:
    """What waits for another person, the oldest first."""
    rows = PaymentDecision.objects.filter(state=DecisionState.PROPOSED).order_by("proposed_at", "id")
    return tuple(row.as_fact() for row in rows)


def settled(*, since: datetime, until: datetime) -> tuple[PaymentFact, ...]:
    """Payments whose money was booked from `since` until before `until`, in that order; duplicates too."""
    rows = PaymentTransaction.objects.filter(
        state=State.SUCCEEDED, settled_at__gte=since, settled_at__lt=until
    ).order_by("settled_at", "id")
    return tuple(row.as_fact() for row in rows)


def attempts(*, since: datetime, until: datetime) -> tuple[PaymentFact, ...]:
    """Every attempt that ended, or is waiting for a person, from `since` until before `until`, in that order.

    An attempt whose money was booked counts when it was booked, any other when it was started.
    """
    moment = Coalesce("settled_at", "started_at")
    rows = PaymentTransaction.objects.exclude(state__in=OPEN).annotate(moment=moment)
    return tuple(row.as_fact() for row in rows.filter(moment__gte=since, moment__lt=until).order_by("moment", "id"))


def providers() -> frozenset[str]:
    """The names of the payment companies we can talk to."""
    return gateway.names()


def label(provider: str) -> str:
    """What people call the wallet; a provider we have no adapter for keeps its name."""
    return gateway.wallet(provider).label if provider in gateway.names() else provider.title()


def options(
    *, country: str, currency: str, amount_minor: int, at: datetime, payer_phone: str | None = None
) -> tuple[OptionFact, ...]:
    """The wallets that can take this amount there, in the order to offer them in (`choice`)."""
    known = gateway.names()
    usable = {
        route.provider: (route, wallet)
        for route in configuration.routes(country=country, currency=currency, at=at)
        if route.provider in known
        and route.market in (wallet := gateway.wallet(route.provider, route.market)).markets
        and _takes(wallet, amount_minor)
    }
    records = _records(country, at)
    operator = phones.operator_of(payer_phone) if payer_phone else None
    ranked = choice.ranked(
        choice.Candidate(
            provider=provider,
            is_resting=gateway.is_resting(provider, route.market),
            is_suggested=bool(operator) and provider.partition("_")[0] == operator,
            record=records.get(provider, choice.Record()),
            fee_rate=route.fee_rate,
            priority=route.priority,
        )
        for provider, (route, _) in usable.items()
    )
    return tuple(_option(one, *usable[one.provider]) for one in ranked)


def _option(candidate: choice.Candidate, route: ProviderRouteFact, wallet: gateway.Wallet) -> OptionFact:
    return OptionFact(
        provider=route.provider,
        label=wallet.label,
        market=route.market,
        next_action_kind=wallet.next_action_kind,
        is_suggested=candidate.is_suggested,
        is_resting=candidate.is_resting,
        needs_phone=wallet.needs_phone,
        needs_code=wallet.needs_code,
        code_ussd=wallet.code_ussd,
        fee_rate=route.fee_rate,
    )


def _records(market: str, at: datetime) -> dict[str, choice.Record]:
    """Provider → how its attempts of the last hours ended in this market."""
    ended = PaymentTransaction.objects.filter(
        market=market, started_at__gt=at - _RECORD_SPAN, started_at__lte=at, state__in=_ENDED
    )
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for provider, state, reason, count in ended.values_list("provider", "state", "failure_reason").annotate(
        Count("id")
    ):
        if state == State.SUCCEEDED:
            counts[provider][0] += count
        elif not (reason and gateway.is_of_the_payer(reason)):
            counts[provider][1] += count
    return {provider: choice.Record(*both) for provider, both in counts.items()}


def collectable(*, provider: str, market: str, currency: str, amount_minor: int, at: datetime) -> ProviderRouteFact:
    """The route that would collect this amount.

    :raises NoRoute: we may not collect with that wallet, there, in that currency.
    :raises AmountOutOfRange: the wallet does not take that amount.
    """
    route = configuration.route(provider=provider, market=market, currency=currency, at=at)
    if provider not in gateway.names() or market not in gateway.wallet(provider).markets:
        raise NoRoute(f"no adapter for {provider} in {market}")
    if not _takes(gateway.wallet(provider, market), amount_minor):
        raise AmountOutOfRange(f"{provider} does not take {amount_minor} {currency} (minor units) at once")
    return route


def refuse_resting(*, provider: str, market: str) -> None:
    """
    :raises WalletResting: the provider was silent so often that it is left alone for a moment.
    """
    if gateway.is_resting(provider, market):
        raise WalletResting(f"{provider} in {market} does not answer now")


def refuse_flood(*, payer_phone: str | None, at: datetime, except_invoice_ref: str | None = None) -> None:
    """Check that one more request to this phone is bearable; attempts on the excepted invoice do not count.

    :raises TooManyAttempts: it has too many waiting already.
    """
    if not payer_phone:
        return
    waiting = PaymentTransaction.objects.filter(
        payer_phone_index=phones.blind_index(payer_phone), state__in=OPEN, started_at__gt=at - _PROMPT_LIFE
    )
    if except_invoice_ref is not None:
        waiting = waiting.exclude(invoice_ref=except_invoice_ref)
    if waiting.count() >= OPEN_ATTEMPTS_PER_PHONE_MAX:
        raise TooManyAttempts(f"{phones.mask(payer_phone)} has too many payments open")


def _takes(wallet: gateway.Wallet, amount_minor: int) -> bool:
    return wallet.amounts.takes(amount_minor)
