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


PAYOUT = {"currency": "XOF", "receive_amount": "5000", "mobile": "+221771234111", "client_reference": "out_01"}


def pay_out(
    sim, order: dict | None = None, *, key: str = "out_01", path: str = "payout", **changes
) -> requests.Response:
    headers = {"Authorization": f"Bearer {KEY}", **({"Idempotency-Key": key} if key else {})}
    body = {**(PAYOUT if order is None else order), **changes}
    return requests.post(f"{sim.base_url}/v1/{path}", headers=headers, json=body, timeout=5)


class TestPayoutApi:
    def test_pays_at_once_and_shows_the_payout(self, sim):
        payout = pay_out(sim, name="Awa Demo", payment_reason="Redevances").json()
        assert payout["id"].startswith("pt-")
        assert len(payout["id"]) <= 20
        assert (payout["status"], payout["fee"], payout["receive_amount"]) == ("succeeded", "50", "5000")
        assert call(sim, "GET", f"payout/{payout['id']}").json() == payout
        found = call(sim, "GET", "payouts/search", params={"client_reference": "out_01"}).json()
        assert found == {"result": [payout]}
        assert call(sim, "GET", "payouts/search", params={"client_reference": "out_02"}).json() == {"result": []}

    def test_pays_twice_under_two_keys(self, sim):
        """The danger every client must know of."""
        assert pay_out(sim).json()["id"] == pay_out(sim).json()["id"]
        assert pay_out(sim, key="out_02").json()["id"] != pay_out(sim).json()["id"]
        assert len(sim.movements()) == 2

    def test_tells_a_key_that_comes_with_another_body(self, sim):
        pay_out(sim)
        answer = pay_out(sim, receive_amount="6000")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-mismatch")

    @pytest.mark.parametrize(
        ("ending", "status", "where"),
        [("048", 422, "error"), ("058", 422, "error_code"), ("068", 200, "payout_error")],
    )
    def test_says_no_in_each_of_waves_shapes(self, sim, ending, status, where):
        answer = pay_out(sim, mobile=f"+221771234{ending}")
        assert (answer.status_code, where in answer.json()) == (status, True)
        assert sim.movements() == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"receive_amount": 5000}, "request-validation-error"),
            ({"receive_amount": "5000.00"}, "request-validation-error"),
            ({"receive_amount": "0"}, "request-validation-error"),
            ({"mobile": "771234111"}, "request-validation-error"),
            ({"payment_reason": "x" * 41}, "request-validation-error"),
            ({"client_reference": "x" * 256}, "request-validation-error"),
            ({"currency": "XAF"}, "currency-mismatch"),
            ({"mobile": "+2250707123456"}, "country-mismatch"),
            ({"key": ""}, "request-validation-error"),
            ({"key": "x" * 256}, "request-validation-error"),
        ],
        ids=str,
    )
    def test_names_what_it_cannot_accept(self, sim, changes, code):
        answer = pay_out(sim, **changes)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert sim.movements() == []

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "payout/pt-unknown"), ("POST", "payout/pt-unknown/reverse"), ("GET", "payout-batch/pb-unknown")],
    )
    def test_does_not_know_every_id(self, sim, method, path):
        answer = call(sim, method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    def test_keeps_wallets_apart(self, sim):
        payout = pay_out(sim).json()
        other = simulation.DEMO_CREDENTIALS["wave"]["CI"].api_key
        assert call(sim, "GET", f"payout/{payout['id']}", key=other).status_code == 404
        assert (
            call(sim, "GET", "payouts/search", key=other, params={"client_reference": "out_01"}).json()["result"] == []
        )

    def test_reverses_with_an_empty_answer_however_often(self, sim):
        payout = pay_out(sim).json()
        answers = [call(sim, "POST", f"payout/{payout['id']}/reverse") for _ in range(2)]
        assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 2
        assert call(sim, "GET", f"payout/{payout['id']}").json()["status"] == "reversed"
        assert call(sim, "GET", "balance").json()["amount"] == "0"

    @pytest.mark.parametrize("payouts", [None, [], "x", [1]])
    def test_wants_a_list_for_a_batch(self, sim, payouts):
        assert pay_out(sim, {"payouts": payouts}, path="payout-batch").status_code == 400

    def test_answers_a_batch_with_its_id_and_then_with_each(self, sim):
        orders = [
            {**PAYOUT, "client_reference": f"out_{number}", "mobile": f"+2217712341{number}"} for number in (10, 11)
        ]
        answer = pay_out(sim, {"payouts": orders}, key="bat_01", path="payout-batch").json()
        assert list(answer) == ["id"]
        sim.advance(2)
        batch = call(sim, "GET", f"payout-batch/{answer['id']}").json()
        assert batch["status"] == "complete"
        assert [payout["batch_id"] for payout in batch["payouts"]] == [answer["id"]] * 2


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
