"""Everything that changes the dated configuration. Reads no clock: callers pass `at` and the first day of validity."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from billing.configuration import reference, values
from billing.configuration.facts import PublishedRate, RecordedRates, SellerFact, TaxRateFact
from billing.configuration.models import BillingConfiguration, ExchangeRate, Kind
from billing.ids import new_id
from billing.money import NotAnExactRate

_PREFIXES = {
    Kind.SELLER: "sel",
    Kind.TAX_RULE: "tax",
    Kind.PROVIDER_ROUTE: "rte",
    Kind.PAYOUT_ROUTE: "rte",
    Kind.PRICE_LIST: "pli",
}


# Rates are looked up and written this many at a time: a source's whole history is a third of a million.
_RATES_AT_ONCE = 5_000
_RATE_DECIMALS = 12  # of the columns, which would round the rest away in silence


class OverlappingValidity(Exception):
    """Another value already begins on or after that day; two would be valid at once. Nothing was changed."""


class RatesDiffer(Exception):
    """Some rates are recorded with another value, and nobody said this is a correction. Nothing was changed."""

    def __init__(self, differences: Sequence[tuple[PublishedRate, Decimal]]) -> None:
        super().__init__(f"{len(differences)} rate(s) are recorded with another value")
        self.differences = tuple(differences)  # what was brought, and the value on record


def set_seller(
    *, country: str, seller: SellerFact, valid_from: date, changed_by: str, at: datetime, legal_reference: str = ""
) -> str:
    """Say who sells in `country` from `valid_from` on; gives the row's reference.

    :raises OverlappingValidity: a later seller is already set.
    """
    return _set(
        kind=Kind.SELLER,
        country=country,
        subject="",
        value=values.seller_value(seller),
        valid_from=valid_from,
        legal_reference=legal_reference,
        confidence=seller.confidence,
        changed_by=changed_by,
        at=at,
    )


def set_tax_rule(
    *,
    country: str,
    product_kind: str,
    rates: Sequence[TaxRateFact],
    legal_reference: str,
    confidence: str,
    valid_from: date,
    changed_by: str,
    at: datetime,
    customer_kind: str = "person",
    mention: str = "",
) -> str:
    """Say which taxes such a sale bears from `valid_from` on. No rates: exempt, the reason in `legal_reference`.

    `mention` is what the law wants printed on such an invoice: an exemption, a tax the customer declares.

    :raises OverlappingValidity: a later rule is already set.
    :raises BadRate: a rate is no fraction from 0 to 1.
    """
    return _set(
        kind=Kind.TAX_RULE,
        country=country,
        subject=f"{product_kind}/{customer_kind}",
        value=values.tax_value(rates, mention),
        valid_from=valid_from,
        legal_reference=legal_reference,
        confidence=confidence,
        changed_by=changed_by,
        at=at,
    )


def set_route(
    *,
    provider: str,
    market: str,
    currency: str,
    entity: str,
    fee_rate: Fraction,
    priority: int,
    confidence: str,
    valid_from: date,
    changed_by: str,
    at: datetime,
    enabled: bool = True,
    legal_reference: str = "",
    pays_out: bool = False,
) -> str:
    """Open, change or (`enabled=False`) switch off a wallet we collect with, or one we pay out with.

    :raises OverlappingValidity: a later route is already set.
    :raises BadRate: the fee is no fraction from 0 to 1.
    """
    return _set(
        kind=Kind.PAYOUT_ROUTE if pays_out else Kind.PROVIDER_ROUTE,
        country=market,
        subject=f"{provider}/{currency}",
        value=values.route_value(entity=entity, fee_rate=fee_rate, enabled=enabled, priority=priority),
        valid_from=valid_from,
        legal_reference=legal_reference,
        confidence=confidence,
        changed_by=changed_by,
        at=at,
    )


def set_price_list(
    *,
    country: str,
    currency: str,
    step_minor: int,
    ending_minor: int,
    valid_from: date,
    changed_by: str,
    at: datetime,
    confidence: str = "high",
) -> str:
    """Say how discounted prices end in `country` in `currency` from `valid_from` on. A step of 1 is no rounding.

    :raises OverlappingValidity: a later list is already set.
    :raises BadEnding: no such steps, or the currency has cents.
    """
    return _set(
        kind=Kind.PRICE_LIST,
        country=country,
        subject=currency,
        value=values.price_list_value(step_minor=step_minor, ending_minor=ending_minor, currency=currency),
        valid_from=valid_from,
        legal_reference="",
        confidence=confidence,
        changed_by=changed_by,
        at=at,
    )


@transaction.atomic
def load_reference(*, at: datetime) -> int:
    """Add the values of the reference sheet for every subject that has none yet; gives how many were added.

    A subject that somebody has already set, in whatever way, is left alone: the sheet never overrules a person.
    """
    known = set(BillingConfiguration.objects.values_list("kind", "country", "subject"))
    missing = [row for row in reference.ROWS if (row.kind, row.country, row.subject) not in known]
    BillingConfiguration.objects.bulk_create(
        BillingConfiguration(
            id=new_id(_PREFIXES[Kind(row.kind)], at),
            kind=row.kind,
            changed_by="reference",
            recorded_at=at,
            **row.columns(),
        )
        for row in missing
    )
    return len(missing)


@transaction.atomic
def record_rates(
    *,
    source: str,
    rates: Sequence[PublishedRate],
    recorded_by: str,
    at: datetime,
    file_sha256: str = "",
    correct: bool = False,
) -> RecordedRates:
    """Keep what a source published. The same rates again change nothing.

    A rate on record is never edited: with `correct`, another value is a new row, and asking for what was known before
    `at` still gives the former one.

    :raises RatesDiffer: another value is on record, and `correct` was not said.
    :raises billing.money.NotAnExactRate: more decimals than the table keeps.
    """
    with connection.cursor() as cursor:  # two imports of one source one after the other, or both would find nothing
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"exchange_rates:{source}"])
    differences: list[tuple[PublishedRate, Decimal]] = []
    new_count = corrected_count = 0
    for some in _in_pieces(sorted(rates, key=lambda rate: rate.on_date)):
        on_record = _rates_on_record(source, some[0].on_date, some[-1].on_date)
        rows = []
        for rate in some:
            former = on_record.get((rate.base, rate.quote, rate.on_date))
            if former is None:
                new_count += 1
            elif (former.rate, former.buying, former.selling) == (rate.rate, rate.buying, rate.selling):
                continue
            else:
                corrected_count += 1
                differences.append((rate, former.rate))
            rows.append(_rate_row(source, rate, former, recorded_by=recorded_by, file_sha256=file_sha256, at=at))
        if correct or not differences:
            ExchangeRate.objects.bulk_create(rows)
    if differences and not correct:
        raise RatesDiffer(differences)
    return RecordedRates(new_count, corrected_count, len(rates) - new_count - corrected_count)


def _in_pieces(rates: Sequence[PublishedRate]) -> Iterator[list[PublishedRate]]:
    rest = iter(rates)
    while piece := list(islice(rest, _RATES_AT_ONCE)):
        yield piece


def _rates_on_record(source: str, first: date, last: date) -> dict[tuple[str, str, date], ExchangeRate]:
    """The latest correction of each."""
    rows = ExchangeRate.objects.filter(source=source, on_date__range=(first, last)).order_by("correction")
    return {(row.base, row.quote, row.on_date): row for row in rows}


def _rate_row(
    source: str, rate: PublishedRate, former: ExchangeRate | None, *, recorded_by: str, file_sha256: str, at: datetime
) -> ExchangeRate:
    for value in (rate.rate, rate.buying, rate.selling):
        if value is not None and (Fraction(value) * 10**_RATE_DECIMALS).denominator != 1:
            raise NotAnExactRate(f"{rate.text}: more than {_RATE_DECIMALS} decimals")
    return ExchangeRate(
        id=new_id("fxr", at),
        source=source,
        base=rate.base,
        quote=rate.quote,
        on_date=rate.on_date,
        rate=rate.rate,
        buying=rate.buying,
        selling=rate.selling,
        correction=former.correction + 1 if former else 0,
        recorded_at=at,
        recorded_by=recorded_by,
        file_sha256=file_sha256,
    )


@transaction.atomic
def _set(*, kind: Kind, country: str, subject: str, valid_from: date, at: datetime, **columns: Any) -> str:
    """Close the value valid on that day and add the next; the same value again is the row already there."""
    rows = BillingConfiguration.objects.filter(kind=kind, country=country, subject=subject).select_for_update()
    former = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=valid_from), valid_from__lte=valid_from).first()
    if former is not None:
        if all(getattr(former, name) == columns[name] for name in ("value", "legal_reference", "confidence")):
            return former.id
        if former.valid_to is not None:
            raise OverlappingValidity(f"{kind} {country} {subject} already changes on {former.valid_to}")
        former.valid_to = valid_from
        former.save(update_fields=["valid_to"])
    return _insert(kind=kind, country=country, subject=subject, valid_from=valid_from, at=at, **columns)


def _insert(*, kind: Kind, at: datetime, **columns: Any) -> str:
    try:
        with transaction.atomic():
            row = BillingConfiguration.objects.create(
                id=new_id(_PREFIXES[kind], at), kind=kind, recorded_at=at, **columns
            )
    except IntegrityError as error:
        if "configuration_no_overlap" not in str(error):
            raise
        message = f"{kind} {columns['country']} {columns['subject']} already begins on or after {columns['valid_from']}"
        raise OverlappingValidity(message) from error
    return row.id
