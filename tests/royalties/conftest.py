"""A world with one book, two authors who share 60/40, and sales in October 2026."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from billing.invoices.facts import InvoiceFact
from royalties.payees.facts import PayeeFact
from tests.factories import billing, royalties

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    first: PayeeFact
    second: PayeeFact
    contract_ref: str

    @property
    def payees(self) -> tuple[PayeeFact, PayeeFact]:
        return self.first, self.second


@pytest.fixture
def bookshop(db: None) -> None:
    billing.reference_world(at=BEFORE)


@pytest.fixture
def world(bookshop: None) -> World:
    return make_world()


def make_world() -> World:
    """For tests that see real transactions, after `billing.reference_world`."""
    first = royalties.payee(name="Mariama Bâ (démo)", at=BEFORE)
    second = royalties.payee(name="Ousmane Diop (démo)", at=BEFORE)
    ref = royalties.contract(shares={first.id: 60, second.id: 40}, at=BEFORE)
    return World(first, second, ref)


@pytest.fixture
def sell() -> Callable[..., InvoiceFact]:
    return royalties.sale
