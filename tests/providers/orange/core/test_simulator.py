"""The simulator speaks Cameroon's core API as its clients know it."""

import base64

import pytest
import requests

from providers import simulation

OWN = simulation.DEMO_CREDENTIALS["orange_core"]["CM"]
API = "omcoreapis/1.0.2"


def _base64(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def token(sim) -> dict:
    headers = {"Authorization": f"Basic {_base64(OWN.consumer_key, OWN.consumer_secret)}"}
    form = {"grant_type": "client_credentials"}
    return requests.post(f"{sim.base_url}/token", data=form, headers=headers, timeout=5).json()


def call(sim, method: str, path: str, auth: str = "", **more) -> requests.Response:
    headers = {
        "Authorization": f"Bearer {token(sim)['access_token']}",
        "X-AUTH-TOKEN": auth or _base64(OWN.api_user, OWN.api_password),
    }
    return requests.request(method, f"{sim.base_url}/{API}/{path}", headers=headers, timeout=5, **more)


def init(sim, family: str = "mp") -> str:
    return call(sim, "POST", f"{family}/init").json()["data"]["payToken"]


def order(pay_token: str, **changes) -> dict:
    return {
        "notifUrl": "",
        "channelUserMsisdn": OWN.channel_msisdn,
        "amount": "1500",
        "subscriberMsisdn": "691234111",
        "pin": OWN.pin,
        "orderId": "pay_01",
        "description": "Un livre",
        "payToken": pay_token,
        **changes,
    }


class TestApi:
    def test_tells_a_remaining_life(self, sim):
        assert token(sim)["expires_in"] == 2496

    def test_wants_both_tokens(self, sim):
        answer = call(sim, "POST", "mp/init", auth="nobodys")
        assert (answer.status_code, answer.json()["fault"]["code"]) == (401, 900902)
        bare = requests.post(f"{sim.base_url}/{API}/mp/init", timeout=5)
        assert (bare.status_code, bare.json()["fault"]["code"]) == (401, 900901)

    def test_walks_from_ticket_to_success(self, sim):
        pay_token = init(sim)
        paid = call(sim, "POST", "mp/pay", json=order(pay_token)).json()["data"]
        assert (paid["status"], paid["amount"], paid["txnmode"]) == ("PENDING", 1500, "pay_01")
        assert paid["confirmtxnstatus"] is None
        sim.approve(pay_token)
        told = call(sim, "GET", f"mp/paymentstatus/{pay_token}").json()["data"]
        assert (told["status"], told["confirmtxnstatus"]) == ("SUCCESSFULL", "200")

    def test_an_expired_record_is_null(self, sim):
        pay_token = init(sim)
        call(sim, "POST", "mp/pay", json=order(pay_token))
        sim.advance(600)
        told = call(sim, "GET", f"mp/paymentstatus/{pay_token}").json()["data"]
        assert told["status"] == "EXPIRED"
        assert {told[key] for key in ("amount", "txnid", "txnmode", "subscriberMsisdn")} == {None}

    def test_refuses_an_empty_wallet_with_417(self, sim):
        answer = call(sim, "POST", "mp/pay", json=order(init(sim), subscriberMsisdn="691234048"))
        assert answer.status_code == 417
        assert answer.json()["message"].startswith("60019 ::")
        assert answer.json()["data"]["status"] == "FAILED"

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": 1500},
            {"amount": "0"},
            {"amount": "15.5"},
            {"subscriberMsisdn": "237691234111"},
            {"pin": "9999"},
            {"orderId": None},
        ],
        ids=str,
    )
    def test_names_what_it_cannot_accept(self, sim, changes):
        assert call(sim, "POST", "mp/pay", json=order(init(sim), **changes)).status_code == 400

    def test_a_ticket_serves_once_and_for_its_own_family(self, sim):
        pay_token = init(sim)
        call(sim, "POST", "mp/pay", json=order(pay_token))
        assert call(sim, "POST", "mp/pay", json=order(pay_token)).status_code == 400
        assert call(sim, "POST", "cashin/pay", json=order(pay_token)).status_code == 404
        assert call(sim, "GET", f"cashin/paymentstatus/{pay_token}").status_code == 404

    def test_shows_the_prompt_on_the_phone(self, sim):
        pay_token = init(sim)
        call(sim, "POST", "mp/pay", json=order(pay_token))
        page = requests.get(f"{sim.base_url}/phone/?number=691234111", timeout=5).text
        assert pay_token in page
        requests.post(f"{sim.base_url}/phone/", data={"session": pay_token, "action": "approve"}, timeout=5)
        assert [movement["client_reference"] for movement in sim.movements()] == ["pay_01"]

    def test_pays_out_at_once(self, sim):
        pay_token = init(sim, "cashin")
        told = call(sim, "POST", "cashin/pay", json=order(pay_token, orderId="out_01")).json()["data"]
        assert told["status"] == "SUCCESSFULL"
        assert [movement["amount"] for movement in sim.movements()] == ["-1500"]
