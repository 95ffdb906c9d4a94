"""What was configured on a day. Nothing found is a refusal, never a default."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from billing import exchange
from billing.configuration import values
from billing.configuration.facts import PriceListFact, ProviderRouteFact, SellerFact, TaxRuleFact
from billing.configuration.models import BillingConfiguration, ExchangeRate, Kind
from billing.exchange import Leg, RateFact


class NoSeller(Exception):
    """Nobody sells in that country on that day."""


class NoTaxRule(Exception):
    """Nobody has said which tax such a sale bears in that country on that day. Unknown is not zero."""


class NoRoute(Exception):
    """We may not collect with that wallet, there, in that currency, on that day."""


class NoExchangeRate(Exception):
    """No source asked for published what would lead from one currency to the other on that day."""


def business_date(at: datetime) -> date:
    """The day `at` belongs to in the platform's own time zone: the one that dated rules and invoice years follow."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def seller(*, country: str, at: datetime) -> SellerFact:
    """Who sells in `country`.

    :raises NoSeller: nobody does.
    """
    row = _valid(Kind.SELLER, country, at).first()
    if row is None:
        raise NoSeller(f"no seller for {country} on {business_date(at)}")
    return values.seller_fact(row.value)


def seller_of(*, entity: str, on: date) -> SellerFact:
    """A legal entity as an invoice of that day names it, wherever it sells.

    :raises NoSeller: nobody sells under that name.
    """
    found = BillingConfiguration.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on), kind=Kind.SELLER, value__entity=entity, valid_from__lte=on
    )
    row = found.order_by("country").first()
    if row is None:
        raise NoSeller(f"no seller {entity} on {on}")
    return values.seller_fact(row.value)


def tax_rule(*, country: str, product_kind: str, customer_kind: str = "person", at: datetime) -> TaxRuleFact:
    """Which taxes such a sale bears.

    :raises NoTaxRule: nobody has said.
    """
    row = _valid(Kind.TAX_RULE, country, at).filter(subject=f"{product_kind}/{customer_kind}").first()
    if row is None:
        raise NoTaxRule(f"no tax rule for {product_kind} to a {customer_kind} in {country} on {business_date(at)}")
    return _tax_rule(row)


def price_list(*, country: str, currency: str, at: datetime) -> PriceListFact | None:
    """How discounted prices end there; None where nobody wants them to end in any way."""
    row = _valid(Kind.PRICE_LIST, country, at).filter(subject=currency).first()
    return values.price_list_fact(row.value) if row else None


def routes(*, country: str, currency: str, at: datetime) -> tuple[ProviderRouteFact, ...]:
    """The enabled wallets of `country` that collect `currency`, in order of preference."""
    found = _routes(_valid(Kind.PROVIDER_ROUTE, country, at))
    usable = [route for route in found if route.enabled and route.currency == currency]
    return tuple(sorted(usable, key=lambda route: (route.priority, route.provider)))


def route(*, provider: str, market: str, currency: str, at: datetime) -> ProviderRouteFact:
    """One enabled wallet.

    :raises NoRoute: not configured, or switched off.
    """
    found = _routes(_valid(Kind.PROVIDER_ROUTE, market, at).filter(subject=f"{provider}/{currency}"))
    for one in found:
        if one.enabled:
            return one
    raise NoRoute(f"no route for {provider} in {market} in {currency} on {business_date(at)}")


def payout_route(*, provider: str, market: str, currency: str, at: datetime) -> ProviderRouteFact:
    """One enabled wallet to pay out with; its fee comes on top of what arrives.

    :raises NoRoute: not configured, or switched off.
    """
    found = _routes(_valid(Kind.PAYOUT_ROUTE, market, at).filter(subject=f"{provider}/{currency}"))
    for one in found:
        if one.enabled:
            return one
    raise NoRoute(f"no payout route for {provider} in {market} in {currency} on {business_date(at)}")


def rate(
    *,
    base: str,
    quote: str,
    on: date,
    source_preference: Sequence[str],
    last_published_within_days: int = 0,
    known_at: datetime | None = None,
) -> RateFact:
    """The exact rate from `base` to `quote` on a day, with the legs it is made of.

    A parity that is law needs no source. Else the first of `source_preference` that leads there: a published rate, its
    inverse, or a cross rate through the euro (or a franc tied to it) with all its published legs of one source and one
    day. A source's own last published day may stand in only where `last_published_within_days` allows it; the fact then
    tells both days. `known_at` leaves out what was recorded later, corrections too.

    :raises NoExchangeRate: none of them leads there on that day.
    """
    parities = exchange.parities(on)
    if (by_law := exchange.path(base, quote, parities)) is not None:
        return RateFact(base, quote, on, by_law)
    first = on - timedelta(days=last_published_within_days)
    published = _published({base, quote}, source_preference, first, on, known_at)
    for source in source_preference:
        for age in range(last_published_within_days + 1):
            day = on - timedelta(days=age)
            legs = exchange.path(base, quote, (*published[source, day], *parities))
            if legs is not None:
                return RateFact(base, quote, on, legs)
    raise NoExchangeRate(_no_rate(base, quote, on, source_preference, last_published_within_days))


def _published(
    currencies: set[str], sources: Sequence[str], first: date, last: date, known_at: datetime | None
) -> dict[tuple[str, date], list[Leg]]:
    """Source and day → what may lead from one to the other of the currencies, each rate by its last correction."""
    wanted = currencies | exchange.HUBS
    rows = ExchangeRate.objects.filter(
        source__in=sources, base__in=wanted, quote__in=wanted, on_date__range=(first, last)
    )
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    last_of = {(row.source, row.base, row.quote, row.on_date): row.rate for row in rows.order_by("correction")}
    found: dict[tuple[str, date], list[Leg]] = defaultdict(list)
    for (source, base, quote, day), value in last_of.items():
        found[source, day].append(Leg(base, quote, Fraction(value), day, source))
    return found


def _no_rate(base: str, quote: str, on: date, sources: Sequence[str], within_days: int) -> str:
    asked = ", ".join(sources) or "nobody"
    published = ExchangeRate.objects.filter(source__in=sources, on_date__lt=on).aggregate(last=Max("on_date"))["last"]
    hint = f"; they last published on {published}" if published else ""
    back = f", nor in the {within_days} days before" if within_days else ""
    return f"no rate from {base} to {quote} on {on} ({on:%A}) by {asked}{back}{hint}"


def _valid(kind: Kind, country: str, at: datetime) -> QuerySet[BillingConfiguration]:
    day = business_date(at)
    return BillingConfiguration.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day), kind=kind, country=country, valid_from__lte=day
    )


def _tax_rule(row: BillingConfiguration) -> TaxRuleFact:
    return values.tax_fact(
        row.value,
        ref=row.id,
        country=row.country,
        product_kind=row.subject.partition("/")[0],
        reference=row.legal_reference,
        confidence=row.confidence,
        since=row.valid_from,
    )


def _routes(rows: Iterable[BillingConfiguration]) -> list[ProviderRouteFact]:
    facts = []
    for row in rows:
        provider, _, currency = row.subject.partition("/")
        facts.append(values.route_fact(row.value, ref=row.id, provider=provider, market=row.country, currency=currency))
    return facts
