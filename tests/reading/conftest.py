"""A reader, a book of the catalogue that the reader bought, and one that they did not."""

import pytest

from catalog.facts import EditionFact
from tests.factories import billing, catalog, identity

DATABASES = ["default", "auth", "catalog", "reading"]


@pytest.fixture
def reader(at):
    return identity.person(at=at)


@pytest.fixture
def unbought(at) -> EditionFact:
    return catalog.edition(title="Mhudi", authors=("Sol T. Plaatje",), page_count=200, at=at)


@pytest.fixture
def bought(reader, at) -> EditionFact:
    edition = catalog.edition(title="Chaka", authors=("Thomas Mofolo",), page_count=30, at=at)
    billing.reference_world(edition_ref=edition.id, at=at)
    quote = billing.quote(edition_ref=edition.id, at=at)
    customer = billing.customer(user_ref=reader.id)
    billing.paid_invoice(payment_ref="pay_00000000000000000000000001", to=customer, quotes=[quote], at=at)
    return edition
