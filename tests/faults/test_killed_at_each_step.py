"""A purchase completes exactly once, whichever process is killed at whichever step of its path."""

import contextlib
import json
import re

import pytest
import requests

from tests.factories.receiver import Receiver
from tests.faults.stack import Stack, eventually

pytestmark = [pytest.mark.stack]

WEB_WHILE_ASKING = ["payments.attempt_committed", "payments.request_sent", "payments.answer_committed"]
WEB_WHILE_SETTLING = ["payments.outcome_before_commit", "payments.outcome_committed"]
WORKER = ["inbox.verified", "payments.outcome_before_commit", "payments.outcome_committed", "outbox.delivered"]


class Purchase:
    """One book bought through the API by a client that does not give up."""

    def __init__(self, stack: Stack, shop: Receiver) -> None:
        self.stack, self.shop = stack, shop

    def ask(self) -> None:
        edition = self.stack.read("editions/")["results"][0]["id"]
        customer = {"name": "Ama Koné (démo)", "country": "SN", "phone": "+221771234567"}
        body = {"customer": customer, "items": [{"edition": edition, "quantity": 1}]}
        self.invoice = self.stack.insist("invoices/", body)
        self.payment_ref = self.stack.insist("payments/", {"invoice": self.invoice["id"], "provider": "wave"})["id"]

    def state(self) -> str:
        return str(self.stack.read(f"payments/{self.payment_ref}/")["state"])

    def approve(self) -> None:
        """As the payer, once there is a page to do it on."""

        def session() -> str | None:
            url = self.stack.read(f"payments/{self.payment_ref}/")["next_action"]["url"]
            return re.search(r"/c/(cos-\w+)", url or "") and re.search(r"/c/(cos-\w+)", url)[1]

        self.stack.simulators.approve(eventually(session, why="there is a page to approve on"))

    def succeeds(self) -> None:
        eventually(lambda: self.state() == "succeeded", why=f"{self.payment_ref} succeeds")

    def told(self) -> list[str]:
        """The ids of the events the shop was told of this payment, repeats included."""
        events = [(got.headers["webhook-id"], json.loads(got.body)) for got in self.shop.got]
        return [id_ for id_, event in events if event["data"]["id"] == self.payment_ref]

    def happened_exactly_once(self) -> None:
        """The provider's book, the ledger, the invoice and the shop agree that it happened, once."""
        attempts = self.stack.ask(
            "SELECT id, booked_as FROM payments_paymenttransaction WHERE invoice_ref = %s", self.invoice["id"]
        )
        assert attempts == [(self.payment_ref, "captured")]
        moved = [one for one in self.stack.simulators.movements() if one["client_reference"] == self.payment_ref]
        assert [one["amount"] for one in moved] == [self.invoice["gross"]["amount"]]
        keys = self.stack.ask("SELECT key FROM ledger_entrykey WHERE key LIKE %s", f"payment:{self.payment_ref}:%")
        assert keys == [(f"payment:{self.payment_ref}:captured",)]
        assert self.stack.read(f"invoices/{self.invoice['id']}/")["state"] == "paid"
        eventually(self.told, why="the shop is told")
        assert len(set(self.told())) == 1  # told again after a crash it may be, but under the same event id


@pytest.fixture
def purchase(stack: Stack, shop: Receiver) -> Purchase:
    missing = [name for name in stack.commands() if name not in stack.processes]
    if missing:
        stack.start(*missing)
    return Purchase(stack, shop)


class TestWebKilled:
    @pytest.mark.parametrize("step", WEB_WHILE_ASKING)
    def test_while_the_client_asks(self, stack, purchase, step):
        stack.restart("web", crash_at=step)
        purchase.ask()
        assert stack.crashed()
        purchase.approve()
        purchase.succeeds()
        purchase.happened_exactly_once()

    def test_before_the_notification_is_answered(self, stack, purchase):
        stack.restart("web", crash_at="inbox.stored")
        purchase.ask()
        purchase.approve()
        purchase.succeeds()
        eventually(stack.crashed, why="the notification came to a web that was killed")
        purchase.happened_exactly_once()

    @pytest.mark.parametrize("step", WEB_WHILE_SETTLING)
    def test_while_the_payers_return_settles(self, stack, purchase, step):
        stack.kill("worker", "beat")
        stack.restart("web", crash_at=step)
        purchase.ask()
        purchase.approve()

        def returned() -> bool:
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{stack.url}/checkout/payments/{purchase.payment_ref}/", timeout=20)
            return stack.crashed()

        eventually(returned, why="the return page settles and is killed")
        stack.start("worker", "beat")
        purchase.succeeds()
        purchase.happened_exactly_once()


class TestWorkerKilled:
    @pytest.mark.parametrize("step", WORKER)
    def test_at(self, stack, purchase, step):
        stack.restart("worker", crash_at=step)
        purchase.ask()
        purchase.approve()
        purchase.succeeds()
        eventually(purchase.told, why="the shop is told")
        assert stack.crashed()
        purchase.happened_exactly_once()


class TestEverythingKilled:
    def test_after_the_payer_approved(self, stack, purchase):
        purchase.ask()
        purchase.approve()
        stack.kill()
        stack.start()
        purchase.succeeds()
        purchase.happened_exactly_once()

    def test_and_the_broker_emptied(self, stack, purchase):
        purchase.ask()
        stack.kill("worker", "beat")
        purchase.approve()
        stack.empty_the_broker()
        stack.start("worker", "beat")
        purchase.succeeds()
        purchase.happened_exactly_once()


class TestAfterAllThat:
    def test_the_books_agree(self, stack, purchase):
        assert "agree" in stack.manage("ledger_verify")
