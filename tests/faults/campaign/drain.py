"""After the campaign: everything that is still open is asked about, as during the days that follow, until it has ended.

The sweeps are the real operations, called with moments that lie further and further ahead: nine days in a minute.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

import billing.inbox.operations as inbox
import billing.payments.operations as payments
import billing.payouts.operations as payouts
import billing.refunds.operations as refunds
from billing.outbox.sweeps import One
from providers import circuit
from tests.faults.campaign import plan
from tests.faults.campaign.driver import Campaign, quietly

_HOURS = (*(n / 60 for n in (1, 2, 4, 8, 15, 30, 45)), 1, 2, 3, 4, 5, 6, 12, 24, 30, 36, 42, 48, 60, 72, 96, 120, 144)
_LAST_HOURS = (168.5, 169, 192, 216)  # nobody is asked after seven days
_SESSIONS_END_SECONDS = 7_200
_SWEEPS: tuple[One, ...] = (
    payments.resume_one, payments.poll_one, payouts.send_one, payouts.poll_one, refunds.send_one, refunds.poll_one,
    inbox.process_one,
)  # fmt: skip
_ITEMS_MAX = 50_000


class NeverEnds(Exception):
    """A sweep found work again and again at one and the same moment."""


def drain(campaign: Campaign, seed: int) -> None:
    """End what is open. The web goes on taking notifications; worker and beat are stopped, so that time is ours."""
    stack, dice = campaign.stack, Random(seed + 1)
    stack.simulators.clear_faults()
    campaign.pay_refunds_out()
    stack.kill("worker", "beat")
    stack.restart("web")
    begun = timezone.now()
    sweep(campaign, begun + timedelta(seconds=30))
    stack.simulators.advance(_SESSIONS_END_SECONDS)
    for at in _moments(begun, _HOURS[:8]):
        sweep(campaign, at)
    _come_late(campaign)
    _end_stuck_payouts(campaign, dice)
    for at in _moments(begun, (*_HOURS[8:], *_LAST_HOURS)):
        sweep(campaign, at)


def sweep(campaign: Campaign, at: datetime) -> None:
    """Everything that is due at that moment, and what becomes due by it."""
    circuit.reset()  # its rest of 30 seconds is over by then
    campaign.pay_refunds_out()
    for taken in range(_ITEMS_MAX):
        done = [one(at=at + timedelta(milliseconds=taken)) for one in _SWEEPS]  # each of them, in turn
        if not any(done):
            refunds.follow_payouts(at=at)
            return
    raise NeverEnds(f"{at:%Y-%m-%d %H:%M}")


def ask_about(campaign: Campaign, payment_refs: list[tuple[str, str]], at: datetime) -> None:
    """What somebody does who finds money in the provider's statement that we do not know of."""
    for wallet, payment_ref in payment_refs:
        payments.refresh(payment_ref=payment_ref, source="poll", at=at)
        campaign.count(f"late money of {wallet}, found by its statement")


def last_moment() -> datetime:
    return timezone.now() + timedelta(hours=_LAST_HOURS[-1] + 1)


def _moments(begun: datetime, hours: tuple[float, ...]) -> Iterator[datetime]:
    for each in hours:
        yield begun + timedelta(hours=each)


def _come_late(campaign: Campaign) -> None:
    """Payers approve what has expired; some of them have paid by a second attempt before."""
    stack = campaign.stack
    for number, payment_ref in enumerate(sorted(campaign.late)):
        (row,) = stack.ask(
            "SELECT invoice_ref, payment.market, payment.provider, payment.state, coalesce(provider_ref, ''),"
            " invoice.state, action_url FROM payments_paymenttransaction payment"
            " JOIN invoices_invoice invoice ON invoice.id = invoice_ref WHERE payment.id = %s",
            payment_ref,
        )
        invoice, market, provider, state, provider_ref, invoice_state, page = row
        if provider == plan.PAGE_ASKS_FOR_NUMBER and not page:
            continue  # nobody was led to one
        if number % 3 == 0 and state in ("expired", "failed") and invoice_state == "open":
            campaign.again(invoice, market, provider, plan.phone_of(market, 900 + number % 100, "789"), plan.APPROVES)
        names = [name for name in (provider_ref, payment_ref) if name]
        approved = any(quietly(lambda name=name: stack.simulators.approve(name, late=True)) for name in names)
        campaign.count("approved late", approved)


def _end_stuck_payouts(campaign: Campaign, dice: Random) -> None:
    stuck = campaign.stack.ask(
        "SELECT id, coalesce(provider_ref, '') FROM payouts_payout WHERE state IN ('pending', 'unknown') ORDER BY id"
    )
    for payout_ref, provider_ref in stuck:
        if dice.random() < 0.5:
            names = [name for name in (provider_ref, payout_ref) if name]
            approved = any(quietly(lambda name=name: campaign.stack.simulators.approve(name)) for name in names)
            campaign.count("stuck payouts ended", approved)
