"""Weeks of purchases before today, each through checkout, the simulated Wave and the ledger, as a reader would."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billing.checkout import operations as checkout
from billing.invoices import queries as invoices
from billing.invoices.facts import Customer
from billing.payments import gateway
from billing.payments import operations as payments
from config import embedded
from config.demo import people
from providers import simulation

OWNER = "demo"
_SEED = 20260103  # the same world on every machine
_EVERY_READERS = 20  # every so many purchases are the signing-in reader's, so that her library is not empty
_READER = Customer(name=people.READER.name, country="SN", phone="+221771234567", email=people.READER.email)


@dataclass(frozen=True, slots=True)
class Purchase:
    """One visit to the shop, and how it ends: `approve`, `refuse`, `abandon`."""

    edition_ref: str
    customer: Customer
    at: datetime
    ending: str


def make(*, editions: tuple[str, ...], reader_ref: str, count: int, since: datetime, until: datetime) -> int:
    """Make the purchases that are not there yet; how many there are in all."""
    done = len(invoices.invoices_of(owner_ref=OWNER, limit=count or 1))
    with simulation.serve(book=embedded.var_dir() / "simulator.sqlite3") as simulators, adapters_at(simulators):
        for purchase in list(_plan(editions, reader_ref, count, since, until))[done:]:
            _buy(purchase, simulators)
    return max(count, done)


@contextmanager
def adapters_at(simulators: simulation.Running) -> Iterator[None]:
    """Lead the adapters to these simulators; the ones of `make run` are not up yet."""
    before = dict(os.environ)
    os.environ.update(simulators.environment)
    gateway.forget_adapters()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        gateway.forget_adapters()


def _buy(purchase: Purchase, simulators: simulation.Running) -> None:
    begun = checkout.begin(
        owner_ref=OWNER,
        customer=purchase.customer,
        edition_ref=purchase.edition_ref,
        currency=None,
        provider="wave",
        return_url="",
        at=purchase.at,
    )
    session = begun.payment.provider_ref
    assert session, "the simulator answers at once"
    decided_at = purchase.at + timedelta(seconds=75)
    if purchase.ending == "approve":
        simulators.approve(session)
    elif purchase.ending == "refuse":
        simulators.refuse(session)
    else:
        payments.cancel(payment_ref=begun.payment.id, at=purchase.at + timedelta(minutes=31))
        return
    payments.refresh(payment_ref=begun.payment.id, source="poll", at=decided_at)


def _plan(
    editions: tuple[str, ...], reader_ref: str, count: int, since: datetime, until: datetime
) -> Iterator[Purchase]:
    """The same purchases every time: popular books more often, evenings more often, in the order of time."""
    chance = random.Random(_SEED)  # noqa: S311  (a demo, not a secret)
    popularity = [1 / (rank + 2) for rank in range(len(editions))]
    span = (until - since - timedelta(hours=2)).total_seconds()
    moments = sorted(chance.random() for _ in range(count))
    for number, moment in enumerate(moments):
        (edition_ref,) = chance.choices(editions, weights=popularity)
        (ending,) = chance.choices(("approve", "refuse", "abandon"), weights=(90, 6, 4))
        customer = _customer(chance, number) if number % _EVERY_READERS else replace(_READER, user_ref=reader_ref)
        yield Purchase(edition_ref, customer, since + timedelta(seconds=span * moment), ending)


def _customer(chance: random.Random, number: int) -> Customer:
    name = f"{chance.choice(people.FIRST_NAMES)} {chance.choice(people.LAST_NAMES)} (démo)"
    if chance.random() < 0.7:
        return Customer(name=name, country="SN", phone=f"+22177{1_000_000 + number * 37:07}")
    return Customer(name=name, country="CI", phone=f"+22507{10_000_000 + number * 53:08}")
