"""What these tests stand on: a shop with two books, a visitor, and the simulated Wave."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

import catalog.operations as catalog
from billing.configuration.operations import load_reference
from billing.money import parse
from billing.pricing.operations import set_price
from billing.references.operations import apply_event
from catalog.queries import edition
from sync.facts import EventFact
from tests.factories.wallets import simulators, wave

__all__ = ["simulators", "wave"]

PHONE = "77 123 45 67"
PRICES = (("SN", "1500", "XOF"), ("CM", "1500", "XAF"), ("FR", "2.99", "EUR"), ("US", "3.49", "USD"))
HOSTILE = "<script>alert('x')</script>\"'&"


@dataclass(frozen=True, slots=True)
class Shop:
    edition_ref: str
    slug: str
    other_ref: str


@pytest.fixture
def shop() -> Shop:
    """Two books, one in French and one in English, with prices for Senegal, Cameroon, France and the rest."""
    at = timezone.now() - timedelta(minutes=5)
    load_reference(at=at)
    author = catalog.add_author(name="Mariama Bâ", at=at)
    house = catalog.add_publisher(name="NEAS", at=at)
    refs = []
    for title, language, shelf in (("Une si longue lettre", "fr", "Romans"), ("So Long a Letter", "en", "Lettres")):
        category = catalog.add_category(name=shelf, at=at)
        work = catalog.add_book(title=title, credits=[(author, "author")], categories=[category], at=at)
        refs.append(catalog.add_edition(book_ref=work, publisher_ref=house, language=language, kind="ebook", at=at))
    for ref in refs:
        _tell_billing(ref, at)
        for country, amount, currency in PRICES:
            set_price(edition_ref=ref, country=country, currency=currency, amount=parse(amount, currency), at=at)
    return Shop(refs[0], edition(refs[0]).slug, refs[1])


def _tell_billing(edition_ref: str, at: datetime) -> None:
    """As sync would: inside a test's transaction nothing is committed yet, so nothing travels by itself."""
    payload = json.loads(json.dumps(asdict(edition(edition_ref))))
    apply_event(EventFact(f"evt_{edition_ref}", "catalog.edition", edition_ref, payload, at))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a browser."""

    http: Client

    def read(self, address: str, *, status: int = 200) -> str:
        """The page's text, without the frame's own markup mattering."""
        answer = self.http.get(address)
        assert answer.status_code == status, (answer.status_code, answer.get("Location"))
        return answer.content.decode()

    def form(self, edition_ref: str) -> dict[str, str]:
        """The hidden fields of a checkout page drawn now, filled in rightly."""
        page = self.read(f"/checkout/{edition_ref}/")
        hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in ("key", "shown")}
        return {**hidden, "provider": "wave", "name": "Awa Ndiaye", "phone": PHONE, "email": ""}

    def buy(self, edition_ref: str, **changed: str) -> str:
        """Send the form; the address it leads to."""
        answer = self.http.post(f"/checkout/{edition_ref}/", {**self.form(edition_ref), **changed})
        assert answer.status_code == 303, answer.content.decode()
        return answer["Location"]


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    return Visitor(Client())


@pytest.fixture
def pay() -> Callable[[str], str]:
    """From Wave's address to our payment's id."""
    from billing.payments.queries import payment_by_provider_ref

    return lambda location: payment_by_provider_ref(provider="wave", market="SN", provider_ref=session_of(location)).id


def session_of(location: str) -> str:
    return urlsplit(location).path.rsplit("/", 1)[1]
