"""The simulator speaks Wave's API as documented, and its page lets a person be the payer."""

from html import unescape

import pytest
import requests

from providers import simulation

KEY = simulation.DEMO_CREDENTIALS["wave"]["SN"].api_key
ORDER = {
    "amount": "1500",
    "currency": "XOF",
    "client_reference": "pay_01",
    "success_url": "https://coko.example/ok",
    "error_url": "https://coko.example/ko",
}


def call(sim, method: str, path: str, *, key: str | None = KEY, **more) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.request(method, f"{sim.base_url}/v1/{path}", headers=headers, timeout=5, **more)


def create(sim, **changes) -> dict:
    answer = call(sim, "POST", "checkout/sessions", json={**ORDER, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestApi:
    def test_creates_an_open_session_of_thirty_minutes(self, sim):
        session = create(sim)
        assert session["id"].startswith("cos-")
        assert len(session["id"]) <= 20
        assert (session["checkout_status"], session["payment_status"]) == ("open", "processing")
        assert "transaction_id" not in session
        assert call(sim, "GET", f"checkout/sessions/{session['id']}").json() == session
        sim.advance(1770)
        assert call(sim, "GET", f"checkout/sessions/{session['id']}").json()["checkout_status"] == "open"
        sim.advance(30)
        assert call(sim, "GET", f"checkout/sessions/{session['id']}").json()["checkout_status"] == "expired"

    def test_makes_a_second_session_for_the_same_reference(self, sim):
        first, second = create(sim), create(sim)
        found = call(sim, "GET", "checkout/sessions/search", params={"client_reference": "pay_01"}).json()
        assert [session["id"] for session in found["result"]] == [first["id"], second["id"]]

    @pytest.mark.parametrize(
        ("key", "code"), [(None, "missing-auth-header"), ("nobody", "no-matching-api-key")], ids=["none", "wrong"]
    )
    def test_wants_a_key(self, sim, key, code):
        answer = call(sim, "GET", "balance", key=key)
        assert (answer.status_code, answer.json()["code"]) == (401, code)

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": 1500},
            {"amount": "1500.00"},
            {"amount": "0150"},
            {"amount": "0"},
            {"amount": "-5"},
            {"currency": "XAF"},
            {"success_url": "http://coko.example/ok"},
            {"error_url": None},
            {"client_reference": "x" * 256},
            {"restrict_payer_mobile": "771234567"},
        ],
        ids=str,
    )
    def test_names_what_it_cannot_accept(self, sim, changes):
        answer = call(sim, "POST", "checkout/sessions", json={**ORDER, **changes})
        assert answer.status_code == 400
        assert answer.json()["code"] == "request-validation-error"
        assert answer.json()["details"][0]["loc"] == ["body", next(iter(changes))]

    def test_keeps_wallets_apart(self, sim):
        session = create(sim)
        other = simulation.DEMO_CREDENTIALS["wave"]["CI"].api_key
        answer = call(sim, "GET", f"checkout/sessions/{session['id']}", key=other)
        assert (answer.status_code, answer.json()["code"]) == (404, "checkout-session-not-found")

    def test_expires_once(self, sim):
        session = create(sim)
        assert call(sim, "POST", f"checkout/sessions/{session['id']}/expire").status_code == 200
        assert call(sim, "POST", f"checkout/sessions/{session['id']}/expire").status_code == 409
        assert call(sim, "POST", "checkout/sessions/cos-unknown/expire").status_code == 404

    def test_shows_the_wallet_net_of_one_percent(self, sim):
        session = create(sim, amount="1550")
        sim.approve(session["id"])
        items = call(sim, "GET", "transactions").json()["items"]
        assert [(item["amount"], item["fee"], item["transaction_type"]) for item in items] == [
            ("1534", "16", "api_checkout")
        ]
        assert call(sim, "GET", "balance").json() == {"amount": "1534", "currency": "XOF"}
        by_transaction = {"transaction_id": items[0]["transaction_id"]}
        assert call(sim, "GET", "checkout/sessions", params=by_transaction).json()["id"] == session["id"]
        assert call(sim, "POST", f"checkout/sessions/{session['id']}/refund").content == b""
        assert call(sim, "GET", "balance").json()["amount"] == "0"

    def test_pages_through_the_day(self, sim):
        for _ in range(3):
            sim.approve(create(sim)["id"])
        first = call(sim, "GET", "transactions", params={"first": 2}).json()
        assert first["page_info"]["has_next_page"]
        after = first["page_info"]["end_cursor"]
        rest = call(sim, "GET", "transactions", params={"first": 2, "after": after}).json()
        assert not rest["page_info"]["has_next_page"]
        assert [len(first["items"]), len(rest["items"])] == [2, 1]


class TestPayerPage:
    def act(self, session: dict, **form: str) -> requests.Response:
        return requests.post(session["wave_launch_url"], data=form, timeout=5, allow_redirects=False)

    def test_says_that_it_is_no_real_money_and_what_is_asked(self, sim):
        page = unescape(requests.get(create(sim)["wave_launch_url"], timeout=5).text)
        assert "Simulateur Wave — démo, aucun argent réel" in page
        assert "Payer 1\u202f500\u00a0F\u00a0CFA" in page
        assert "Coko (démo)" in page

    def test_pays_and_leads_back(self, sim):
        session = create(sim)
        answer = self.act(session, action="approve")
        assert (answer.status_code, answer.headers["Location"]) == (303, ORDER["success_url"])
        assert [movement["session"] for movement in sim.movements()] == [session["id"]]

    @pytest.mark.parametrize("form", [{"action": "refuse"}, {"action": "fail", "code": "insufficient-funds"}])
    def test_leads_back_unpaid(self, sim, form):
        answer = self.act(create(sim), **form)
        assert (answer.status_code, answer.headers["Location"]) == (303, ORDER["error_url"])
        assert sim.movements() == []

    def test_lets_the_payer_try_again_after_a_failed_try(self, sim):
        session = create(sim)
        self.act(session, action="fail", code="insufficient-funds")
        assert "solde insuffisant" in unescape(requests.get(session["wave_launch_url"], timeout=5).text)
        assert self.act(session, action="approve").headers["Location"] == ORDER["success_url"]

    def test_pays_once_however_often_the_button_is_pressed(self, sim):
        session = create(sim)
        self.act(session, action="approve")
        again = self.act(session, action="approve")
        assert again.status_code == 200
        assert "Ce paiement est fait" in again.text
        assert len(sim.movements()) == 1

    def test_says_when_the_time_is_over(self, sim):
        session = create(sim)
        sim.advance(1800)
        assert "Le délai pour payer est passé" in self.act(session, action="approve").text
        assert sim.movements() == []

    def test_does_not_know_every_address(self, sim):
        assert requests.get(f"{sim.base_url}/c/cos-unknown", timeout=5).status_code == 404
