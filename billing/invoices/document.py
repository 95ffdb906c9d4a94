"""What an invoice's paper says, every amount and date already text in the customer's language. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel.core import Locale, get_global
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from billing.configuration.facts import SellerFact
from billing.invoices import words
from billing.invoices.facts import InvoiceFact, InvoiceItemFact
from billing.money import from_minor

LANGUAGES = ("fr", "en")
_TITLE_LENGTH_MAX = 240  # a longer one would push the totals off the page
_CFA = ("XOF", "XAF")
_MOMENTS = {"fr": "d MMM y 'à' HH:mm", "en": "d MMM y 'at' HH:mm"}
_PROVIDERS = {"wave": "Wave", "orange": "Orange Money", "mtn": "MTN MoMo", "moov": "Moov Money"}


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    product_kind: str
    quantity: str
    unit: str
    net: str
    rates: str
    gross: str


@dataclass(frozen=True, slots=True)
class TaxRow:
    label: str
    base: str
    amount: str
    reference: str


@dataclass(frozen=True, slots=True)
class Document:
    """One invoice as printed. Empty text: leave it out."""

    language: str
    number: str
    state: str
    opened_on: str
    paid_on: str
    voided_on: str
    void_reason: str
    provider: str
    transaction_ref: str
    seller: SellerFact
    demo: bool
    customer_name: str
    customer_country: str
    customer_phone: str
    customer_email: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxRow, ...]
    net: str
    tax: str
    gross: str
    in_words: str
    receipt_url: str


def compose(
    *, invoice: InvoiceFact, seller: SellerFact, zone: tzinfo, phone: str = "", receipt_url: str = ""
) -> Document:
    """Lay the facts of an invoice out as text, in the customer's language (French when it is none of ours).

    `phone` is the customer's number as it may be shown. `zone` tells the time where the customer's country has several
    zones, or none that is known.
    """
    language = invoice.customer.language if invoice.customer.language in LANGUAGES else "fr"
    currency, there = invoice.currency, _zone_of(invoice.customer.country, zone)
    return Document(
        language=language,
        number=invoice.number,
        state=invoice.state,
        opened_on=_day(invoice.opened_at, there, language),
        paid_on=_moment(invoice.paid_at, there, language),
        voided_on=_moment(invoice.voided_at, there, language),
        void_reason=invoice.void_reason or "",
        provider=_PROVIDERS.get(invoice.provider or "", invoice.provider or ""),
        transaction_ref=invoice.transaction_ref or invoice.payment_ref or "",
        seller=seller,
        demo=seller.confidence == "demo",
        customer_name=_short(invoice.customer.name),
        customer_country=Locale(language).territories.get(invoice.customer.country, invoice.customer.country),
        customer_phone=phone,
        customer_email=invoice.customer.email or "",
        lines=tuple(_line(item, currency, language) for item in invoice.items),
        taxes=_taxes(invoice.items, currency, language),
        net=money(invoice.net_minor, currency, language),
        tax=money(invoice.tax_minor, currency, language),
        gross=money(invoice.gross_minor, currency, language),
        in_words=words.amount(invoice.gross_minor, currency, language),
        receipt_url=receipt_url,
    )


def money(minor: int, currency: str, language: str) -> str:
    """`1 271 F CFA`, `12,50 €`, `€12.50`; never broken. In English too, francs stand behind, as people write them."""
    amount = Decimal(from_minor(minor, currency).amount)
    if language != "fr" and currency in _CFA:
        return str(format_currency(amount, currency, format="#,##0.00\u00a0¤", locale=language))
    return str(format_currency(amount, currency, locale=language))


def percent(rate: Fraction, language: str) -> str:
    """`18 %`, `17,5 %`; two decimals are enough for any tax in force."""
    number = format_decimal(Decimal(rate.numerator * 100) / rate.denominator, format="#,##0.##", locale=language)
    return f"{number}\u202f%" if language == "fr" else f"{number}%"


def _line(item: InvoiceItemFact, currency: str, language: str) -> Line:
    return Line(
        title=_short(item.title),
        product_kind=item.product_kind,
        quantity=str(format_decimal(item.quantity, locale=language)),
        unit=money(item.unit_minor, currency, language),
        net=money(item.net_minor, currency, language),
        rates=" + ".join(percent(tax.rate, language) for tax in item.tax_lines) or "—",
        gross=money(item.gross_minor, currency, language),
    )


def _taxes(items: Iterable[InvoiceItemFact], currency: str, language: str) -> tuple[TaxRow, ...]:
    """One row for each tax, rate and legal ground, over all lines; exempt lines have a row that says why."""
    bases: dict[tuple[str, Fraction, str], int] = {}
    amounts: dict[tuple[str, Fraction, str], int] = {}
    for item in items:
        taxes = [(tax.code, tax.rate, tax.amount_minor) for tax in item.tax_lines] or [("", Fraction(0), 0)]
        for code, rate, amount in taxes:
            key = (code, rate, item.tax_reference)
            bases[key] = bases.get(key, 0) + item.net_minor
            amounts[key] = amounts.get(key, 0) + amount
    return tuple(
        TaxRow(
            label=f"{code} {percent(rate, language)}" if code else "",
            base=money(bases[code, rate, reference], currency, language),
            amount=money(amounts[code, rate, reference], currency, language),
            reference=reference,
        )
        for code, rate, reference in bases
    )


def _zone_of(country: str, otherwise: tzinfo) -> tzinfo:
    zones = [name for name, territory in get_global("zone_territories").items() if territory == country]
    return ZoneInfo(zones[0]) if len(zones) == 1 else otherwise


def _day(at: datetime, zone: tzinfo, language: str) -> str:
    return _first_in_french(str(format_date(at.astimezone(zone), "d MMMM y", locale=language)), language)


def _moment(at: datetime | None, zone: tzinfo, language: str) -> str:
    if at is None:
        return ""
    return _first_in_french(str(format_datetime(at.astimezone(zone), _MOMENTS[language], locale=language)), language)


def _first_in_french(text: str, language: str) -> str:
    """The first of a month is an ordinal in French: `1er novembre`."""
    return f"1er {text[2:]}" if language == "fr" and text.startswith("1 ") else text


def _short(text: str) -> str:
    return text if len(text) <= _TITLE_LENGTH_MAX else f"{text[: _TITLE_LENGTH_MAX - 1]}…"
