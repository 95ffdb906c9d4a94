"""Builds the demo world, each step safe to run again: an interrupted build continues where it ended."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import cycle

from moneyed import Money

from billing.configuration import operations as configuration
from billing.pricing import operations as pricing
from billing.pricing import queries as prices
from billing.references import operations as references
from billing.references import queries as known_books
from catalog import demo as demo_catalogue
from config.demo import card, people, sales, subscriptions, wallets
from config.identity import operations as identity
from config.identity.models import User
from royalties.contracts import operations as contracts
from royalties.contracts import queries as terms
from royalties.payees import operations as payees
from royalties.payees import queries as payee_queries
from royalties.runs import operations as runs
from royalties.statements import operations as statements

SALES_COUNT = 140
WEEKS_OF_SALES = 9

# Tax-inclusive prices in XOF and their sisters: price points of each market, not conversions.
PRICE_POINTS = (
    (500, "0.99", "0.99"),
    (1000, "1.99", "2.49"),
    (1500, "2.99", "3.49"),
    (2000, "3.99", "4.49"),
    (2500, "4.99", "5.49"),
    (3500, "6.99", "7.49"),
)


def is_there() -> bool:
    """Whether the whole world was built: its last step leaves the API key's card behind."""
    return card.key_file().exists() and User.objects.filter(email=people.CLIENT.email).exists()


def build(*, now: datetime, sales_count: int) -> Iterator[str]:
    """Build what is missing and tell each step as a sentence."""
    founded = datetime.combine((now - timedelta(weeks=WEEKS_OF_SALES + 4)).date(), datetime.min.time(), tzinfo=UTC)
    configuration.load_reference(at=founded)
    user_refs = _sign_ins(founded)
    yield f"{len(user_refs)} people who can sign in"
    editions = demo_catalogue.load(at=founded)
    _until_billing_knows(editions, founded)
    yield f"{len(editions)} editions of real works"
    _prices(editions, founded)
    yield "prices in XOF, XAF, EUR and USD"
    _contracts(editions, _payees(user_refs, founded), founded)
    yield f"{len(people.PAYEES)} payees with contracts"
    made = sales.make(
        editions=editions,
        reader_ref=user_refs[people.READER.email],
        count=sales_count,
        since=now - timedelta(weeks=WEEKS_OF_SALES),
        until=now,
    )
    yield f"{made} purchases through the simulated Wave, some refused, some abandoned"
    if sales_count:
        visits = wallets.make(
            editions=editions,
            maker_ref=user_refs[people.OPERATOR.email],
            checker_ref=user_refs[people.FINANCE.email],
            until=now,
        )
        yield f"{visits} more with Wave, Orange, MTN and Moov in six countries; refunds, one batch paid, one waiting"
        subscribers = subscriptions.make(
            owner_ref=user_refs[people.CLIENT.email],
            reader_ref=user_refs[people.READER.email],
            since=datetime.combine((now - timedelta(weeks=WEEKS_OF_SALES)).date(), datetime.min.time(), tzinfo=UTC),
            until=now,
        )
        yield f"{subscribers} subscribers of four plans: trials, renewals, an upgrade, a pause, one who leaves"
    runs.accrue(at=now, limit=100_000)
    for period in _finished_months(now - timedelta(weeks=WEEKS_OF_SALES), now):
        issued = statements.close(period=period, at=now)
        yield f"{len(issued)} statements for {period}"
    issued_key = identity.issue_key(owner_ref=user_refs[people.CLIENT.email], label="démo", at=now)
    card.remember_key(issued_key.secret)


def _until_billing_knows(editions: tuple[str, ...], at: datetime) -> None:
    """Facts are given out once every older transaction of the server has ended, PostgreSQL's own included."""
    for _ in range(300):
        references.refresh(at=at)
        if set(known_books.books(editions)) >= set(editions):
            return
        time.sleep(0.2)
    raise TimeoutError("billing did not hear of the catalogue within a minute: is a transaction left open?")


def _sign_ins(at: datetime) -> dict[str, str]:
    refs = dict(User.objects.values_list("email", "pk"))
    for person in (*people.SIGN_INS, people.CLIENT):
        if person.email not in refs:
            added = identity.add_user(
                email=person.email, name=person.name, password=people.PASSWORD, roles=person.roles, language="fr", at=at
            )
            refs[person.email] = added.id
    return refs


def _prices(editions: tuple[str, ...], at: datetime) -> None:
    there = prices.prices(edition_refs=editions, country="SN", at=at)
    for edition_ref, (xof, eur, usd) in zip(editions, cycle(PRICE_POINTS), strict=False):
        if there.get(edition_ref):
            continue
        for country in ("SN", "CI", "ML", "BF", "BJ", "TG"):
            pricing.set_price(edition_ref=edition_ref, country=country, currency="XOF", amount=Money(xof, "XOF"), at=at)
        for country, currency, amount in (("CM", "XAF", str(xof)), ("FR", "EUR", eur), ("US", "USD", usd)):
            pricing.set_price(
                edition_ref=edition_ref,
                country=country,
                currency=currency,
                amount=Money(Decimal(amount), currency),
                at=at,
            )


def _payees(user_refs: dict[str, str], at: datetime) -> dict[str, str]:
    there = {payee.email: payee.id for payee in payee_queries.payees()}
    return {
        payee.key: there.get(payee.email)
        or payees.add_payee(
            name=payee.name,
            country=payee.country,
            language="fr",
            email=payee.email,
            user_ref=user_refs.get(payee.email),
            at=at,
        ).id
        for payee in people.PAYEES
    }


def _contracts(editions: tuple[str, ...], payee_refs: dict[str, str], at: datetime) -> None:
    for edition_ref, shares in zip(editions, cycle(people.SHARES), strict=False):
        try:
            terms.terms(edition_ref=edition_ref, on=at.date())
        except terms.NoContract:
            contracts.sign(
                title="Contrat d’édition numérique (démo)",
                edition_ref=edition_ref,
                rate=Fraction(70, 100),
                shares={payee_refs[key]: weight for key, weight in shares.items()},
                clause="L’éditeur verse aux auteurs 70 % des recettes nettes de chaque vente numérique : le prix payé, "
                "moins les taxes, moins les frais de paiement.",
                valid_from=at.date(),
                at=at,
            )


def _finished_months(since: datetime, now: datetime) -> Iterator[str]:
    month = since.astimezone(UTC).replace(day=1)
    while (month.year, month.month) < (now.year, now.month):
        yield f"{month:%Y-%m}"
        month = (month + timedelta(days=32)).replace(day=1)
