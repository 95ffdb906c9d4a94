"""A small billing world through its public operations: reference values, one book with prices, invoices."""

from collections.abc import Sequence
from datetime import datetime

from billing.configuration.operations import load_reference
from billing.invoices import operations as invoices
from billing.invoices.facts import Customer, InvoiceFact
from billing.money import parse
from billing.pricing.facts import Quote
from billing.pricing.operations import set_price
from billing.pricing.queries import quote as quote_now
from billing.references.operations import apply_event
from sync.facts import EventFact

EDITION = "edn_00000000000000000000000001"
AUTHOR = "aut_00000000000000000000000001"
PRICES = (
    ("SN", "1500", "XOF"),
    ("CI", "1500", "XOF"),
    ("CM", "1500", "XAF"),
    ("*", "4.99", "EUR"),
    ("*", "5.49", "USD"),
)


def reference_world(*, at: datetime, edition_ref: str = EDITION) -> None:
    """The reference sheet's values, one book of one author, and its prices."""
    load_reference(at=at)
    know_author(at=at)
    know_book(edition_ref=edition_ref, at=at)
    for country, amount, currency in PRICES:
        set_price(edition_ref=edition_ref, country=country, currency=currency, amount=parse(amount, currency), at=at)


def know_author(*, at: datetime, author_ref: str = AUTHOR, name: str = "Mariama Bâ") -> None:
    """As if the catalogue had said it."""
    apply_event(EventFact(f"evt_{author_ref}", "catalog.author", author_ref, {"id": author_ref, "name": name}, at))


def know_book(
    *, at: datetime, edition_ref: str = EDITION, title: str = "Une si longue lettre", kind: str = "ebook"
) -> None:
    """As if the catalogue had said it."""
    payload = {
        "id": edition_ref,
        "book_ref": edition_ref.replace("edn_", "bok_"),
        "slug": "une-si-longue-lettre",
        "title": title,
        "subtitle": "",
        "language": "fr",
        "kind": kind,
        "publisher": "NEAS",
        "contributors": [{"author_ref": AUTHOR, "name": "Mariama Bâ", "role": "author"}],
        "categories": ["roman"],
        "first_published_year": 1979,
        "summary": "",
        "page_count": 165,
    }
    apply_event(EventFact(f"evt_{edition_ref}", "catalog.edition", edition_ref, payload, at))


def customer(
    *,
    name: str = "Awa Ndiaye",
    country: str = "SN",
    phone: str | None = "+221771234567",
    email: str | None = "awa@example.org",
    language: str = "fr",
    user_ref: str | None = None,
) -> Customer:
    return Customer(name=name, country=country, phone=phone, email=email, language=language, user_ref=user_ref)


def quote(
    *, at: datetime, edition_ref: str = EDITION, country: str = "SN", currency: str | None = None, quantity: int = 1
) -> Quote:
    """What the reference world's book costs."""
    return quote_now(edition_ref=edition_ref, country=country, currency=currency, quantity=quantity, at=at)


def open_invoice(
    *,
    at: datetime,
    owner_ref: str = "web",
    quotes: Sequence[Quote] | None = None,
    to: Customer | None = None,
    country: str = "SN",
) -> InvoiceFact:
    """An open invoice for one copy of the reference world's book, or for `quotes`."""
    return invoices.open_invoice(
        owner_ref=owner_ref,
        customer=to or customer(country=country),
        quotes=quotes if quotes is not None else [quote(country=country, at=at)],
        at=at,
    )


def paid_invoice(
    *,
    at: datetime,
    payment_ref: str,
    fee_minor: int = 15,
    to: Customer | None = None,
    quotes: Sequence[Quote] | None = None,
) -> InvoiceFact:
    """An invoice paid with Wave at the moment it was opened."""
    opened = open_invoice(at=at, to=to, quotes=quotes)
    return invoices.mark_paid(
        invoice_ref=opened.id,
        payment_ref=payment_ref,
        provider="wave",
        fee_minor=fee_minor,
        at=at,
        transaction_ref="T_DEMO",
    )
