"""Payments against the real simulator: the happy path, and every way a provider can leave us in doubt."""

from datetime import datetime, timedelta

import pytest
from django.db import Error, transaction

from billing import schedule
from billing.configuration.operations import set_route
from billing.invoices import operations as invoice_operations
from billing.invoices import queries as invoices
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.outbox import operations as outbox
from billing.outbox import queries as outbox_queries
from billing.payments import gateway, ledger_checks, operations, queries
from billing.payments.facts import Outcome
from billing.payments.models import PaymentTransaction
from providers.simulation import Running
from tests.factories.billing import customer, open_invoice, reference_world
from tests.factories.payments import PHONE, answer, apply, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    """Sessions at the simulator live in real time."""
    from django.utils import timezone

    return timezone.now()


@pytest.fixture(autouse=True)
def _world(at: datetime, wave: Running) -> None:
    reference_world(at=at)


def balance(code: str, holder: str = "") -> int:
    return ledger.balance(AccountKey("coko-sn", code, "XOF", holder))


def later(at: datetime, **passed: int) -> datetime:
    return at + timedelta(**passed)


def sessions_of(payment_ref: str, wave: Running) -> int:
    """How many sessions the provider has for our reference: never more than one, whatever happened."""
    import requests

    key = wave.environment["PROVIDER_WAVE_SN_API_KEY"]
    found = requests.get(
        f"{wave.base_url}/v1/checkout/sessions/search",
        params={"client_reference": payment_ref},
        headers={"Authorization": f"Bearer {key}"},
        timeout=5,
    )
    return len(found.json()["result"])


class TestStart:
    def test_sends_the_payer_to_the_provider(self, at):
        payment = start(at=at)
        assert payment.state == "pending"
        assert payment.next_action.kind == "redirect"
        assert payment.next_action.url
        assert payment.next_check_at == at + schedule.FIRST_DELAYS[0]
        assert (payment.amount_minor, payment.currency, payment.fee_minor) == (1500, "XOF", 15)

    def test_keeps_the_phone_sealed(self, at):
        payment = start(at=at)
        row = PaymentTransaction.objects.get(pk=payment.id)
        assert "77123456" not in row.payer_phone_sealed + row.payer_phone_index + row.payer_phone_masked
        assert payment.payer_phone_masked.endswith("67")

    def test_puts_its_own_id_into_the_return_address(self, at):
        payment = start(at=at, return_url="https://shop.example/paid/{payment_ref}")
        row = PaymentTransaction.objects.get(pk=payment.id)
        assert row.return_url == f"https://shop.example/paid/{payment.id}"

    def test_refuses_a_paid_invoice(self, at):
        invoice = open_invoice(at=at)
        invoice_operations.mark_paid(invoice_ref=invoice.id, payment_ref="pay_x", provider="wave", fee_minor=0, at=at)
        with pytest.raises(operations.InvoiceNotOpen):
            start(at=at, invoice=invoice)
        assert queries.payments_of_invoice(invoice.id) == ()

    def test_shows_the_open_attempt_to_a_second_one(self, at):
        invoice = open_invoice(at=at)
        first = start(at=at, invoice=invoice)
        with pytest.raises(operations.PaymentInProgress) as refusal:
            start(at=at, invoice=invoice)
        assert refusal.value.payment_ref == first.id

    def test_refuses_a_wallet_we_do_not_collect_with(self, at):
        with pytest.raises(operations.NoRoute):
            start(at=at, provider="orange")
        with pytest.raises(operations.NoRoute):
            start(at=at, invoice=open_invoice(at=at, country="CM"))

    def test_refuses_a_wallet_that_collects_for_another_company(self, at):
        set_route(
            provider="wave", market="SN", currency="XOF", entity="coko-ci", fee_rate=0, enabled=True, priority=1,
            confidence="demo", changed_by="test", valid_from=at.date(), at=at,
        )  # fmt: skip
        with pytest.raises(operations.NoRoute, match="coko-ci"):
            start(at=at)

    def test_refuses_an_amount_the_wallet_does_not_take(self, at, monkeypatch):
        from dataclasses import replace

        from billing.payments import gateway

        narrow = replace(gateway.wallet("wave"), amounts=gateway.AmountRule(minor_max=1000))
        monkeypatch.setattr(gateway, "wallet", lambda *_: narrow)
        with pytest.raises(operations.AmountOutOfRange):
            start(at=at)

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_run_inside_a_transaction(self, at):
        invoice = open_invoice(at=at)
        with pytest.raises(RuntimeError), transaction.atomic():
            start(at=at, invoice=invoice)
        assert queries.payments_of_invoice(invoice.id) == ()


class TestStartWithoutAnAnswer:
    """A provider that does not answer is no error to the payer, and never a reason for a second session."""

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 500, "work_done": True},
            {"kind": "error", "status": 503},
            {"kind": "drop", "work_done": True},
            {"kind": "hang", "seconds": 3, "work_done": True},
            {"kind": "truncate"},
            {"kind": "html", "work_done": True},
            {"kind": "empty", "work_done": True},
        ],
        ids=lambda fault: f"{fault['kind']}-{'done' if fault.get('work_done') else 'not-done'}",
    )
    def test_is_settled_by_asking_again(self, at, wave, fault, request):
        if fault["kind"] == "hang":
            request.getfixturevalue("hasty")
        wave.fault("create_session", **fault)
        payment = start(at=at)
        assert payment.state == "unknown"
        assert payment.next_check_at == later(at, seconds=10)

        for seconds in (10, 30, 70, 71):
            operations.poll_due(at=later(at, seconds=seconds))
            operations.resume_unsent(at=later(at, seconds=seconds))
        payment = queries.payment(payment.id)
        assert payment.state == "pending"
        assert sessions_of(payment.id, wave) == 1

    def test_waits_when_nothing_was_sent(self, at, wave):
        wave.fault("search_sessions", "slow_down")
        payment = start(at=at)
        assert payment.state == "created"
        assert operations.resume_unsent(at=later(at, seconds=10)) == 1
        assert queries.payment(payment.id).state == "pending"

    def test_fails_when_the_request_is_refused_for_good(self, at, wave):
        wave.fault("create_session", "error", status=422)
        payment = start(at=at)
        assert (payment.state, payment.failure_reason) == ("failed", "request_invalid")

    def test_waits_for_the_operator_when_a_credential_is_missing(self, at, monkeypatch):
        from billing.payments import gateway

        monkeypatch.delenv("PROVIDER_WAVE_SN_API_KEY")
        gateway.forget_adapters()
        assert start(at=at).state == "created"

    def test_asks_for_other_amounts_to_be_looked_at(self, at, wave):
        wave.fault("create_session", "wrong_amount", amount="900")
        payment = start(at=at)
        assert (payment.state, payment.flags) == ("needs_review", ("amount_mismatch",))
        assert payment.next_check_at is not None
        assert balance("4712") == 0


class TestResumeUnsent:
    """Killed after the attempt was committed (K2) or while the request was on its way (K3, K4)."""

    def died(self, at: datetime, monkeypatch: pytest.MonkeyPatch, point: str) -> str:
        def die(name: str) -> None:
            if name == point:
                raise KeyboardInterrupt

        invoice = open_invoice(at=at)
        with monkeypatch.context() as patch:
            patch.setattr(operations, "reach", die)
            with pytest.raises(KeyboardInterrupt):
                start(at=at, invoice=invoice)
        return queries.payments_of_invoice(invoice.id)[0].id

    @pytest.mark.parametrize("point", ["payments.attempt_committed", "payments.request_sent"])
    def test_finishes_what_a_dead_process_left(self, at, wave, monkeypatch, point):
        payment_ref = self.died(at, monkeypatch, point)
        assert queries.payment(payment_ref).state == "created"
        assert operations.resume_unsent(at=later(at, seconds=59)) == 0  # the starter may still be at it
        assert operations.resume_unsent(at=later(at, seconds=60)) == 1
        assert queries.payment(payment_ref).state == "pending"
        assert sessions_of(payment_ref, wave) == 1

    def test_does_not_surprise_a_payer_who_left(self, at, wave, monkeypatch):
        payment_ref = self.died(at, monkeypatch, "payments.attempt_committed")
        for hours in (1, 2, 3):
            operations.resume_unsent(at=later(at, hours=hours))
            operations.poll_due(at=later(at, hours=hours))
        assert queries.payment(payment_ref).state == "expired"
        assert sessions_of(payment_ref, wave) == 0

    def test_finds_an_old_one_that_was_sent_after_all(self, at, wave, monkeypatch):
        payment_ref = self.died(at, monkeypatch, "payments.request_sent")
        operations.resume_unsent(at=later(at, minutes=20))
        assert queries.payment(payment_ref).state == "pending"

    def test_leaves_answered_attempts_alone(self, at, wave):
        start(at=at)
        assert operations.resume_unsent(at=later(at, hours=1)) == 0


class TestPollDue:
    def test_books_a_payment_that_was_approved(self, at, wave):
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        assert operations.poll_due(at=later(at, seconds=9)) == 0
        assert operations.poll_due(at=later(at, seconds=10)) == 1
        payment = queries.payment(payment.id)
        assert (payment.state, payment.settled_at, payment.next_check_at) == ("succeeded", later(at, seconds=10), None)
        assert invoices.invoice(payment.invoice_ref).paid_at == payment.settled_at
        assert balance("552", "wave:SN") == 1485
        assert balance("6317") == 15
        assert balance("7065") == -1271
        assert balance("4432") == -229
        assert list(ledger_checks.differences()) == []

    def test_asks_more_and_more_rarely(self, at, wave):
        payment = start(at=at)
        times = [payment.next_check_at]
        for _ in range(4):
            operations.poll_due(at=times[-1])
            times.append(queries.payment(payment.id).next_check_at)
        assert [int((then - at).total_seconds()) for then in times] == [10, 30, 70, 130, 250]

    @pytest.mark.parametrize("kind", ["error", "drop", "truncate", "html", "unknown_status"])
    def test_a_bad_answer_changes_nothing(self, at, wave, kind):
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        wave.fault("get_session", kind)
        operations.poll_due(at=later(at, seconds=10))
        assert queries.payment(payment.id).state == "pending"
        operations.poll_due(at=later(at, seconds=30))
        assert queries.payment(payment.id).state == "succeeded"

    def test_calls_a_person_after_a_week(self, at, wave):
        payment = start(at=at)
        wave.fault("*", "error", times=50)
        operations.poll_due(at=later(at, days=7))
        payment = queries.payment(payment.id)
        assert (payment.state, payment.flags, payment.next_check_at) == ("needs_review", ("no_answer",), None)

    def test_a_payment_that_crashes_us_does_not_stop_the_others(self, at, wave, monkeypatch):
        bad, good = start(at=at), start(at=later(at, seconds=1))
        wave.approve(good.provider_ref)
        crashing = operations.gateway.fetch

        def crash(inquiry):
            if inquiry.payment_ref == bad.id:
                raise ZeroDivisionError
            return crashing(inquiry)

        monkeypatch.setattr(operations.gateway, "fetch", crash)
        with pytest.raises(ZeroDivisionError):
            operations.poll_due(at=later(at, seconds=20))
        assert operations.poll_due(at=later(at, seconds=20)) == 1
        assert queries.payment(good.id).state == "succeeded"


class TestApplyAnswer:
    def test_books_another_amount_apart(self, at, wave):
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        wave.fault("get_session", "wrong_amount", amount="900")
        payment = operations.refresh(payment_ref=payment.id, source="poll", at=at)
        assert (payment.state, payment.flags) == ("needs_review", ("amount_mismatch",))
        assert balance("552", "wave:SN") == 900
        assert balance("4712") == -900
        assert invoices.invoice(payment.invoice_ref).state == "open"
        assert list(ledger_checks.differences()) == []

    def test_books_another_currency_apart(self, at):
        payment = apply(start(at=at), answer(Outcome.SUCCEEDED, currency="XAF"), at=at)
        assert payment.state == "needs_review"
        assert ledger.balance(AccountKey("coko-sn", "4712", "XAF")) == -1500

    def test_accepts_a_late_success_and_says_so(self, at, wave):
        payment = start(at=at)
        wave.advance(31 * 60)
        payment = operations.refresh(payment_ref=payment.id, source="poll", at=later(at, minutes=31))
        assert payment.state == "expired"
        wave.approve(payment.provider_ref, late=True)
        payment = operations.refresh(payment_ref=payment.id, source="notification", at=later(at, minutes=41))
        assert (payment.state, payment.flags) == ("succeeded", ("late_success",))
        assert invoices.invoice(payment.invoice_ref).state == "paid"

    def test_owes_the_second_success_back(self, at):
        invoice = open_invoice(at=at)
        first = apply(start(at=at, invoice=invoice), answer(Outcome.EXPIRED), at=at)
        second = start(at=at, invoice=invoice)
        apply(second, answer(Outcome.SUCCEEDED), at=at)
        first = apply(first, answer(Outcome.SUCCEEDED), at=at)
        assert (first.state, first.flags) == ("succeeded", ("duplicate", "late_success"))
        assert balance("4198", first.id) == -1500
        assert balance("7065") == -1271
        assert list(ledger_checks.differences()) == []

    def test_owes_money_for_a_void_invoice_back(self, at):
        payment = start(at=at)
        invoice_operations.void(invoice_ref=payment.invoice_ref, reason="test", at=at)
        payment = apply(payment, answer(Outcome.SUCCEEDED), at=at)
        assert (payment.state, payment.flags) == ("succeeded", ("duplicate",))
        assert balance("4198", payment.id) == -1500

    def test_never_takes_a_success_back(self, at):
        payment = apply(start(at=at), answer(Outcome.SUCCEEDED), at=at)
        payment = apply(payment, answer(Outcome.FAILED), at=later(at, seconds=1))
        assert (payment.state, payment.flags) == ("succeeded", ("contradicted",))
        assert [event.note for event in queries.events(payment.id)][-1].startswith("says failed")
        assert balance("7065") == -1271

    def test_refuses_a_reference_that_belongs_to_another_payment(self, at):
        first = start(at=at)
        second = start(at=at)
        stolen = answer(Outcome.SUCCEEDED, provider_ref=first.provider_ref)
        second = apply(second, stolen, at=at)
        assert (second.state, second.flags) == ("needs_review", ("provider_ref_taken",))
        assert balance("7065") == 0

    def test_refuses_a_movement_that_paid_another_payment(self, at):
        first, second = start(at=at), start(at=at)
        apply(first, answer(Outcome.SUCCEEDED, transaction_ref="T_1"), at=at)
        second = apply(second, answer(Outcome.SUCCEEDED, transaction_ref="T_1"), at=at)
        assert second.flags == ("provider_ref_taken",)

    def test_refuses_an_answer_for_another_payment(self, at):
        payment = apply(start(at=at), answer(Outcome.SUCCEEDED, client_reference="pay_other"), at=at)
        assert (payment.state, payment.flags) == ("needs_review", ("reference_mismatch",))
        assert balance("7065") == 0

    def test_remembers_the_session_that_was_paid(self, at):
        payment = start(at=at)
        payment = apply(payment, answer(Outcome.SUCCEEDED, provider_ref="cos-orphan"), at=at)
        assert payment.provider_ref == "cos-orphan"

    def test_writes_one_event_a_change(self, at):
        payment = start(at=at)
        for _ in range(2):
            for outcome in (Outcome.PENDING, Outcome.SUCCEEDED, Outcome.PENDING):
                apply(payment, answer(outcome), at=at)
        assert [event.state for event in queries.events(payment.id)] == ["created", "pending", "succeeded"]

    def test_knows_no_other_payments(self, at):
        with pytest.raises(operations.NoSuchPayment):
            operations.apply_answer(payment_ref="pay_none", answer=answer(Outcome.PENDING), source="poll", at=at)


class TestDyingWhileSettling:
    """Killed in the transaction that books the money (K5), or right after it (K6)."""

    @pytest.mark.parametrize(
        ("point", "before_restart"),
        [("payments.outcome_before_commit", "pending"), ("payments.outcome_committed", "succeeded")],
    )
    def test_books_it_once_after_a_restart(self, at, wave, monkeypatch, point, before_restart):
        def die(name: str) -> None:
            if name == point:
                raise KeyboardInterrupt

        payment = start(at=at)
        wave.approve(payment.provider_ref)
        with monkeypatch.context() as patch:
            patch.setattr(operations, "reach", die)
            with pytest.raises(KeyboardInterrupt):
                operations.poll_due(at=later(at, seconds=10))
        assert queries.payment(payment.id).state == before_restart
        for minutes in (2, 3):
            operations.poll_due(at=later(at, minutes=minutes))
        assert queries.payment(payment.id).state == "succeeded"
        assert balance("7065") == -1271
        assert list(ledger_checks.differences()) == []


class TestWhatClientsAreTold:
    def test_a_settled_payment_and_its_paid_invoice(self, at):
        outbox.add_endpoint(owner_ref="web", url="http://127.0.0.1:1/", at=at)
        payment = apply(start(at=at), answer(Outcome.SUCCEEDED), at=at)
        apply(payment, answer(Outcome.SUCCEEDED), at=at)
        told = {event.kind: event.subject_ref for event in outbox_queries.events(owner_ref="web")}
        assert told == {"payment.succeeded": payment.id, "invoice.paid": payment.invoice_ref}
        assert len(outbox_queries.events(owner_ref="web")) == 2

    @pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.EXPIRED])
    def test_an_attempt_that_came_to_nothing(self, at, outcome):
        outbox.add_endpoint(owner_ref="web", url="http://127.0.0.1:1/", at=at)
        apply(start(at=at), answer(outcome), at=at)
        assert [event.kind for event in outbox_queries.events(owner_ref="web")] == [f"payment.{outcome}"]


class TestRefresh:
    def test_a_page_that_keeps_asking_is_no_load_on_the_provider(self, at, wave):
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        soon = operations.refresh(payment_ref=payment.id, source="return", at=later(at, seconds=1))
        assert soon.state == "pending"
        assert operations.refresh(payment_ref=payment.id, source="return", at=later(at, seconds=4)).state == "succeeded"

    def test_a_hint_the_provider_could_not_confirm_is_asked_about_later(self, at, wave):
        payment = apply(start(at=at), answer(Outcome.EXPIRED), at=at)
        wave.approve(payment.provider_ref, late=True)
        wave.fault("get_session", "error")
        payment = operations.refresh(payment_ref=payment.id, source="notification", at=later(at, minutes=1))
        assert payment.state == "expired"
        operations.poll_due(at=payment.next_check_at)
        assert queries.payment(payment.id).flags == ("late_success",)


class TestCancel:
    def test_lets_another_attempt_start(self, at):
        invoice = open_invoice(at=at)
        first = start(at=at, invoice=invoice)
        assert operations.cancel(payment_ref=first.id, at=at).state == "expired"
        assert start(at=at, invoice=invoice).state == "pending"

    def test_comes_too_late_for_a_payer_who_was_faster(self, at, wave):
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        assert operations.cancel(payment_ref=payment.id, at=at).state == "succeeded"
        assert operations.cancel(payment_ref=payment.id, at=at).state == "succeeded"


class TestOptions:
    def test_lists_the_wallets_that_take_the_amount(self, at):
        first, second = queries.options(country="SN", currency="XOF", amount_minor=1500, at=at)
        assert (first.provider, first.label, first.next_action_kind) == ("wave", "Wave", "redirect")
        assert second.provider == "orange_sonatel"

    def test_puts_the_payers_own_operator_first(self, at):
        asked = {"country": "SN", "currency": "XOF", "amount_minor": 1500, "at": at}
        first, second = queries.options(payer_phone="+221771234567", **asked)  # 77: Orange
        assert (first.provider, first.is_suggested) == ("orange_sonatel", True)
        assert (second.provider, second.is_suggested) == ("wave", False)

    def test_puts_a_wallet_that_does_not_answer_last_and_starts_nothing_with_it(self, at, monkeypatch):
        monkeypatch.setattr(gateway, "is_resting", lambda provider, market: provider == "wave")
        options = queries.options(country="SN", currency="XOF", amount_minor=1500, at=at)
        assert [(option.provider, option.is_resting) for option in options] == [
            ("orange_sonatel", False),
            ("wave", True),
        ]
        with pytest.raises(operations.WalletResting):
            start(at=at)

    def test_is_empty_where_nobody_collects(self, at):
        assert queries.options(country="GA", currency="XAF", amount_minor=1500, at=at) == ()


class TestFrozen:
    """The database keeps what was asked and what was booked, whoever writes."""

    @pytest.mark.parametrize("change", [{"amount_minor": 1}, {"state": "failed"}, {"entry_ref": ""}])
    def test_refuses_to_rewrite_a_settled_attempt(self, at, change):
        payment = apply(start(at=at), answer(Outcome.SUCCEEDED), at=at)
        with pytest.raises(Error), transaction.atomic():
            PaymentTransaction.objects.filter(pk=payment.id).update(**change)

    def test_refuses_to_remove_anything(self, at):
        payment = start(at=at)
        with pytest.raises(Error), transaction.atomic():
            PaymentTransaction.objects.get(pk=payment.id).events.all()._raw_delete("default")
        with pytest.raises(Error), transaction.atomic():
            PaymentTransaction.objects.filter(pk=payment.id)._raw_delete("default")


def test_a_customer_without_a_phone_may_pay(at):
    invoice = open_invoice(at=at, to=customer(phone=None))
    assert start(at=at, invoice=invoice, payer_phone=None).payer_phone_masked == ""
    assert PHONE not in str(PaymentTransaction.objects.values())


class TestStartFlood:
    def test_refuses_a_phone_with_too_many_payments_open_but_no_other(self, at):
        for _ in range(queries.OPEN_ATTEMPTS_PER_PHONE_MAX):
            start(at=at)
        with pytest.raises(operations.TooManyAttempts):
            start(at=at)
        assert start(at=at, payer_phone="+221771234568").state == "pending"
        assert start(at=later(at, hours=1)).state == "pending"
