"""Asking twice does once: replays, other bodies, runs that overlap, runs that died."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

import billing.payments.operations as payments
from billing.api import invoices as invoices_api
from billing.api import payments as payments_api
from billing.api.models import IdempotencyKey
from billing.payments.queries import payments_of_invoice
from tests.billing.api.conftest import order

DATABASES = ["default", "auth", "catalog"]


@pytest.mark.django_db(databases=DATABASES)
class TestKey:
    @pytest.mark.parametrize("key", ["", "x" * 256, "clé", "a\tb"])
    def test_must_be_printable_ascii_of_a_reasonable_length(self, client_a, key):
        answer = client_a.post("invoices/", order(), key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")

    def test_replays_the_same_bytes(self, client_a):
        first = client_a.post("invoices/", order(), key="k")
        again = client_a.post("invoices/", order(), key="k")
        assert "Idempotency-Replayed" not in first
        assert again["Idempotency-Replayed"] == "true"
        assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
        assert len(client_a.get("invoices/").json()["results"]) == 1

    def test_replays_a_refusal_as_a_problem(self, client_a):
        first = client_a.post("invoices/", order(items=[]), key="k")
        again = client_a.post("invoices/", order(items=[]), key="k")
        assert (again.status_code, again.content) == (400, first.content)
        assert again["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("other", [order(currency="EUR"), order(items=[])])
    def test_is_refused_for_another_body_and_nothing_is_done(self, client_a, other):
        client_a.post("invoices/", order(), key="k")
        answer = client_a.post("invoices/", other, key="k")
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert len(client_a.get("invoices/").json()["results"]) == 1

    def test_belongs_to_its_caller(self, client_a, client_b):
        mine = client_a.post("invoices/", order(), key="k").json()
        theirs = client_b.post("invoices/", order(), key="k")
        assert "Idempotency-Replayed" not in theirs
        assert theirs.json()["id"] != mine["id"]

    def test_belongs_to_its_route(self, client_a, opened, wave):
        invoice = opened(client_a)
        client_a.post("invoices/", order(), key="k")
        answer = client_a.post("payments/", {"invoice": invoice["id"], "provider": "wave"}, key="k")
        assert answer.status_code == 201

    def test_is_busy_while_the_first_runs(self, client_a):
        client_a.post("invoices/", order(), key="k")
        IdempotencyKey.objects.update(answered_at=None, status=None, locked_until=timezone.now() + timedelta(seconds=9))
        answer = client_a.post("invoices/", order(), key="k")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_busy")

    def test_is_free_again_after_a_bug(self, client_a, monkeypatch):
        def bug(**_):
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr(invoices_api.operations, "open_invoice", bug)
            assert client_a.post("invoices/", order(), key="k").status_code == 500
        assert client_a.post("invoices/", order(), key="k").status_code == 201

    def test_keeps_no_answer_that_says_too_often(self, client_a, monkeypatch):
        from rest_framework.exceptions import Throttled

        def throttled(**_):
            raise Throttled(wait=3)

        with monkeypatch.context() as slow:
            slow.setattr(invoices_api.operations, "open_invoice", throttled)
            refused = client_a.post("invoices/", order(), key="k")
            assert (refused.status_code, refused["Retry-After"]) == (429, "3")
        assert client_a.post("invoices/", order(), key="k").status_code == 201

    def test_finds_the_payment_of_a_run_that_died_after_starting_it(self, client_a, opened, wave, monkeypatch):
        asked = {"invoice": opened(client_a)["id"], "provider": "wave"}

        def die(*_, **__):
            raise SystemExit  # the process is killed between the payment and the answer

        with monkeypatch.context() as dying:
            dying.setattr(payments_api.PaymentTold, "of", die)
            with pytest.raises(SystemExit):
                client_a.post("payments/", asked, key="k")
        (begun,) = payments_of_invoice(asked["invoice"])
        IdempotencyKey.objects.filter(key="k").update(locked_until=timezone.now())
        answer = client_a.post("payments/", asked, key="k")
        assert (answer.status_code, answer.json()["id"]) == (201, begun.id)

    def test_keeps_its_answer_sealed(self, client_a):
        asked = {"url": "http://127.0.0.1:9/hook"}
        told = client_a.post("webhook-endpoints/", asked, key="k")
        row = IdempotencyKey.objects.get(key="k")
        assert told.json()["secret"].startswith("whsec_")
        assert b"whsec_" not in bytes(row.body)
        assert told.json()["id"].encode() not in bytes(row.body)
        assert client_a.post("webhook-endpoints/", asked, key="k").content == told.content


@pytest.mark.django_db(databases=DATABASES, transaction=True)
class TestRunGivenUpForDead:
    """The first run comes back from the dead after a second one took its place and answered."""

    def test_takes_back_what_it_did_and_leaves_the_second_answer(self, client_a, monkeypatch):
        real, seconds = invoices_api.operations.open_invoice, []

        def slow(**asked):
            monkeypatch.setattr(invoices_api.operations, "open_invoice", real)
            seconds.extend(_at_once(1, lambda: _asked_again(client_a, "invoices/", order())))
            return real(**asked)

        monkeypatch.setattr(invoices_api.operations, "open_invoice", slow)
        first = client_a.post("invoices/", order(), key="k")
        (second,) = seconds
        assert (first.status_code, first.json()["code"]) == (409, "idempotency_key_busy")
        assert second.status_code == 201
        assert [one["id"] for one in client_a.get("invoices/").json()["results"]] == [second.json()["id"]]
        assert client_a.post("invoices/", order(), key="k").content == second.content

    def test_that_called_out_is_told_what_it_did(self, client_a, opened, wave, monkeypatch):
        asked = {"invoice": opened(client_a)["id"], "provider": "wave"}
        real, seconds = payments_api.operations.start, []

        def slow(**wanted):
            monkeypatch.setattr(payments_api.operations, "start", real)
            fact = real(**wanted)
            seconds.extend(_at_once(1, lambda: _asked_again(client_a, "payments/", asked)))
            return fact

        monkeypatch.setattr(payments_api.operations, "start", slow)
        first = client_a.post("payments/", asked, key="k")
        (second,) = seconds
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["id"] == second.json()["id"]
        assert client_a.post("payments/", asked, key="k").content == second.content


@pytest.mark.django_db(databases=DATABASES, transaction=True)
class TestSameInstant:
    def test_makes_one_payment(self, client_a, opened, wave):
        asked = {"invoice": opened(client_a)["id"], "provider": "wave"}
        answers = _at_once(12, lambda: client_a.post("payments/", asked, key="one"))
        assert {answer.status_code for answer in answers} <= {201, 409}
        made = {answer.content for answer in answers if answer.status_code == 201}
        assert len(made) == 1
        assert all(json.loads(a.content)["code"] == "idempotency_key_busy" for a in answers if a.status_code == 409)
        assert len(payments_of_invoice(asked["invoice"])) == 1
        assert client_a.post("payments/", asked, key="one").content in made

    def test_with_other_keys_makes_one_open_attempt(self, client_a, opened, wave):
        asked = {"invoice": opened(client_a)["id"], "provider": "wave"}
        answers = _at_once(8, lambda: client_a.post("payments/", asked, key=f"k{threading.get_ident()}"))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
        (only,) = payments_of_invoice(asked["invoice"])
        assert payments.queries.payment(only.id).state == "pending"

    def test_opens_one_invoice(self, client_a):
        answers = _at_once(8, lambda: client_a.post("invoices/", order(), key="one"))
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        assert len(client_a.get("invoices/").json()["results"]) == 1


def _asked_again(caller, path, asked):
    """With the same key, when the first run's lock has just run out."""
    IdempotencyKey.objects.filter(key="k").update(locked_until=timezone.now())
    return caller.post(path, asked, key="k")


def _at_once(count, ask):
    barrier, answers = threading.Barrier(count), []

    def run():
        try:
            barrier.wait()
            answers.append(ask())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers
