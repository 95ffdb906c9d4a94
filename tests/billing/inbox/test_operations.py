"""Notifications of the real simulator, stored and then worked on: twice, late, forged, early, out of order."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.db import Error, transaction
from django.utils import timezone

from billing.inbox import gateway as inbox_gateway
from billing.inbox import operations, queries, tasks
from billing.inbox.models import BODY_MAX, ProviderNotification
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.payments import ledger_checks
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.models import PaymentTransaction
from providers import simulation
from providers.simulation import Running
from providers.wave import webhook
from tests.factories import payments as factory
from tests.factories.billing import reference_world
from tests.factories.receiver import Got, Receiver, receiving
from tests.factories.wallets import lead_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def notifying(letterbox: Receiver) -> Iterator[Running]:
    with simulation.serve(webhooks_to=letterbox.url) as running:
        yield running


@pytest.fixture
def wave(notifying: Running, letterbox: Receiver, monkeypatch: pytest.MonkeyPatch, at: datetime) -> Running:
    lead_to(notifying, monkeypatch)
    notifying.clear_faults()
    letterbox.got.clear()
    reference_world(at=at)
    return notifying


def store(got: Got, *, received_at: datetime, body: bytes | None = None, **headers: str) -> int:
    return operations.store(
        provider="wave",
        market="SN",
        headers={**got.headers, **headers},
        body=got.body if body is None else body,
        received_at=received_at,
    )


def work_off(*notification_ids: int, at: datetime) -> list[str]:
    for notification_id in notification_ids:
        operations.process(notification_id=notification_id, at=at)
    return [queries.notification(notification_id).state for notification_id in notification_ids]


def signed(wave: Running, at: datetime, **event: object) -> int:
    """Stored as if the provider had sent it."""
    body = json.dumps({"id": "EV_1", **event}).encode()
    stamp = str(int(at.timestamp()))
    proof = webhook.signature(wave.environment["PROVIDER_WAVE_SN_WEBHOOK_SECRET"], stamp, body)
    headers = {"Wave-Signature": f"t={stamp},v1={proof}"}
    return operations.store(provider="wave", market="SN", headers=headers, body=body, received_at=at)


def revenue() -> int:
    return -ledger.balance(AccountKey("coko-sn", "7065", "XOF"))


@pytest.fixture
def paid(wave: Running, letterbox: Receiver, at: datetime) -> tuple[str, Got]:
    """A payment whose payer approved, and the notification of it; we have heard nothing yet."""
    payment = factory.start(at=at)
    wave.approve(payment.provider_ref)
    return payment.id, letterbox.wait_for(1)[0]


class TestStore:
    def test_keeps_the_bytes_and_the_signature_and_of_credentials_a_digest(self, at):
        body = b'{"id": "\x00\xff", broken'
        headers = {"Wave-Signature": "t=1,v1=2", "Authorization": "Bearer secret", "Cookie": "a=b", "User-Agent": "x"}
        notification_id = operations.store(provider="wave", market="sn", headers=headers, body=body, received_at=at)
        row = ProviderNotification.objects.get(pk=notification_id)
        assert bytes(row.body) == body
        kept = row.headers.pop("authorization")
        assert row.headers == {"wave-signature": "t=1,v1=2", "user-agent": "x"}
        assert "secret" not in kept
        assert len(kept) == 64
        assert (row.market, row.state) == ("SN", "waiting")

    def test_is_one_insert(self, at, django_assert_num_queries):
        with django_assert_num_queries(1):
            operations.store(provider="wave", market="SN", headers={}, body=b"{}", received_at=at)

    def test_keeps_a_huge_body_up_to_the_cap_and_refuses_it(self, wave, at):
        notification_id = operations.store(
            provider="wave", market="SN", headers={}, body=b"{" * (BODY_MAX + 1), received_at=at
        )
        assert work_off(notification_id, at=at) == ["refused"]
        assert queries.notification(notification_id).reason == "too_large"

    @pytest.mark.parametrize("change", [{"body": b"{}"}, {"headers": {}}, {"received_at": timezone.now()}])
    def test_never_changes_what_was_received(self, at, change):
        headers = {"a-signature": "1"}
        notification_id = operations.store(provider="wave", market="SN", headers=headers, body=b"1", received_at=at)
        with pytest.raises(Error), transaction.atomic():
            ProviderNotification.objects.filter(pk=notification_id).update(**change)
        with pytest.raises(Error), transaction.atomic():
            ProviderNotification.objects.filter(pk=notification_id)._raw_delete("default")


class TestProcess:
    def test_settles_the_payment_once_however_often_it_comes(self, paid, at):
        payment_ref, got = paid
        ids = [store(got, received_at=at) for _ in range(4)]
        assert work_off(*ids, *ids, at=at) == ["processed", *["duplicate"] * 3] * 2
        assert payment_queries.payment(payment_ref).state == "succeeded"
        assert revenue() == 1271
        assert list(ledger_checks.differences()) == []

    def test_believes_the_provider_and_not_the_notification(self, wave, letterbox, at):
        payment = factory.start(at=at)
        wave.approve(payment.provider_ref)
        got = letterbox.wait_for(1)[0]
        wave.fault("get_session", "rewrite", fields={"checkout_status": "open", "payment_status": "processing"})
        work_off(store(got, received_at=at), at=at)
        assert payment_queries.payment(payment.id).state == "pending"

    def test_refuses_a_changed_byte_anywhere(self, paid, at):
        payment_ref, got = paid
        for position in range(0, len(got.body), 7):
            changed = got.body[:position] + bytes([got.body[position] ^ 1]) + got.body[position + 1 :]
            assert work_off(store(got, received_at=at, body=changed), at=at) == ["refused"]
        assert payment_queries.payment(payment_ref).state == "pending"

    def test_refuses_a_forged_signature(self, wave, letterbox, at):
        payment = factory.start(at=at)
        wave.fault("webhook", "forged")
        wave.approve(payment.provider_ref)
        notification_id = store(letterbox.wait_for(1)[0], received_at=at)
        assert work_off(notification_id, at=at) == ["refused"]
        assert queries.notification(notification_id).reason == "signature_mismatch"
        assert payment_queries.payment(payment.id).state == "pending"

    @pytest.mark.parametrize("seconds", [-302, 302])
    def test_refuses_what_was_received_too_far_from_its_stamp(self, paid, at, seconds):
        notification_id = store(paid[1], received_at=timezone.now() + timedelta(seconds=seconds))
        assert work_off(notification_id, at=at) == ["refused"]

    def test_takes_the_moment_of_receipt_for_the_clock_however_late_we_are(self, paid, at):
        notification_id = store(paid[1], received_at=at)
        assert work_off(notification_id, at=at + timedelta(days=1)) == ["processed"]

    @pytest.mark.parametrize(("provider", "market"), [("nobody", "SN"), ("wave", "FR")])
    def test_refuses_wallets_we_do_not_have(self, at, provider, market):
        notification_id = operations.store(provider=provider, market=market, headers={}, body=b"{}", received_at=at)
        assert work_off(notification_id, at=at) == ["refused"]

    def test_refuses_the_secret_of_another_market(self, paid, at):
        got = paid[1]
        notification_id = operations.store(
            provider="wave", market="CI", headers=got.headers, body=got.body, received_at=at
        )
        assert work_off(notification_id, at=at) == ["refused"]

    @pytest.fixture
    def by_secret(self, notifying: Running, monkeypatch: pytest.MonkeyPatch) -> str:
        """The webhook of the Senegalese wallet is registered with a shared secret; what Wave then sends."""
        monkeypatch.setenv("PROVIDER_WAVE_SN_WEBHOOK_STRATEGY", "shared_secret")
        inbox_gateway.forget_adapters()
        yield f"Bearer {notifying.environment['PROVIDER_WAVE_SN_WEBHOOK_SECRET']}"
        inbox_gateway.forget_adapters()

    def test_settles_the_payment_when_a_shared_secret_is_what_proves(self, paid, by_secret, at):
        payment_id, got = paid
        stored = [self.sent(got, by_secret, at), self.sent(got, by_secret, at)]
        assert work_off(*stored, at=at) == ["processed", "duplicate"]
        assert payment_queries.payment(payment_id).state == "succeeded"
        assert revenue() == 1271

    @pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer guessed", "bearer"])
    def test_refuses_another_secret(self, paid, by_secret, given, at):
        assert work_off(self.sent(paid[1], given, at), at=at) == ["refused"]

    def test_refuses_the_digest_of_the_secret_in_its_place(self, paid, by_secret, at):
        """Whoever has read our database has the digest, and cannot use it."""
        first = self.sent(paid[1], by_secret, at)
        kept = ProviderNotification.objects.get(pk=first).headers["authorization"]
        assert (
            work_off(*(self.sent(paid[1], given, at) for given in (kept, f"Bearer {kept}")), at=at) == ["refused"] * 2
        )

    def test_refuses_a_secret_where_a_signature_is_agreed(self, wave, paid, at):
        given = f"Bearer {wave.environment['PROVIDER_WAVE_SN_WEBHOOK_SECRET']}"
        assert work_off(self.sent(paid[1], given, at), at=at) == ["refused"]

    def test_refuses_a_signature_where_a_secret_is_agreed(self, paid, by_secret, at):
        assert work_off(store(paid[1], received_at=at), at=at) == ["refused"]

    def sent(self, got: Got, authorization: str, at: datetime) -> int:
        """Stored as if it had come so."""
        return operations.store(
            provider="wave", market="SN", headers={"Authorization": authorization}, body=got.body, received_at=at
        )

    @pytest.mark.parametrize("order", sorted(set(permutations([0, 0, 1, 1]))), ids=str)
    def test_ends_the_same_in_every_order(self, wave, letterbox, at, order):
        """A failed try and then a success, each told twice."""
        payment = factory.start(at=at)
        wave.fail(payment.provider_ref, code="insufficient-funds")
        wave.approve(payment.provider_ref)
        told = letterbox.wait_for(2)
        states = work_off(*[store(told[which], received_at=at) for which in order], at=at)
        assert sorted(states) == ["duplicate", "duplicate", "processed", "processed"]
        assert payment_queries.payment(payment.id).state == "succeeded"
        assert revenue() == 1271

    def test_parks_what_comes_before_our_own_answer_and_matches_it_later(self, wave, letterbox, at, monkeypatch):
        """The provider was faster than our own COMMIT: nothing of the payment can be seen yet."""
        payment = factory.start(at=at)
        wave.approve(payment.provider_ref)
        notification_id = store(letterbox.wait_for(1)[0], received_at=at)
        with monkeypatch.context() as patch:
            patch.setattr(PaymentTransaction.objects, "filter", lambda **asked: PaymentTransaction.objects.none())
            assert work_off(notification_id, at=at) == ["parked"]
        parked = queries.notification(notification_id)
        assert (parked.reason, parked.next_attempt_at) == ("unknown_payment", at + operations.PAUSES[0])
        assert operations.process_waiting(at=at + timedelta(seconds=9)) == 0
        assert operations.process_waiting(at=at + timedelta(seconds=10)) == 1
        assert queries.notification(notification_id).state == "processed"
        assert payment_queries.payment(payment.id).state == "succeeded"

    def test_gives_an_unknown_payment_to_a_person_in_the_end(self, paid, at, monkeypatch):
        notification_id = store(paid[1], received_at=at)
        monkeypatch.setattr(operations, "_subject_of", lambda hint, provider, market: None)
        now = at
        for _ in range(20):
            operations.process_waiting(at=now)
            now = queries.notification(notification_id).next_attempt_at or now
        parked = queries.notification(notification_id)
        assert (parked.state, parked.next_attempt_at) == ("parked", None)
        assert parked.attempt_count == len(operations.PAUSES) + 1
        assert timedelta(days=3) < now - at < timedelta(days=4)

    def test_parks_what_kills_its_worker_every_time(self, paid, at, monkeypatch):
        notification_id = store(paid[1], received_at=at)

        def die(**asked: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(payments, "refresh", die)
        for days in range(20):
            try:
                operations.process_waiting(at=at + timedelta(days=days))
            except KeyboardInterrupt:
                continue
        parked = queries.notification(notification_id)
        assert (parked.state, parked.reason, parked.next_attempt_at) == ("parked", "too_many_attempts", None)

    def test_is_finished_by_the_sweep_after_a_crash(self, paid, at, monkeypatch):
        payment_ref, got = paid
        notification_id = store(got, received_at=at)

        def die(name: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(operations, "reach", die)
            with pytest.raises(KeyboardInterrupt):
                operations.process(notification_id=notification_id, at=at)
        assert operations.process_waiting(at=at + timedelta(seconds=59)) == 0
        assert operations.process_waiting(at=at + timedelta(seconds=60)) == 1
        assert payment_queries.payment(payment_ref).state == "succeeded"

    def test_keeps_the_first_of_two_contents_under_one_event_id(self, paid, at, monkeypatch):
        got = paid[1]
        first = store(got, received_at=at)
        work_off(first, at=at)
        hint = operations.gateway.verify(
            provider="wave", market="SN", headers=got.headers, body=got.body, received_at=at
        )
        monkeypatch.setattr(operations.gateway, "verify", lambda **asked: hint)
        second = store(got, received_at=at, body=got.body + b" ")
        assert work_off(second, at=at) == ["duplicate"]
        assert queries.notification(second).reason == "other_content"

    def test_finds_the_payment_by_the_session_when_our_reference_is_missing(self, wave, at):
        payment = factory.start(at=at)
        wave.approve(payment.provider_ref)
        told = signed(wave, at, type="checkout.session.completed", data={"id": payment.provider_ref})
        assert work_off(told, at=at) == ["processed"]
        assert queries.notification(told).payment_ref == payment.id
        assert payment_queries.payment(payment.id).state == "succeeded"

    def test_lets_other_genuine_news_pass(self, wave, at):
        told = signed(wave, at, type="merchant.payment_received", data={"id": "T_1", "amount": "100"})
        assert work_off(told, at=at) == ["processed"]
        assert queries.notification(told).reason == "not_about_a_payment"

    def test_is_what_the_tasks_do(self, paid, at):
        payment_ref, got = paid
        store(got, received_at=at)
        tasks.look()
        assert payment_queries.payment(payment_ref).state == "succeeded"
        assert tasks.process_waiting() == 0

    def test_ignores_ids_nobody_knows(self, at):
        operations.process(notification_id=0, at=at)
        with pytest.raises(queries.NoSuchNotification):
            queries.notification(0)
