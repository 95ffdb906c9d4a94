"""The simulators' server: notifications that insist, a book that survives, a command that ends cleanly."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from providers import registry, simulation
from providers.amounts import Amount
from providers.contract import Lookup, Outcome, PaymentRequest

ROOT = Path(__file__).resolve().parents[2]


def start(sim: simulation.Running, reference: str = "pay_01") -> str:
    request = PaymentRequest(reference, Amount(1500, "XOF"), None, "", "https://a.example/", "https://a.example/")
    started = registry.adapter("wave", "SN", environment=sim.environment).start_payment(request)
    assert started.provider_ref
    return started.provider_ref


def kinds(received) -> list[tuple[str, str]]:
    events = [json.loads(body) for _, _, body in received]
    return [(event["type"], event["data"]["id"]) for event in events]


@pytest.fixture
def telling(shop):
    """A simulator that notifies the shop."""
    with simulation.serve(webhooks_to=shop.url, retry_seconds=0.05) as running:
        yield running


class TestNotifications:
    def test_insist_until_they_are_taken(self, telling, shop):
        shop.answers = [500, 302, 404]
        session = start(telling)
        telling.approve(session)
        received = shop.wait_for(4)
        assert kinds(received) == [("checkout.session.completed", session)] * 4
        assert len({body for _, _, body in received}) == 1

    def test_tell_of_failed_tries_too(self, telling, shop):
        session = start(telling)
        telling.fail(session, code="insufficient-funds")
        telling.approve(session)
        assert kinds(shop.wait_for(2)) == [
            ("checkout.session.payment_failed", session),
            ("checkout.session.completed", session),
        ]

    def test_can_overtake_each_other(self, telling, shop):
        session = start(telling)
        telling.fault("webhook", "out_of_order", matching="payment_failed")
        telling.fail(session, code="payment-failure")
        telling.approve(session)
        assert [kind for kind, _ in kinds(shop.wait_for(2))] == [
            "checkout.session.completed",
            "checkout.session.payment_failed",
        ]

    def test_can_be_lost_or_late(self, telling, shop):
        telling.fault("webhook", "never", matching="pay_lost")
        telling.fault("webhook", "delay", seconds=0.3, matching="pay_late")
        for reference in ("pay_lost", "pay_late", "pay_usual"):
            telling.approve(start(telling, reference))
        received = [json.loads(body)["data"]["client_reference"] for _, _, body in shop.wait_for(2)]
        assert received == ["pay_usual", "pay_late"]
        assert len(telling.movements()) == 3


class TestBook:
    def test_survives_the_simulator(self, tmp_path, shop):
        book = tmp_path / "book.sqlite3"
        with simulation.serve(book=book, webhooks_to="http://127.0.0.1:1", retry_seconds=0.05) as sim:
            session = start(sim)
            sim.approve(session)
        with simulation.serve(book=book, webhooks_to=shop.url, retry_seconds=0.05) as sim:
            wave = registry.adapter("wave", "SN", environment=sim.environment)
            assert wave.fetch_payment(Lookup("pay_01", session)).outcome is Outcome.SUCCEEDED
            assert len(sim.movements()) == 1
            assert kinds(shop.wait_for(1)) == [("checkout.session.completed", session)]


class TestControl:
    @pytest.mark.parametrize(
        "order",
        [
            {},
            {"operation": "x", "kind": "moon"},
            {"operation": "x", "kind": "drop", "colour": 1},
            {"operation": "x", "kind": "never"},
        ],
        ids=str,
    )
    def test_refuses_a_fault_it_does_not_understand(self, sim, order):
        assert requests.post(f"{sim.base_url}/_control/faults", json=order, timeout=5).status_code == 400

    def test_makes_a_fault_happen_as_often_as_ordered(self, sim):
        sim.fault("balance", "error", times=2)
        key = simulation.DEMO_CREDENTIALS["wave"]["SN"].api_key
        codes = [
            requests.get(
                f"{sim.base_url}/v1/balance", headers={"Authorization": f"Bearer {key}"}, timeout=5
            ).status_code
            for _ in range(3)
        ]
        assert codes == [500, 500, 200]

    def test_forgets_faults_on_demand(self, sim):
        sim.fault("*", "error", times=5)
        waiting = requests.get(f"{sim.base_url}/_control/faults", timeout=5).json()["faults"]
        assert [fault["times"] for fault in waiting] == [5]
        sim.clear_faults()
        assert start(sim)

    def test_knows_only_sessions_there_are(self, sim):
        assert requests.post(f"{sim.base_url}/_control/approve/cos-unknown", timeout=5).status_code == 404

    def test_shows_how_notifications_fared(self, telling, shop):
        telling.approve(start(telling))
        shop.wait_for(1)
        assert [row["body"].count("checkout.session.completed") for row in telling.deliveries()] == [1]


class TestCommand:
    def test_serves_until_told_to_stop(self, tmp_path):
        command = [
            sys.executable,
            "manage.py",
            "simulate_providers",
            "--port",
            "0",
            "--book",
            str(tmp_path / "b" / "k"),
        ]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            announced = process.stdout.readline()
            session = start(simulation.Running(announced.split()[2].rstrip(";")))
            assert session.startswith("cos-")
            process.send_signal(signal.SIGTERM)
            assert "stopped" in process.stdout.read()
        assert process.returncode == 0
