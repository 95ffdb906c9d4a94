"""What the paper of an invoice or a credit note says, every amount and date already text in its language. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel.core import Locale, get_global
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from billing.configuration.facts import SellerFact
from billing.invoices import labels, words
from billing.invoices.facts import CreditNoteFact, CreditNoteItemFact, Customer, InvoiceFact, InvoiceItemFact
from billing.money import from_minor

LANGUAGES = labels.LANGUAGES
_TITLE_LENGTH_MAX = 240  # a longer one would push the totals off the page
_CFA = ("XOF", "XAF")
_MOMENTS = {"fr": "d MMM y 'à' HH:mm", "en": "d MMM y 'at' HH:mm", "wo": "d MMM y, HH:mm", "ar": "d MMMM y، HH:mm"}
# Arabic as Mauritania and the Maghreb write it: Latin digits, which are those of every amount here.
_LOCALES = {"fr": "fr", "en": "en", "wo": "wo", "ar": "ar_MR"}
_NUMBERS = {"fr": "fr", "en": "en", "wo": "fr", "ar": "fr"}
_PROVIDERS = {"wave": "Wave", "orange": "Orange Money", "mtn": "MTN MoMo", "moov": "Moov Money"}
_SIGNS = {"paid": "✓", "void": "×"}


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    kind: str
    quantity: str
    unit: str
    discount: str
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
    """One paper as printed. Empty text: leave it out."""

    language: str
    direction: str
    words: Mapping[str, str]
    kind: str  # invoice, credit_note
    number: str
    day: str
    state: str
    sign: str
    state_line: str
    state_more: str
    seller: SellerFact
    demo: bool
    customer_name: str
    customer_country: str
    customer_phone: str
    customer_email: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxRow, ...]
    mentions: tuple[str, ...]  # what the law wants said of these taxes, in its own words
    list_price: str  # before the discount
    discount: str
    coupon_code: str
    net: str
    tax: str
    gross: str
    in_words: str
    code_url: str  # what the code to scan opens: where to pay while it is unpaid, else the receipt

    @property
    def title(self) -> str:
        return self.words[self.kind]


def compose(
    *,
    invoice: InvoiceFact,
    seller: SellerFact,
    zone: tzinfo,
    phone: str = "",
    receipt_url: str = "",
    pay_url: str = "",
) -> Document:
    """Lay the facts of an invoice out as text, in the customer's language (French when it is none of ours).

    `phone` is the customer's number as it may be shown. `zone` tells the time where the customer's country has several
    zones, or none that is known.
    """
    language = _language(invoice.customer)
    said, currency, there = labels.words(language), invoice.currency, _zone_of(invoice.customer.country, zone)
    state_line, state_more = _state(invoice, said, there, language)
    return Document(
        kind="invoice",
        number=invoice.number,
        day=said["of_day"].format(day=_day(invoice.opened_at, there, language)),
        state=invoice.state,
        sign=_SIGNS.get(invoice.state, ""),
        state_line=state_line,
        state_more=state_more,
        lines=tuple(_line(item, invoice, said, language) for item in invoice.items),
        taxes=_taxes(invoice.items, said, currency, language),
        mentions=_mentions(invoice.items),
        list_price=money(invoice.gross_minor + invoice.discount_minor, currency, language),
        discount=money(-invoice.discount_minor, currency, language).replace("-", "−") if invoice.discount_minor else "",
        coupon_code=invoice.coupon_code,
        code_url=receipt_url if invoice.state == "paid" else pay_url if invoice.state == "open" else "",
        language=language,
        direction="rtl" if language in labels.RIGHT_TO_LEFT else "ltr",
        words=said,
        seller=seller,
        demo=seller.confidence == "demo",
        customer_name=_short(invoice.customer.name),
        customer_country=_country(invoice.customer, language),
        customer_phone=phone,
        customer_email=invoice.customer.email or "",
        net=money(invoice.net_minor, currency, language),
        tax=money(invoice.tax_minor, currency, language),
        gross=money(invoice.gross_minor, currency, language),
        in_words=_in_words(invoice.gross_minor, currency, language),
    )


def compose_credit(
    *, note: CreditNoteFact, seller: SellerFact, zone: tzinfo, phone: str = "", receipt_url: str = ""
) -> Document:
    """The same for a credit note; it cites its invoice by number and day."""
    language = _language(note.customer)
    said, currency, there = labels.words(language), note.currency, _zone_of(note.customer.country, zone)
    cited = said["credited"].format(
        day=_day(note.issued_at, there, language),
        number=note.invoice_number,
        opened_on=_day(note.invoice_opened_at, there, language),
    )
    return Document(
        kind="credit_note",
        number=note.number,
        day=said["of_day"].format(day=_day(note.issued_at, there, language)),
        state="credited",
        sign="",
        state_line=cited,
        state_more=said["why"].format(reason=_short(note.reason)),
        lines=tuple(_credit_line(item, said, currency, language) for item in note.items),
        taxes=_taxes(note.items, said, currency, language),
        mentions=_mentions(note.items),
        list_price="",
        discount="",
        coupon_code="",
        code_url=receipt_url,
        language=language,
        direction="rtl" if language in labels.RIGHT_TO_LEFT else "ltr",
        words=said,
        seller=seller,
        demo=seller.confidence == "demo",
        customer_name=_short(note.customer.name),
        customer_country=_country(note.customer, language),
        customer_phone=phone,
        customer_email=note.customer.email or "",
        net=money(note.net_minor, currency, language),
        tax=money(note.tax_minor, currency, language),
        gross=money(note.gross_minor, currency, language),
        in_words=_in_words(note.gross_minor, currency, language),
    )


def money(minor: int, currency: str, language: str) -> str:
    """`1 271 F CFA`, `12,50 €`, `€12.50`; never broken. In English too, francs stand behind, as people write them."""
    amount, locale = Decimal(from_minor(minor, currency).amount), _NUMBERS[language]
    if locale != "fr" and currency in _CFA:
        return str(format_currency(amount, currency, format="#,##0.00\u00a0¤", locale=locale))
    return _isolated(str(format_currency(amount, currency, locale=locale)), language)


def percent(rate: Fraction, language: str) -> str:
    """`18 %`, `17,5 %`; two decimals are enough for any tax in force."""
    locale = _NUMBERS[language]
    number = format_decimal(Decimal(rate.numerator * 100) / rate.denominator, format="#,##0.##", locale=locale)
    return _isolated(f"{number}\u202f%" if locale == "fr" else f"{number}%", language)


def _isolated(text: str, language: str) -> str:
    """Latin text and numbers keep their own order within a line of Arabic (Unicode isolates)."""
    return f"\u2066{text}\u2069" if language in labels.RIGHT_TO_LEFT and text else text


def _country(customer: Customer, language: str) -> str:
    return str(Locale.parse(_LOCALES[language]).territories.get(customer.country, customer.country))


def _in_words(minor: int, currency: str, language: str) -> str:
    """In English for who reads it, else in French, the language of the law that asks for it."""
    return _isolated(words.amount(minor, currency, "en" if language == "en" else "fr") + ".", language)


def _language(customer: Customer) -> str:
    return customer.language if customer.language in LANGUAGES else "fr"


def _state(invoice: InvoiceFact, said: Mapping[str, str], there: tzinfo, language: str) -> tuple[str, str]:
    """What is said of the invoice's state, and what more there is to say."""
    match invoice.state:
        case "paid":
            provider = _PROVIDERS.get(invoice.provider or "", invoice.provider or "")
            ref = invoice.transaction_ref or invoice.payment_ref or ""
            return said["paid"].format(moment=_moment(invoice.paid_at, there, language), provider=provider, ref=ref), ""
        case "void":
            moment = _moment(invoice.voided_at, there, language)
            return said["void"].format(moment=moment), said["why"].format(reason=_short(invoice.void_reason or ""))
        case "draft":
            return said["draft"], ""
        case "partly_paid" | "uncollectible" if invoice.received_minor:
            left = invoice.gross_minor - invoice.received_minor
            received = money(invoice.received_minor, invoice.currency, language)
            left_said = money(left, invoice.currency, language)
            return said["partly_paid"].format(received=received, left=left_said), ""
        case _:
            return said["open"], said["open_why"]


def _line(item: InvoiceItemFact, invoice: InvoiceFact, said: Mapping[str, str], language: str) -> Line:
    currency, taken_off = invoice.currency, item.discount_minor
    discount = said["discount"].format(code=invoice.coupon_code, amount=money(taken_off, currency, language))
    return Line(
        title=_short(item.title),
        kind=said.get(item.product_kind, item.product_kind),
        quantity=str(format_decimal(item.quantity, locale=_NUMBERS[language])),
        unit=money(item.unit_minor, currency, language),
        discount=discount if taken_off else "",
        net=money(item.net_minor, currency, language),
        rates=_rates(item, language),
        gross=money(item.gross_minor, currency, language),
    )


def _credit_line(item: CreditNoteItemFact, said: Mapping[str, str], currency: str, language: str) -> Line:
    return Line(
        title=_short(item.title),
        kind=said.get(item.product_kind, item.product_kind),
        quantity="",
        unit="",
        discount="",
        net=money(item.net_minor, currency, language),
        rates=_rates(item, language),
        gross=money(item.gross_minor, currency, language),
    )


def _rates(item: InvoiceItemFact | CreditNoteItemFact, language: str) -> str:
    return " + ".join(percent(tax.rate, language) for tax in item.tax_lines) or "—"


def _taxes(
    items: Iterable[InvoiceItemFact | CreditNoteItemFact], said: Mapping[str, str], currency: str, language: str
) -> tuple[TaxRow, ...]:
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
            label=_isolated(f"{code} {percent(rate, language)}", language) if code else said["exempt"],
            base=money(bases[code, rate, reference], currency, language),
            amount=money(amounts[code, rate, reference], currency, language),
            reference=reference,
        )
        for code, rate, reference in bases
    )


def _mentions(items: Iterable[InvoiceItemFact | CreditNoteItemFact]) -> tuple[str, ...]:
    """Each once, in the order of the lines."""
    return tuple(dict.fromkeys(item.tax_mention for item in items if item.tax_mention))


def _zone_of(country: str, otherwise: tzinfo) -> tzinfo:
    zones = [name for name, territory in get_global("zone_territories").items() if territory == country]
    return ZoneInfo(zones[0]) if len(zones) == 1 else otherwise


def _day(at: datetime, zone: tzinfo, language: str) -> str:
    said = str(format_date(at.astimezone(zone), "d MMMM y", locale=_LOCALES[language]))
    return _first_in_french(said, language)


def _moment(at: datetime | None, zone: tzinfo, language: str) -> str:
    if at is None:
        return ""
    said = str(format_datetime(at.astimezone(zone), _MOMENTS[language], locale=_LOCALES[language]))
    return _first_in_french(said, language)


def _first_in_french(text: str, language: str) -> str:
    """The first of a month is an ordinal in French: `1er novembre`."""
    return f"1er {text[2:]}" if language == "fr" and text.startswith("1 ") else text


def _short(text: str) -> str:
    return text if len(text) <= _TITLE_LENGTH_MAX else f"{text[: _TITLE_LENGTH_MAX - 1]}…"
