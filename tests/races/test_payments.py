"""Real threads on the real database: what happens at the same moment happens once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from billing.inbox import operations as inbox
from billing.inbox.models import ProviderNotification
from billing.invoices import queries as invoices
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.outbox import operations as outbox
from billing.outbox import queries as outbox_queries
from billing.payments import ledger_checks, operations, queries
from billing.payments.facts import Outcome
from providers.wave import webhook
from tests.factories.billing import open_invoice, reference_world
from tests.factories.payments import answer, apply, start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _world(at, wave) -> None:
    reference_world(at=at)


def together(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Run all at the same moment; their results, or what they raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait(timeout=10)
        try:
            return call()
        except (operations.PaymentInProgress, operations.InvoiceNotOpen) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def balance(code: str, holder: str = "") -> int:
    return ledger.balance(AccountKey("coko-sn", code, "XOF", holder))


def notification_of(payment, wave, at: datetime) -> int:
    """Stored as if the provider had sent it."""
    body = b'{"id":"EV_%s","type":"checkout.session.completed","data":{"id":"%s","client_reference":"%s"}}' % (
        payment.id.encode(), payment.provider_ref.encode(), payment.id.encode(),
    )  # fmt: skip
    stamp = str(int(at.timestamp()))
    proof = webhook.signature(wave.environment["PROVIDER_WAVE_SN_WEBHOOK_SECRET"], stamp, body)
    headers = {"Wave-Signature": f"t={stamp},v1={proof}"}
    return inbox.store(provider="wave", market="SN", headers=headers, body=body, received_at=at)


class TestSettling:
    def test_by_notification_poll_and_return_page_at_once_books_once(self, at, wave):
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        first, second = notification_of(payment, wave, at), notification_of(payment, wave, at)
        later = at + timedelta(seconds=30)
        together(
            [
                lambda: inbox.process(notification_id=first, at=later),
                lambda: inbox.process(notification_id=second, at=later),
                lambda: operations.poll_due(at=later),
                lambda: operations.refresh(payment_ref=payment.id, source="return", at=later),
                lambda: inbox.process_waiting(at=later),
            ]
        )
        assert queries.payment(payment.id).state == "succeeded"
        assert queries.payment(payment.id).flags == ()
        assert (balance("552", "wave:SN"), balance("7065")) == (1485, -1271)
        assert [event.state for event in queries.events(payment.id)].count("succeeded") == 1
        assert sorted(ProviderNotification.objects.values_list("state", flat=True)) == ["duplicate", "processed"]
        assert list(ledger_checks.differences()) == []

    def test_of_two_attempts_on_one_invoice_at_once_pays_it_once(self, at):
        """The first attempt expired, the payer started another, and paid both."""
        invoice = open_invoice(at=at)
        first = apply(start(at=at, invoice=invoice), answer(Outcome.EXPIRED), at=at)
        second = start(at=at, invoice=invoice)
        said = answer(Outcome.SUCCEEDED)
        together([lambda: apply(first, said, at=at), lambda: apply(second, said, at=at)] * 3)
        flags = [flag for payment in queries.payments_of_invoice(invoice.id) for flag in payment.flags]
        assert sorted(flags) == ["duplicate", "late_success"]
        assert balance("4198", first.id) + balance("4198", second.id) == -1500
        assert balance("7065") == -1271
        assert list(ledger_checks.differences()) == []


class TestStarting:
    def test_twenty_times_at_once_makes_one_attempt(self, at):
        invoice = open_invoice(at=at)
        results = together([lambda: start(at=at, invoice=invoice)] * 20)
        (payment,) = queries.payments_of_invoice(invoice.id)
        refusals = [result for result in results if isinstance(result, operations.PaymentInProgress)]
        assert {refusal.payment_ref for refusal in refusals} == {payment.id}
        assert len(refusals) == 19

    def test_while_the_first_attempt_settles_never_opens_a_second(self, at):
        invoice = open_invoice(at=at)
        payment = start(at=at, invoice=invoice)
        together(
            [lambda: apply(payment, answer(Outcome.SUCCEEDED), at=at)] + [lambda: start(at=at, invoice=invoice)] * 7
        )
        assert [found.id for found in queries.payments_of_invoice(invoice.id)] == [payment.id]
        assert invoices.invoice(invoice.id).state == "paid"


class TestSweeping:
    def test_by_several_workers_asks_once_for_each_payment(self, at, wave):
        payments = [start(at=at, payer_phone=f"+2217712345{number:02}") for number in range(6)]
        for payment in payments:
            wave.approve(payment.provider_ref)
        counts = together([lambda: operations.poll_due(at=at + timedelta(seconds=10))] * 4)
        assert sum(counts) == 6
        assert balance("7065") == -1271 * 6

    def test_delivers_each_event_once(self, at, monkeypatch):
        sent: list[str] = []
        monkeypatch.setattr(
            outbox.posting, "post", lambda url, *, headers, **more: sent.append(headers["webhook-id"]) or _YES
        )
        outbox.add_endpoint(owner_ref="web", url="http://127.0.0.1:1/", at=at)
        for number in range(8):
            outbox.publish(owner_ref="web", kind="payment.succeeded", subject_ref=f"pay_{number}", data={}, at=at)
        together([lambda: outbox.deliver_due(at=at)] * 4)
        assert len(sent) == len(set(sent)) == 8
        assert {event.state for event in outbox_queries.events(owner_ref="web")} == {"delivered"}


_YES = outbox.posting.Delivery(200)
