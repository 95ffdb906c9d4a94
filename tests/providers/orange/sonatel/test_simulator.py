"""The simulator speaks Sonatel's API as specified and as observed, contradictions included."""

import base64
import json
from html import unescape

import pytest
import requests

from providers import simulation

OWN = simulation.DEMO_CREDENTIALS["orange_sonatel"]["SN"]
ORDER = {
    "code": OWN.merchant_code,
    "name": "Coko",
    "amount": {"value": 1500, "unit": "XOF"},
    "validity": 900,
    "callbackSuccessUrl": "https://coko.example/ok",
    "callbackCancelUrl": "https://coko.example/ko",
    "reference": "pay_01",
    "restrictions": {"isSingleUse": True},
}


def token(sim) -> dict:
    form = {"client_id": OWN.client_id, "client_secret": OWN.client_secret, "grant_type": "client_credentials"}
    return requests.post(f"{sim.base_url}/oauth/v1/token", data=form, timeout=5).json()


def call(sim, method: str, path: str, headers: dict | None = None, **more) -> requests.Response:
    bearer = {"Authorization": f"Bearer {token(sim)['access_token']}", "Content-Type": "application/json"}
    return requests.request(
        method, f"{sim.base_url}/api/{path}", headers={**bearer, **(headers or {})}, timeout=5, **more
    )


def create(sim, headers: dict | None = None, **changes) -> dict:
    answer = call(sim, "POST", "eWallet/v4/qrcode", headers, json={**ORDER, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestApi:
    def test_gives_tokens_for_299_seconds(self, sim):
        assert token(sim)["expires_in"] == 299

    def test_makes_a_picture_and_links(self, sim):
        made = create(sim)
        assert base64.b64decode(made["qrCode"]).startswith(b"\x89PNG")
        assert set(made["deepLinks"]) == {"MAXIT", "OM"}
        assert made["validity"] == 900

    @pytest.mark.parametrize(
        "changes",
        [
            {"code": "654321"},
            {"amount": {"value": 9, "unit": "XOF"}},
            {"amount": {"value": "1500", "unit": "XOF"}},
            {"amount": {"value": 1500, "unit": "XAF"}},
            {"validity": 86_401},
            {"name": ""},
        ],
        ids=str,
    )
    def test_names_what_it_cannot_accept(self, sim, changes):
        answer = call(sim, "POST", "eWallet/v4/qrcode", json={**ORDER, **changes})
        assert answer.status_code == 400
        assert answer.json()["code"] in ("23", "24")

    def test_wants_a_content_type_also_without_content(self, sim):
        answer = call(sim, "GET", "eWallet/v1/transactions", {"Content-Type": ""})
        assert answer.status_code == 415

    def test_searches_paid_codes_only_with_fractions_and_keys_of_its_own(self, sim):
        made = create(sim, metadata={"ours": "1"})
        search = "eWallet/v1/transactions?reference=pay_01"
        assert call(sim, "GET", search).json() == []
        sim.approve(made["qrId"])
        (found,) = call(sim, "GET", search).json()
        assert '"value":1500.0' in call(sim, "GET", search).text.replace(" ", "")
        assert found["metadata"] == {"ours": "1", "scope": "online-payment"}
        assert len(found["transactionId"]) == 20
        status = call(sim, "GET", f"eWallet/v1/transactions/{found['transactionId']}/status").json()
        assert status == {"status": "SUCCESS"}

    def test_finds_nothing_by_type(self, sim):
        sim.approve(create(sim)["qrId"])
        assert call(sim, "GET", "eWallet/v1/transactions?reference=pay_01&type=MERCHANT_PAYMENT").json() == []

    def test_pages_through_the_history(self, sim):
        for number in range(3):
            sim.approve(create(sim, reference=f"pay_{number}")["qrId"])
        pages = [call(sim, "GET", f"eWallet/v1/transactions?page={page}&size=2").json() for page in (0, 1, 2)]
        assert [[one["reference"] for one in page] for page in pages] == [["pay_0", "pay_1"], ["pay_2"], []]

    def test_registers_a_callback_with_an_empty_answer_and_shows_its_key(self, sim):
        path = "notification/v1/merchantcallback"
        document = {"code": OWN.merchant_code, "name": "Coko", "callbackUrl": "https://coko.example/n", "apiKey": "k"}
        assert call(sim, "POST", path, json=document).content == b""
        assert call(sim, "GET", path).json()[0]["apiKey"] == OWN.callback_key
        assert call(sim, "POST", path, json={**document, "callbackUrl": "http://coko.example/n"}).status_code == 400


class TestCallback:
    @pytest.fixture
    def sim(self, shop):
        with simulation.serve(retry_seconds=0.05) as running:
            yield running

    def paid(self, sim, shop, **headers: str) -> None:
        sim.approve(create(sim, headers or {"X-Callback-Url": f"{shop.url}/own"})["qrId"])

    def test_comes_with_key_id_and_signature(self, sim, shop):
        self.paid(sim, shop)
        ((path, headers, body),) = shop.wait_for(1)
        assert path == "/webhooks/own"
        assert headers["Authorization"] == f"Basic {OWN.callback_key}"
        assert headers["X-Sonatel-Signature"].startswith("t=")
        assert json.loads(body)["amount"] == {"value": 1500, "unit": "XOF"}

    def test_insists_after_5xx_under_the_same_id(self, sim, shop):
        shop.answers = [500, 503]
        self.paid(sim, shop)
        received = shop.wait_for(3)
        assert len(received) == 3
        assert len({headers["X-Sonatel-Idempotency-Key"] for _, headers, _ in received}) == 1

    def test_is_given_up_for_good_after_4xx(self, sim, shop):
        shop.answers = [400]
        self.paid(sim, shop)
        shop.wait_for(1)
        self.paid(sim, shop, **{"X-Callback-Url": f"{shop.url}/second"})
        assert [path for path, _, _ in shop.wait_for(2)] == ["/webhooks/own", "/webhooks/second"]
        assert [row["done"] for row in sim.deliveries()] == [1, 1]

    def test_goes_to_the_registered_address_when_none_is_named(self, sim, shop):
        document = {"code": OWN.merchant_code, "callbackUrl": f"{shop.url}/registered"}
        call(sim, "POST", "notification/v1/merchantcallback", json=document)
        self.paid(sim, shop, Accept="application/json")
        assert [path for path, _, _ in shop.wait_for(1)] == ["/webhooks/registered"]


class TestPayerPage:
    def act(self, made: dict, action: str) -> requests.Response:
        return requests.post(made["deepLink"], data={"action": action}, timeout=5, allow_redirects=False)

    def test_says_that_it_is_no_real_money_and_what_is_asked(self, sim):
        page = unescape(requests.get(create(sim)["deepLink"], timeout=5).text)
        assert "Simulateur Orange Money — démo, aucun argent réel" in page
        assert "Payer 1\u202f500\u00a0F\u00a0CFA" in page

    def test_pays_once_and_leads_back(self, sim):
        made = create(sim)
        assert self.act(made, "approve").headers["Location"] == ORDER["callbackSuccessUrl"]
        assert "Ce paiement est fait" in self.act(made, "approve").text
        assert len(sim.movements()) == 1

    @pytest.mark.parametrize("action", ["refuse", "fail"])
    def test_leads_back_unpaid(self, sim, action):
        assert self.act(create(sim), action).headers["Location"] == ORDER["callbackCancelUrl"]
        assert sim.movements() == []

    def test_says_when_the_code_is_over(self, sim):
        made = create(sim)
        sim.advance(900)
        assert "n’est plus valable" in self.act(made, "approve").text
        assert requests.get(f"{sim.base_url}/mp/none", timeout=5).status_code == 404
