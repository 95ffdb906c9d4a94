"""Payments that are started by checkout, approved at the simulator, and what Wave would tell us of them."""

import json
import random
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.utils import timezone

from bench.payments import load
from billing.checkout import operations as checkout
from billing.invoices.facts import Customer
from billing.payments.models import PaymentTransaction
from billing.pricing.models import Price
from providers.rehearsal.book import Book
from providers.wave import webhook
from providers.wave.simulated_wallets import shown
from providers.wave.simulator import demo_credentials

OWNER = "bench"
_MARKET = "SN"
_PATH = f"/webhooks/wave/{_MARKET}/"
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Started:
    """Payments under way, and the sessions they have at the simulator."""

    payment_refs: list[str]
    sessions: list[dict[str, Any]]


def start(count: int, book: Book) -> Started:
    """Begin that many checkouts; the simulator's payers approve each at once. Returns when all have."""
    editions = sorted(set(Price.objects.filter(country=_MARKET, currency="XOF").values_list("edition_ref", flat=True)))
    with ThreadPoolExecutor(_THREADS) as pool:
        begun = list(pool.map(_begin, [random.choice(editions) for _ in range(count)]))
        list(pool.map(lambda _: connections.close_all(), range(_THREADS)))
    return Started([ref for ref, _ in begun], [_approved(session, book) for _, session in begun])


def signed(sessions: list[dict[str, Any]], *, once: bool) -> Iterator[bytes]:
    """Notifications as Wave sends and signs them, each an event of its own; `once`: one for each session."""
    secret = demo_credentials()[_MARKET].webhook_secret
    while True:
        for session in sessions:
            event = {"id": f"EV_{secrets.token_hex(6)}", "type": "checkout.session.completed", "data": shown(session)}
            body = json.dumps(event, separators=(",", ":")).encode()
            stamp = str(int(time.time()))
            yield load.post(_PATH, body, Wave_Signature=f"t={stamp},v1={webhook.signature(secret, stamp, body)}")
        if once:
            return


def garbage() -> Iterator[bytes]:
    """What anybody may send: an object of about the same length, and no proof of anything."""
    while True:
        body = json.dumps({"id": secrets.token_hex(8), "type": "nothing", "data": {"noise": secrets.token_hex(250)}})
        yield load.post(_PATH, body.encode())


def settled_count(payment_refs: list[str]) -> int:
    """How many are captured: in the ledger, the invoice paid, the events written (one transaction for all of it)."""
    return PaymentTransaction.objects.filter(pk__in=payment_refs, state="succeeded", booked_as="captured").count()


def _begin(edition_ref: str) -> tuple[str, str]:
    phone = f"+22177{random.randrange(10**7):07}"
    while phone.endswith(("789", "039", "029", "048", "058", "068", "129")):  # numbers with habits of their own
        phone = f"+22177{random.randrange(10**7):07}"
    begun = checkout.begin(
        owner_ref=OWNER,
        customer=Customer(name="Awa Ndiaye (banc d’essai)", country=_MARKET, phone=phone),
        edition_ref=edition_ref,
        currency=None,
        provider="wave",
        return_url="",
        at=timezone.now(),
    )
    assert begun.payment.provider_ref, f"the simulator did not answer: {begun.payment}"
    return begun.payment.id, begun.payment.provider_ref


def _approved(session_id: str, book: Book) -> dict[str, Any]:
    for _ in range(200):
        session = book.get("wave.session", session_id)
        if session and session["payment_status"] == "succeeded":
            return session
        time.sleep(0.05)
    raise SystemExit(f"bench: nobody approved {session_id}")
