"""A small world for the journeys: one book by two authors, an API client, finance, and the simulated Wave."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from django.utils import timezone

import catalog.operations as catalog
from billing.configuration.operations import load_reference
from billing.inbox import gateway as inbox_gateway
from billing.money import parse
from billing.payments import gateway
from billing.pricing.operations import set_price
from catalog.queries import edition
from providers import simulation
from providers.simulation import Running
from royalties.contracts import operations as contracts
from royalties.payees import operations as payees
from tests.factories import identity
from tests.factories.catalog import carry


@dataclass(frozen=True, slots=True)
class World:
    edition_ref: str
    slug: str
    title: str
    api_key: str
    author_email: str
    other_author_email: str
    reader_email: str
    finance_email: str
    payee_refs: tuple[str, str]


def midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def world() -> World:
    """Everything a shop needs, founded sixty days ago."""
    at = midnight(timezone.now() - timedelta(days=60))
    load_reference(at=at)
    people = {
        role: identity.person(email=f"{role}@example.org", name=f"{role.title()} (démo)", roles=(group,), at=at)
        for role, group in (("efua", "finance"), ("kofi", "author"), ("yaw", "author"), ("ama", "reader"))
    }
    client = identity.person(email="shop@example.org", name="Boutique (démo)", roles=("client",), at=at)
    house = catalog.add_publisher(name="Baobab (démo)", at=at)
    author = catalog.add_author(name="Thomas Mofolo", at=at)
    shelf = catalog.add_category(name="Romans", at=at)
    work = catalog.add_book(title="Chaka", credits=[(author, "author")], categories=[shelf], at=at)
    edition_ref = catalog.add_edition(book_ref=work, publisher_ref=house, language="fr", kind="ebook", at=at)
    carry(edition_refs=[edition_ref], at=at)
    set_price(edition_ref=edition_ref, country="SN", currency="XOF", amount=parse("1500", "XOF"), at=at)
    kofi, yaw = (
        payees.add_payee(
            name=people[name].name,
            country="SN",
            language="fr",
            email=people[name].email,
            user_ref=people[name].id,
            at=at,
        )
        for name in ("kofi", "yaw")
    )
    contracts.sign(
        title="Contrat (démo)",
        edition_ref=edition_ref,
        rate=Fraction(70, 100),
        shares={kofi.id: 2, yaw.id: 1},
        clause="Soixante-dix pour cent des recettes nettes.",
        valid_from=at.date(),
        at=at,
    )
    return World(
        edition_ref=edition_ref,
        slug=edition(edition_ref).slug,
        title="Chaka",
        api_key=identity.key(owner=client, at=at).secret,
        author_email=people["kofi"].email,
        other_author_email=people["yaw"].email,
        reader_email=people["ama"].email,
        finance_email=people["efua"].email,
        payee_refs=(kofi.id, yaw.id),
    )


def lead_to(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    gateway.forget_adapters()
    inbox_gateway.forget_adapters()


@pytest.fixture
def wave(live_server, settings, monkeypatch) -> Iterator[Running]:
    """The simulated Wave, which notifies the running server as the real one would, each event twice."""
    settings.BASE_URL = live_server.url  # where the payer is led back to
    with simulation.serve(webhooks_to=f"{live_server.url}/webhooks", retry_seconds=0.1) as running:
        running.fault("webhook", "duplicate", copies=1, times=1_000)
        lead_to(running, monkeypatch)
        yield running
    gateway.forget_adapters()
    inbox_gateway.forget_adapters()
