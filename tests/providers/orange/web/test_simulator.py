"""The simulator speaks Web Payment as documented, and its page asks a person for number and code."""

import base64
import re
from html import unescape

import pytest
import requests

from providers import simulation

OWN = simulation.DEMO_CREDENTIALS["orange"]["CI"]
ORDER = {
    "merchant_key": OWN.merchant_key,
    "currency": "XOF",
    "order_id": "pay_01",
    "amount": 1500,
    "return_url": "https://coko.example/ok",
    "cancel_url": "https://coko.example/ko",
    "notif_url": "https://coko.example/n",
    "lang": "fr",
    "reference": "Coko",
}


def token(sim, path: str = "/oauth/v3/token", accept: str = "application/json") -> requests.Response:
    basic = base64.b64encode(f"{OWN.client_id}:{OWN.client_secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Accept": accept}
    return requests.post(f"{sim.base_url}{path}", data={"grant_type": "client_credentials"}, headers=headers, timeout=5)


def call(sim, what: str, document: dict, bearer: str | None = None, country: str = "ci") -> requests.Response:
    bearer = token(sim).json()["access_token"] if bearer is None else bearer
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    url = f"{sim.base_url}/orange-money-webpay/{country}/v1/{what}"
    return requests.post(url, json=document, headers=headers, timeout=5)


def create(sim, **changes) -> dict:
    answer = call(sim, "webpayment", {**ORDER, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestApi:
    def test_creates_with_the_documented_answer(self, sim):
        created = create(sim)
        assert (created["status"], created["message"]) == (201, "OK")
        assert re.fullmatch(r"[0-9a-f]{64}", created["pay_token"])
        assert re.fullmatch(r"[0-9a-f]{32}", created["notif_token"])

    @pytest.mark.parametrize(("path", "accept", "status"), [
        ("/oauth/v3/token", "application/json", 200),
        ("/oauth/v3/token", "*/*", 406),
        ("/oauth/v2/token", "*/*", 200),
    ])  # fmt: skip
    def test_gives_tokens_the_old_way_and_the_new(self, sim, path, accept, status):
        assert token(sim, path, accept).status_code == status

    @pytest.mark.parametrize(("bearer", "code"), [("", 40), ("nobodys", 42)])
    def test_wants_a_token(self, sim, bearer, code):
        answer = call(sim, "webpayment", ORDER, bearer)
        assert (answer.status_code, answer.json()["code"]) == (401, code)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"order_id": "x" * 31}, 24),
            ({"reference": "x" * 31}, 24),
            ({"amount": "1500"}, 24),
            ({"amount": 0}, 24),
            ({"currency": "XAF"}, 24),
            ({"lang": "wo"}, 24),
            ({"merchant_key": "another"}, 24),
            ({"notif_url": None}, 23),
        ],
    )
    def test_names_what_it_cannot_accept(self, sim, changes, code):
        answer = call(sim, "webpayment", {**ORDER, **changes})
        assert (answer.status_code, answer.json()["code"]) == (400, code)

    def test_lives_ten_minutes(self, sim):
        created = create(sim)
        asked = {"order_id": "pay_01", "amount": 1500, "pay_token": created["pay_token"]}
        assert call(sim, "transactionstatus", asked).json()["status"] == "INITIATED"
        sim.advance(600)
        assert call(sim, "transactionstatus", asked).json()["status"] == "EXPIRED"

    @pytest.mark.parametrize("missing", ["order_id", "amount", "pay_token"])
    def test_wants_all_three_to_tell_the_status(self, sim, missing):
        asked = {"order_id": "pay_01", "amount": 1500, "pay_token": create(sim)["pay_token"]}
        del asked[missing]
        assert call(sim, "transactionstatus", asked).json()["code"] == 23


class TestNotification:
    @pytest.fixture
    def sim(self, shop):
        with simulation.serve(retry_seconds=0.05) as running:
            yield running

    def test_says_three_words_once(self, sim, shop):
        shop.answers = [500]
        created = create(sim, notif_url=f"{shop.url}/x")
        sim.approve("pay_01")
        ((_, _, body),) = shop.wait_for(1)
        said = requests.models.complexjson.loads(body)
        assert set(said) == {"status", "notif_token", "txnid"}
        assert said["notif_token"] == created["notif_token"]
        sim.approve(create(sim, order_id="pay_02", notif_url=f"{shop.url}/y") and "pay_02")
        assert [path for path, _, _ in shop.wait_for(2)] == ["/webhooks/x", "/webhooks/y"]

    def test_goes_nowhere_else(self, sim):
        create(sim)
        sim.approve("pay_01")
        assert sim.deliveries() == []


class TestPayerPage:
    def act(self, created: dict, **form: str) -> requests.Response:
        return requests.post(created["payment_url"], data=form, timeout=5, allow_redirects=False)

    def dial(self, created: dict, phone: str = "0700000111") -> str:
        page = self.act(created, action="dial", phone=phone).text
        found = re.search(r"<strong>(\d{6})</strong>", page)
        assert found is not None
        return found[1]

    def test_says_that_it_is_no_real_money_and_what_is_asked(self, sim):
        page = unescape(requests.get(create(sim)["payment_url"], timeout=5).text)
        assert "Simulateur Orange Money — démo, aucun argent réel" in page
        assert "1\u202f500\u00a0F\u00a0CFA" in page

    def test_pays_with_number_and_code_and_leads_back(self, sim):
        created = create(sim)
        answer = self.act(created, action="pay", phone="0700000111", code=self.dial(created))
        assert (answer.status_code, answer.headers["Location"]) == (303, ORDER["return_url"])
        assert [movement["amount"] for movement in sim.movements()] == ["1500"]

    @pytest.mark.parametrize(("phone", "code"), [("0700000111", "000"), ("0700000222", None), ("", "")])
    def test_takes_nobody_elses_code(self, sim, phone, code):
        created = create(sim)
        right = self.dial(created)
        answer = self.act(created, action="pay", phone=phone, code=right if code is None else code)
        assert "Code incorrect" in answer.text
        assert sim.movements() == []

    def test_takes_a_code_once(self, sim):
        first, second = create(sim), create(sim, order_id="pay_02")
        code = self.dial(first)
        self.act(first, action="pay", phone="0700000111", code=code)
        assert "Code incorrect" in self.act(second, action="pay", phone="0700000111", code=code).text
        assert len(sim.movements()) == 1

    @pytest.mark.parametrize("form", [{"action": "refuse"}, {"action": "pay", "phone": "0700000048"}])
    def test_leads_back_unpaid(self, sim, form):
        created = create(sim)
        if form["action"] == "pay":
            form = {**form, "code": self.dial(created, form["phone"])}
        answer = self.act(created, **form)
        assert (answer.status_code, answer.headers["Location"]) == (303, ORDER["cancel_url"])
        assert sim.movements() == []

    def test_says_when_the_time_is_over(self, sim):
        created = create(sim)
        code = self.dial(created)
        sim.advance(600)
        assert "Le délai pour payer est passé" in self.act(created, action="pay", phone="0700000111", code=code).text
        assert sim.movements() == []

    def test_does_not_know_every_address(self, sim):
        assert requests.get(f"{sim.base_url}/payment/pay_token/none", timeout=5).status_code == 404
        assert (
            requests.post(f"{sim.base_url}/payment/pay_token/none", data={"action": "refuse"}, timeout=5).status_code
            == 404
        )
