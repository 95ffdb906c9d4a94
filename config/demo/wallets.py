"""The last day of the demo world: every wallet in its country, what fails there, money given back and paid out.

Through the real simulators, in an order that does not change; what is there already is not done again.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.checkout import operations as checkout
from billing.invoices import queries as invoices
from billing.invoices.facts import Customer, InvoiceFact
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.facts import PaymentFact
from billing.payments.states import OPEN, State
from billing.payouts import gateway as payouts_gateway
from billing.payouts import operations as payouts
from billing.payouts import queries as payout_queries
from billing.refunds import gateway as refunds_gateway
from billing.refunds import operations as refunds
from billing.refunds import queries as refund_queries
from billing.refunds.facts import Way
from billing.refunds.states import OPEN as REFUND_OPEN
from config import embedded
from config.demo import people, sales
from providers import simulation

OWNER = "demo-wallets"
_PATIENCE_SECONDS = 5  # the simulated payers answer within milliseconds

# National numbers without their last three digits, which say what the payer does (`providers.rehearsal.payer`).
_PHONES = {
    "SN": "+221771240", "CI": "+2250504124", "ML": "+22365012",
    "BF": "+22670124", "BJ": "+2290195124", "CM": "+237677124",
}  # fmt: skip
_BY_HAND, _REFUSES, _UNKNOWN, _POOR, _AT_LIMIT = "111", "039", "029", "048", "058"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody pays with a wallet: `approve`, `refuse`, `abandon`, `less` (another amount), or by the number's end."""

    country: str
    provider: str
    ending: str
    payer: str = _BY_HAND


_VISITS = (
    Visit("SN", "wave", "approve"),
    Visit("SN", "wave", "abandon"),
    Visit("SN", "orange_sonatel", "approve"),
    Visit("SN", "orange_sonatel", "refuse"),
    Visit("CI", "wave", "approve"),
    Visit("CI", "wave", "less"),
    Visit("CI", "orange", "approve"),
    Visit("CI", "orange", "refuse"),
    Visit("CI", "mtn", "approve"),
    Visit("CI", "mtn", "by itself", _POOR),
    Visit("ML", "orange", "approve"),
    Visit("ML", "moov", "approve"),
    Visit("ML", "moov", "by itself", _REFUSES),
    Visit("BF", "moov", "approve"),
    Visit("BF", "moov", "by itself", _POOR),
    Visit("BJ", "mtn", "approve"),
    Visit("BJ", "mtn", "by itself", _UNKNOWN),
    Visit("BJ", "moov", "approve"),
    Visit("CM", "mtn", "approve"),
    Visit("CM", "mtn", "by itself", _AT_LIMIT),
    Visit("CM", "orange_core", "approve"),
    Visit("CM", "orange_core", "by itself", _POOR),
)
_EVERY = timedelta(minutes=20)


def make(*, editions: tuple[str, ...], maker_ref: str, checker_ref: str, until: datetime) -> int:
    """Make the visits that are not there yet, then give back and pay out; how many visits there are."""
    since = until - _EVERY * (len(_VISITS) + 1)
    done = len(invoices.invoices_of(owner_ref=OWNER, limit=len(_VISITS)))
    with _simulators() as simulators:
        for number, visit in list(enumerate(_VISITS))[done:]:
            # Where Moov's search finds the payments of the day alone, yesterday's would be looked for in vain.
            at = until if visit.provider == "moov" else since + _EVERY * number
            _pay(visit, editions[number % len(editions)], simulators, number, at=at, until=until)
        _give_back(maker_ref, checker_ref, at=until)
    return len(_VISITS)


@contextmanager
def _simulators() -> Iterator[simulation.Running]:
    """Simulators that every gateway is led to."""
    with (
        simulation.serve(book=embedded.var_dir() / "simulator.sqlite3") as simulators,
        sales.adapters_at(simulators),
    ):
        for gateway in (payouts_gateway, refunds_gateway):
            gateway.forget_adapters()
        try:
            yield simulators
        finally:
            simulators.clear_faults()
            for gateway in (payouts_gateway, refunds_gateway):
                gateway.forget_adapters()


def _pay(
    visit: Visit, edition_ref: str, simulators: simulation.Running, number: int, *, at: datetime, until: datetime
) -> None:
    given, family = people.FIRST_NAMES[number % 12], people.LAST_NAMES[number % 10]
    phone = f"{_PHONES[visit.country]}{visit.payer}"
    customer = Customer(name=f"{given} {family} (démo)", country=visit.country, phone=phone)
    begun = checkout.begin(
        owner_ref=OWNER,
        customer=customer,
        edition_ref=edition_ref,
        currency=None,
        provider=visit.provider,
        return_url="",
        at=at,
    ).payment
    # Moov's prompts go by our own reference, the others by the provider's.
    session = begun.id if visit.provider == "moov" else begun.provider_ref or ""
    if visit.ending in ("approve", "less"):
        simulators.approve(session)
    elif visit.ending == "refuse":
        simulators.refuse(session)
    elif visit.ending == "abandon":
        payments.cancel(payment_ref=begun.id, at=at + timedelta(minutes=10))
        return
    if visit.ending == "less":
        simulators.fault("get_session", "rewrite", fields={"amount": "500"}, times=1)
        logging.getLogger("billing.payments.recording").setLevel(logging.ERROR)  # it is meant to be told here
    _until_known(begun, at=min(at + timedelta(seconds=75), until))


def _until_known(payment: PaymentFact, *, at: datetime) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while payments.refresh(payment_ref=payment.id, source="poll", at=at).state in OPEN:
        if time.monotonic() > deadline:
            return  # it stays open, and `make run`'s sweeps go on with it
        time.sleep(0.05)


def _give_back(maker_ref: str, checker_ref: str, *, at: datetime) -> None:
    """One batch approved and paid, one that waits for the second person, one refund that waits for a batch."""
    paid = _paid()
    if refund_queries.refunds_of(paid["SN", "wave"].id):
        return

    def give(where: tuple[str, str], reason: str, amount_minor: int | None = None) -> None:
        payment_ref = paid[where].id
        given = refunds.request(payment_ref=payment_ref, amount_minor=amount_minor, reason=reason, by=maker_ref, at=at)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while given.state in REFUND_OPEN and given.way == Way.OPERATION and time.monotonic() < deadline:
            given = refunds.refresh(refund_ref=given.id, source="poll", at=at)

    give(("CI", "mtn"), "Acheté deux fois par erreur")
    give(("BJ", "moov"), "Livre acheté dans la mauvaise langue")
    give(("SN", "orange_sonatel"), "Geste commercial", 200)
    _pay_out(maker_ref, checker_ref, at=at)
    give(("SN", "wave"), "Remise oubliée", 100)
    give(("ML", "moov"), "Fichier illisible")
    refunds.prepare_payouts(by=maker_ref, at=at)
    give(("BF", "moov"), "Numéro d’un autre, payé par erreur")
    dispute = "Le titulaire du numéro dit n’avoir rien acheté"
    refunds.open_dispute(payment_ref=paid["CM", "mtn"].id, amount_minor=None, reason=dispute, by=maker_ref, at=at)


def _pay_out(maker_ref: str, checker_ref: str, *, at: datetime) -> None:
    batch = refunds.prepare_payouts(by=maker_ref, at=at)
    assert batch is not None, "two refunds go as payouts"
    payouts.approve(batch_ref=batch.id, by=checker_ref, at=at)
    while payouts.send_one(at=at):
        pass
    for payout in payout_queries.batch(batch.id).payouts:
        payouts.refresh(payout_ref=payout.id, source="poll", at=at)
    refunds.follow_payouts(at=at)


def _paid() -> dict[tuple[str, str], PaymentFact]:
    """Country and wallet → the payment that succeeded there."""
    found: tuple[InvoiceFact, ...] = invoices.invoices_of(owner_ref=OWNER, limit=len(_VISITS))
    attempts = [attempt for invoice in found for attempt in payment_queries.payments_of_invoice(invoice.id)]
    return {(one.market, one.provider): one for one in attempts if one.state == State.SUCCEEDED}
