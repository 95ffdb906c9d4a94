"""A small royalty world through its public operations: payees, a contract, sales, closed months."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction

from billing.ids import new_id
from billing.invoices.facts import InvoiceFact
from billing.money import parse
from billing.pricing.operations import set_price
from royalties.contracts import operations as contracts
from royalties.payees import operations as payees
from royalties.payees.facts import PayeeFact
from tests.factories import billing

EDITION = billing.EDITION
SIGNED = date(2026, 1, 1)
CLAUSE = "L’auteur reçoit soixante-dix pour cent des recettes nettes de chaque vente numérique."


def payee(
    *,
    at: datetime,
    name: str = "Mariama Bâ (démo)",
    user_ref: str | None = None,
    author_ref: str | None = None,
    country: str = "SN",
    language: str = "fr",
) -> PayeeFact:
    email = f"{new_id('pye', at)}@example.org"
    return payees.add_payee(
        name=name, country=country, language=language, email=email, author_ref=author_ref, user_ref=user_ref, at=at
    )


def contract(
    *,
    at: datetime,
    shares: Mapping[str, int],
    edition_ref: str = EDITION,
    rate: Fraction = Fraction(7, 10),
    valid_from: date = SIGNED,
    title: str = "Contrat d’édition numérique (démo)",
) -> str:
    return contracts.sign(
        title=title, edition_ref=edition_ref, rate=rate, shares=shares, clause=CLAUSE, valid_from=valid_from, at=at
    )


def sale(
    *, at: datetime, edition_ref: str = EDITION, fee_minor: int = 15, quantity: int = 1, country: str = "SN"
) -> InvoiceFact:
    """One invoice for one edition, paid at once."""
    quotes = [billing.quote(edition_ref=edition_ref, country=country, quantity=quantity, at=at)]
    to = billing.customer(country=country)
    return billing.paid_invoice(at=at, payment_ref=new_id("pay", at), fee_minor=fee_minor, to=to, quotes=quotes)


def price(*, at: datetime, edition_ref: str, amount: str = "2500", country: str = "SN", currency: str = "XOF") -> None:
    """What an edition of the test's own costs."""
    set_price(edition_ref=edition_ref, country=country, currency=currency, amount=parse(amount, currency), at=at)
