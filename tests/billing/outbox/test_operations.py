"""Outgoing webhooks against a real receiver, checked with the Standard Webhooks library."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import Error, transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from billing.outbox import hints, operations, queries
from billing.outbox.facts import EndpointFact
from billing.outbox.models import DeliveryAttempt, OutgoingEvent, WebhookEndpoint
from tests.factories.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
OWNER = "usr_00000000000000000000000001"
DATA = {"id": "pay_1", "amount": {"amount": "1500", "currency": "XOF"}, "payer": "Aïssatou"}


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def endpoint(receiver: Receiver, at: datetime) -> EndpointFact:
    return operations.add_endpoint(owner_ref=OWNER, url=f"{receiver.url}/hook", at=at)


def publish(
    *, at: datetime, subject_ref: str = "pay_1", kind: str = "payment.succeeded", owner_ref: str = OWNER
) -> None:
    operations.publish(owner_ref=owner_ref, kind=kind, subject_ref=subject_ref, data=DATA, at=at)


class TestAddEndpoint:
    def test_tells_the_secret_once_and_keeps_it_sealed(self, endpoint):
        assert endpoint.secret.startswith("whsec_")
        assert queries.endpoints(owner_ref=OWNER)[0].secret is None
        assert endpoint.secret[6:] not in WebhookEndpoint.objects.get().secret_sealed

    def test_refuses_the_same_address_twice(self, endpoint, at):
        with pytest.raises(operations.EndpointExists) as refusal:
            operations.add_endpoint(owner_ref=OWNER, url=endpoint.url, at=at)
        assert refusal.value.endpoint_ref == endpoint.id

    def test_refuses_what_we_do_not_send_to(self, at, settings):
        settings.OUTGOING_PRIVATE_ADDRESSES = False
        with pytest.raises(operations.BadDestination):
            operations.add_endpoint(owner_ref=OWNER, url="http://shop.example/", at=at)


class TestPublish:
    def test_writes_nothing_without_an_endpoint(self, at):
        publish(at=at)
        assert not OutgoingEvent.objects.exists()

    def test_tells_nobody_else(self, endpoint, at):
        publish(at=at, owner_ref="usr_other")
        assert queries.events(owner_ref=OWNER) == ()

    def test_is_undone_with_its_transaction(self, endpoint, at):
        with transaction.atomic():
            publish(at=at)
            transaction.set_rollback(True)
        assert not OutgoingEvent.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_does_not_mind_a_broker_that_is_down(self, endpoint, at, monkeypatch):
        from celery import current_app

        def down(*asked: object, **more: object) -> None:
            raise ConnectionError("no broker")

        hints.begin("billing.outbox.tasks.look")  # none is on its way
        monkeypatch.setattr(current_app, "send_task", down)
        publish(at=at)
        assert OutgoingEvent.objects.count() == 1

    def test_freezes_what_will_be_signed(self, endpoint, at):
        publish(at=at)
        with pytest.raises(Error), transaction.atomic():
            OutgoingEvent.objects.update(body="{}")


class TestDeliverDue:
    def test_sends_what_the_library_accepts(self, endpoint, receiver, at):
        publish(at=at)
        assert operations.deliver_due(at=at) == 1
        (got,) = receiver.got
        told = Webhook(endpoint.secret).verify(got.body, dict(got.headers))
        assert told == {"type": "payment.succeeded", "timestamp": at.isoformat(), "data": DATA}
        (event,) = queries.events(owner_ref=OWNER)
        assert (event.id, event.state) == (got.headers["webhook-id"], "delivered")
        assert operations.deliver_due(at=at + timedelta(days=1)) == 0

    def test_sends_what_another_secret_does_not_accept(self, endpoint, receiver, at):
        publish(at=at)
        operations.deliver_due(at=at)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "A" * 44).verify(receiver.got[0].body, dict(receiver.got[0].headers))

    def test_tries_again_with_the_same_id_and_body_and_a_new_stamp(self, endpoint, receiver, at):
        publish(at=at)
        receiver.status = 503
        operations.deliver_due(at=at)
        assert operations.deliver_due(at=at + timedelta(seconds=29)) == 0
        receiver.status = 200
        assert operations.deliver_due(at=at + timedelta(seconds=30)) == 1
        first, second = receiver.got
        assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
        assert list(DeliveryAttempt.objects.order_by("id").values_list("status", flat=True)) == [503, 200]

    def test_gives_up_after_ten_attempts_in_three_days(self, endpoint, receiver, at):
        receiver.status = 500
        publish(at=at)
        now = at
        while then := queries.events(owner_ref=OWNER)[0].next_attempt_at:
            now = then
            assert operations.deliver_due(at=now) == 1
        assert len(receiver.got) == 10
        assert timedelta(days=2, hours=22) < now - at <= timedelta(days=3)
        assert queries.endpoints(owner_ref=OWNER)[0].state == "failing"
        assert queries.events(owner_ref=OWNER)[0].state == "failed"

    def test_goes_on_when_the_owner_has_mended_the_endpoint(self, endpoint, receiver, at):
        WebhookEndpoint.objects.update(state="failing")
        publish(at=at)
        assert operations.deliver_due(at=at) == 0
        operations.mend_endpoint(owner_ref=OWNER, endpoint_ref=endpoint.id)
        assert operations.deliver_due(at=at) == 1
        with pytest.raises(operations.NoSuchEndpoint):
            operations.mend_endpoint(owner_ref="usr_other", endpoint_ref=endpoint.id)

    def test_tells_of_one_payment_in_order(self, endpoint, receiver, at):
        publish(at=at, kind="payment.expired")
        publish(at=at + timedelta(seconds=1), kind="payment.succeeded")
        receiver.status = 500
        operations.deliver_due(at=at + timedelta(seconds=2))
        receiver.status = 200
        for seconds in (3, 40, 41):
            operations.deliver_due(at=at + timedelta(seconds=seconds))
        kinds = [json.loads(got.body)["type"] for got in receiver.got]
        assert kinds == ["payment.expired", "payment.expired", "payment.succeeded"]

    def test_one_bad_receiver_does_not_hold_up_the_rest(self, endpoint, receiver, at):
        operations.add_endpoint(owner_ref=OWNER, url="http://127.0.0.1:1/dead", at=at)
        for number in range(5):
            publish(at=at, subject_ref=f"pay_{number}")
        assert operations.deliver_due(at=at) == 6  # five to the living, one to the dead, which then has a rest
        assert len(receiver.got) == 5

    def test_delivers_again_after_dying_before_the_note(self, endpoint, receiver, at, monkeypatch):
        publish(at=at)

        def die(name: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(operations, "reach", die)
            with pytest.raises(KeyboardInterrupt):
                operations.deliver_due(at=at)
        assert operations.deliver_due(at=at + timedelta(seconds=59)) == 0
        assert operations.deliver_due(at=at + timedelta(seconds=60)) == 1
        assert len({got.headers["webhook-id"] for got in receiver.got}) == 1

    def test_lets_no_late_sender_undo_a_delivery(self, endpoint, receiver, at, monkeypatch):
        """The first sender outlives its lease; a second one delivers before the first notes its own failure."""
        publish(at=at)
        post = operations.posting.post

        def slow(*asked: object, **more: object) -> operations.posting.Delivery:
            monkeypatch.setattr(operations.posting, "post", post)
            assert operations.deliver_one(at=at + operations.LEASE)
            return operations.posting.Delivery(None, "no answer in time")

        monkeypatch.setattr(operations.posting, "post", slow)
        assert operations.deliver_one(at=at)
        (event,) = queries.events(owner_ref=OWNER)
        assert (event.state, event.attempt_count, event.next_attempt_at) == ("delivered", 1, None)
        assert [attempt.status for attempt in DeliveryAttempt.objects.all()] == [204]
        assert WebhookEndpoint.objects.get().quiet_until is None

    def test_lets_no_late_sender_end_the_lease_of_another(self, endpoint, at, monkeypatch):
        publish(at=at)
        taken_over = at + 2 * operations.LEASE

        def slow(*asked: object, **more: object) -> operations.posting.Delivery:
            OutgoingEvent.objects.update(leased_until=taken_over)
            return operations.posting.Delivery(200)

        monkeypatch.setattr(operations.posting, "post", slow)
        assert operations.deliver_one(at=at)
        event = OutgoingEvent.objects.get()
        assert (event.state, event.leased_until, event.attempt_count) == ("waiting", taken_over, 0)

    def test_delivers_to_an_address_with_accents(self, receiver, at):
        operations.add_endpoint(owner_ref=OWNER, url=f"{receiver.url}/crochet-é", at=at)
        publish(at=at)
        assert operations.deliver_due(at=at) == 1
        assert [got.path for got in receiver.got] == ["/crochet-%C3%A9"]

    def test_sends_nothing_to_private_addresses_in_production(self, endpoint, receiver, at, settings):
        publish(at=at)
        settings.OUTGOING_PRIVATE_ADDRESSES = False
        operations.deliver_due(at=at)
        assert receiver.got == []
        assert DeliveryAttempt.objects.get().problem

    def test_keeps_its_attempts(self, endpoint, at):
        publish(at=at)
        operations.deliver_due(at=at)
        with pytest.raises(Error), transaction.atomic():
            DeliveryAttempt.objects.update(status=200)
