"""The simulator as MTN's API: what it insists on, what it tells, what it forgets."""

import http.client
import json
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from providers import callback_token, registry, simulation
from providers.contract import Arrival, Lookup, Outcome
from providers.mtn.demo import NEW_PREFIX, SANDBOX_KEYS
from tests.providers.mtn.conftest import payout, request

OWN = simulation.DEMO_CREDENTIALS["mtn"]["CI"]
KEY = {"Ocp-Apim-Subscription-Key": SANDBOX_KEYS["collection"]}
ORDER: dict[str, Any] = {
    "amount": "1500",
    "currency": "XOF",
    "externalId": "pay_01",
    "payer": {"partyIdType": "MSISDN", "partyId": "2250701020111"},
    "payerMessage": "Un livre",
    "payeeNote": "pay 01",
}


def token(sim, product: str = "collection") -> str:
    pair = (OWN.legacy_user, OWN.legacy_secret)
    key = OWN.collection_key
    if product == "disbursement":
        pair, key = (OWN.legacy_payout_user, OWN.legacy_payout_secret), OWN.disbursement_key
    answer = requests.post(
        f"{sim.base_url}/{product}/token/", auth=pair, headers={"Ocp-Apim-Subscription-Key": key}, timeout=5
    )
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("access_token", 3600)
    return answer.json()["access_token"]


def call(sim, method: str, path: str, *, headers: dict[str, str | None] | None = None, **kwargs: Any):
    product = path.partition("/")[0]
    usual: dict[str, str | None] = {
        "Authorization": f"Bearer {token(sim, product)}",
        "Ocp-Apim-Subscription-Key": OWN.collection_key if product == "collection" else OWN.disbursement_key,
        "X-Target-Environment": "mtnivorycoast",
    }
    if method == "POST":
        usual["X-Reference-Id"] = str(uuid.uuid4())
    sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
    return requests.request(method, f"{sim.base_url}/{path}", headers=sent, timeout=5, **kwargs)


class TestProvisioning:
    def create(self, sim, user: str, **changes: Any) -> requests.Response:
        body = {"providerCallbackHost": "coko.example", **changes}
        headers = {**KEY, "X-Reference-Id": user}
        return requests.post(f"{sim.base_url}/v1_0/apiuser", json=body, headers=headers, timeout=5)

    def test_makes_a_user_once_and_keys_anew(self, sim):
        user = str(uuid.uuid4())
        assert (self.create(sim, user).status_code, self.create(sim, user).status_code) == (201, 409)
        users = f"{sim.base_url}/v1_0/apiuser/{user}"
        keys = [requests.post(f"{users}/apikey", headers=KEY, timeout=5).json()["apiKey"] for _ in range(2)]
        assert [len(key) for key in keys] == [32, 32]
        answers = [
            requests.post(f"{sim.base_url}/collection/token/", auth=(user, key), headers=KEY, timeout=5) for key in keys
        ]
        assert [answer.status_code for answer in answers] == [401, 200]

    @pytest.mark.parametrize("user", ["", "me", "6ec92360-eae3-11f1-9d27-02fc00000001", "0" * 36])
    def test_wants_a_uuid_of_version_4(self, sim, user):
        assert self.create(sim, user).status_code == 400

    @pytest.mark.parametrize("host", [None, "", "https://coko.example", "coko.example/hook"])
    def test_wants_a_bare_host(self, sim, host):
        assert self.create(sim, str(uuid.uuid4()), providerCallbackHost=host).status_code == 400

    def test_knows_its_users_and_keys(self, sim):
        unknown = f"{sim.base_url}/v1_0/apiuser/{uuid.uuid4()}"
        assert requests.get(unknown, headers=KEY, timeout=5).status_code == 404
        refused = requests.get(unknown, timeout=5)
        assert (refused.status_code, refused.json()["statusCode"]) == (401, 401)


class TestToken:
    def raw(self, sim, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        """A request exactly as given, without the Content-Length that libraries add."""
        parts = urlsplit(sim.base_url)
        line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        line.putrequest("POST", path)
        for name, value in headers.items():
            line.putheader(name, value)
        line.endheaders()
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer

    def test_is_411_without_a_length_and_400_with_a_body(self, sim):
        answer = self.raw(sim, "/collection/token/", {"Ocp-Apim-Subscription-Key": OWN.collection_key})
        assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (411, "text/html")
        pair, key = (OWN.legacy_user, OWN.legacy_secret), {"Ocp-Apim-Subscription-Key": OWN.collection_key}
        url = f"{sim.base_url}/collection/token/"
        assert requests.post(url, auth=pair, headers=key, data="{}", timeout=5).status_code == 400

    def test_is_refused_in_two_forms(self, sim):
        url, key = f"{sim.base_url}/collection/token/", {"Ocp-Apim-Subscription-Key": OWN.collection_key}
        wrong = requests.post(url, auth=(OWN.legacy_user, "x"), headers=key, timeout=5)
        assert (wrong.status_code, wrong.json()) == (401, {"error": "login_failed"})
        mixed = requests.post(
            url,
            auth=(OWN.legacy_user, OWN.legacy_secret),
            headers={"Ocp-Apim-Subscription-Key": OWN.disbursement_key},
            timeout=5,
        )
        assert (mixed.status_code, mixed.json()["statusCode"], "code" in mixed.json()) == (401, 401, False)

    def test_stays_good_when_another_is_made_and_ends_after_an_hour(self, sim):
        first = {"Authorization": f"Bearer {token(sim)}"}
        token(sim)
        assert call(sim, "GET", "collection/v1_0/account/balance", headers=first).status_code == 200
        sim.advance(3600)
        assert call(sim, "GET", "collection/v1_0/account/balance", headers=first).status_code == 401

    def test_is_good_for_its_product_and_platform_only(self, sim):
        collecting = {"Authorization": f"Bearer {token(sim)}"}
        assert call(sim, "GET", "disbursement/v1_0/account/balance", headers=collecting).status_code == 401
        elsewhere = {**collecting, "Ocp-Apim-Subscription-Key": OWN.collection_key, "User-Agent": "coko/1"}
        url = f"{sim.base_url}{NEW_PREFIX}/collection/v1_0/account/balance"
        assert requests.get(url, headers=elsewhere, timeout=5).status_code == 401


class TestRequestToPay:
    def ask(self, sim, headers=None, **changes: Any) -> requests.Response:
        return call(sim, "POST", "collection/v1_0/requesttopay", headers=headers, json={**ORDER, **changes})

    def test_is_202_without_a_body(self, sim):
        answer = self.ask(sim)
        assert (answer.status_code, answer.content) == (202, b"")

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": 1500},
            {"amount": "1500.00"},
            {"amount": "0150"},
            {"amount": "0"},
            {"amount": "-5"},
            {"externalId": None},
            {"payer": None},
            {"payer": {"partyIdType": "MSISDN", "partyId": "+2250701020111"}},
            {"payer": {"partyIdType": "PHONE", "partyId": "2250701020111"}},
            {"payer": {"partyIdType": "EMAIL", "partyId": ""}},
            {"payerMessage": "l'été"},
            {"payeeNote": "toi & moi"},
            {"payerMessage": "x" * 161},
            {"payerMessage": None},
        ],
        ids=str,
    )
    def test_is_400_for_what_it_cannot_accept(self, sim, changes):
        assert self.ask(sim, **changes).status_code == 400

    @pytest.mark.parametrize("payer", [{"partyIdType": "EMAIL", "partyId": "a@b.example"}])
    def test_takes_other_kinds_of_parties(self, sim, payer):
        assert self.ask(sim, payer=payer).status_code == 202

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Reference-Id": None},
            {"X-Reference-Id": "0192f0c1-2b3c-7def-8abc-0123456789ab"},  # version 7
            {"X-Reference-Id": "pay_01"},
            {"X-Callback-Url": ""},
        ],
        ids=str,
    )
    def test_is_400_for_headers_it_cannot_accept(self, sim, headers):
        assert self.ask(sim, headers=headers).status_code == 400

    def test_is_500_for_what_is_permanent(self, sim):
        answer = self.ask(sim, currency="XAF")
        assert (answer.status_code, answer.json()["code"]) == (500, "INVALID_CURRENCY")
        answer = self.ask(sim, headers={"X-Target-Environment": None})
        assert (answer.status_code, answer.json()["code"]) == (500, "NOT_ALLOWED_TARGET_ENVIRONMENT")

    def test_is_409_for_an_id_used_before_whatever_the_body(self, sim):
        ref = {"X-Reference-Id": str(uuid.uuid4())}
        assert self.ask(sim, headers=ref).status_code == 202
        answer = self.ask(sim, headers=ref, amount="7")
        assert (answer.status_code, answer.json()["code"]) == (409, "RESOURCE_ALREADY_EXIST")

    def test_shows_the_payer_what_is_asked(self, sim):
        self.ask(sim)
        page = requests.get(f"{sim.base_url}/phone/", timeout=5).text
        assert "1500 XOF à Coko (démo) — Un livre" in page
        assert "+2250701020111" in page

    @pytest.mark.parametrize(
        ("suffix", "status", "reason"),
        [
            ("789", "SUCCESSFUL", None),
            ("039", "FAILED", "APPROVAL_REJECTED"),
            ("029", "FAILED", "PAYER_NOT_FOUND"),
            ("048", "FAILED", "NOT_ENOUGH_FUNDS"),
            ("058", "FAILED", "PAYER_LIMIT_REACHED"),
        ],
    )
    def test_is_answered_by_scripted_payers(self, sim, shop, suffix, status, reason):
        ref = str(uuid.uuid4())
        payer = {"partyIdType": "MSISDN", "partyId": f"2250701020{suffix}"}
        headers = {"X-Reference-Id": ref, "X-Callback-Url": f"{shop.url}/mtn/CI/x"}
        self.ask(sim, headers=headers, payer=payer)
        ((_, _, body),) = shop.wait_for(1)
        told = json.loads(body)
        assert (told["status"], told.get("reason")) == (status, reason)
        assert call(sim, "GET", f"collection/v1_0/requesttopay/{ref}").json() == told


class TestPreapproval:
    @pytest.mark.parametrize("changes", [{"validityTime": "60"}, {"validityTime": 0}, {"payer": {}}], ids=str)
    def test_is_400_for_what_it_cannot_accept(self, sim, changes):
        order = {"payer": ORDER["payer"], "payerCurrency": "XOF", "payerMessage": "Oui", "validityTime": 60}
        assert call(sim, "POST", "collection/v2_0/preapproval", json={**order, **changes}).status_code == 400
        assert call(sim, "POST", "collection/v2_0/preapproval", json=order).status_code == 202

    def test_that_nobody_approved_cannot_be_ended(self, sim):
        assert call(sim, "DELETE", "collection/v1_0/preapproval/1").status_code == 404


class TestBalance:
    def test_is_of_one_wallet_in_its_currency(self, sim):
        assert call(sim, "GET", "collection/v1_0/account/balance").json() == {
            "availableBalance": "0",
            "currency": "XOF",
        }
        assert call(sim, "GET", "disbursement/v1_0/account/balance/XOF").json()["availableBalance"] == "10000000"
        assert call(sim, "GET", "collection/v1_0/account/balance/XAF").json()["code"] == "INVALID_CURRENCY"


class TestHolders:
    @pytest.mark.parametrize(
        ("holder", "status", "said"),
        [
            ("msisdn/56733123453", 200, {"result": True}),
            ("MSISDN/46733123451", 200, {"result": False}),
            ("msisdn/46733123450", 404, "RESOURCE_NOT_FOUND"),
            ("msisdn/46733123455", 503, "SERVICE_UNAVAILABLE"),
            ("email/notfound@email.com", 404, "RESOURCE_NOT_FOUND"),
            ("email/notactive@email.com", 200, {"result": False}),
            ("email/notallowed@email.com", 500, "NOT_ALLOWED"),
            ("email/notallowedtargetenvironment@email.com", 500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
            ("email/internalprocessingerror@email.com", 500, "INTERNAL_PROCESSING_ERROR"),
            ("email/serviceunavailable@email.com", 503, "SERVICE_UNAVAILABLE"),
            ("email/somebody@email.com", 200, {"result": True}),
        ],
    )
    def test_of_the_sandbox_are_as_published(self, sim, holder, status, said):
        headers = self.sandbox(sim)
        answer = requests.get(
            f"{sim.base_url}/collection/v1_0/accountholder/{holder}/active", headers=headers, timeout=5
        )
        told = answer.json()
        assert (answer.status_code, told if isinstance(said, dict) else told["code"]) == (status, said)

    def test_of_the_sandbox_are_all_one_person(self, sim):
        url = f"{sim.base_url}/collection/v1_0/accountholder/msisdn/56733123453/basicuserinfo"
        assert requests.get(url, headers=self.sandbox(sim), timeout=5).json()["name"] == "Sand Box"

    def sandbox(self, sim) -> dict[str, str]:
        user = str(uuid.uuid4())
        users = f"{sim.base_url}/v1_0/apiuser"
        body = {"providerCallbackHost": "coko.example"}
        requests.post(users, json=body, headers={**KEY, "X-Reference-Id": user}, timeout=5)
        key = requests.post(f"{users}/{user}/apikey", headers=KEY, timeout=5).json()["apiKey"]
        answer = requests.post(f"{sim.base_url}/collection/token/", auth=(user, key), headers=KEY, timeout=5)
        return {
            **KEY,
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "X-Target-Environment": "sandbox",
        }


class TestCallbacks:
    def test_of_version_1_come_by_post_with_the_status_and_no_id(self, mtn, sim, shop):
        started = mtn.start_payment(request(notify_url=f"{shop.url}/mtn/CI"))
        sim.approve(started.provider_ref)
        ((path, headers, body),) = shop.wait_for(1)
        assert shop.methods == ["POST"]
        assert path == f"/webhooks/mtn/CI/{callback_token.make(OWN.callback_secret, 'pay_01')}"
        assert headers["User-Agent"] == "LWAC Http Client 1.0"
        assert (json.loads(body)["externalId"], json.loads(body)["status"]) == ("pay_01", "SUCCESSFUL")
        assert started.provider_ref.encode() not in body

    def test_of_version_2_come_by_put(self, mtn, sim, shop):
        order = {"payer": ORDER["payer"], "payerCurrency": "XOF", "payerMessage": "Oui", "validityTime": 60}
        ref = str(uuid.uuid4())
        headers = {"X-Reference-Id": ref, "X-Callback-Url": f"{shop.url}/mtn/CI/x"}
        assert call(sim, "POST", "collection/v2_0/preapproval", json=order, headers=headers).status_code == 202
        sim.approve(ref)
        shop.wait_for(1)
        assert shop.methods == ["PUT"]

    def test_may_come_by_the_other_method_and_are_read_all_the_same(self, mtn, sim, shop):
        sim.fault("webhook", "method", method="PUT")
        sim.approve(mtn.start_payment(request(notify_url=f"{shop.url}/mtn/CI")).provider_ref)
        ((path, headers, body),) = shop.wait_for(1)
        arrival = Arrival(headers, body, None, path.rpartition("/")[2], shop.methods[0])
        assert (shop.methods, mtn.read_notification(arrival).client_reference) == (["PUT"], "pay_01")

    def test_come_once_unless_it_insists(self, mtn, sim, shop):
        shop.answers = [500, 500, 200]
        sim.approve(mtn.start_payment(request(notify_url=f"{shop.url}/mtn/CI")).provider_ref)
        assert len(shop.wait_for(1)) == 1
        assert [row["done"] for row in self.ended(sim)] == [1]
        sim.fault("callback_insists", "switch")
        sim.approve(mtn.start_payment(request("pay_02", notify_url=f"{shop.url}/mtn/CI")).provider_ref)
        assert len(shop.wait_for(3)) == 3

    def ended(self, sim) -> list[dict[str, Any]]:
        for _ in range(200):
            rows = sim.deliveries()
            if all(row["done"] for row in rows):
                break
        return rows

    def test_tell_of_payouts_and_refunds_too(self, mtn, sim, shop):
        mtn.start_payout(replace(payout(), notify_url=f"{shop.url}/mtn/CI"))
        ((path, headers, body),) = shop.wait_for(1)
        told = mtn.read_notification(Arrival(headers, body, None, path.rpartition("/")[2]))
        assert told.client_reference == "out_01"

    def test_knock_at_no_strangers_door(self, mtn, sim):
        sim.approve(mtn.start_payment(request(notify_url="https://coko.example/webhooks/mtn/CI")).provider_ref)
        assert sim.deliveries() == []

    def test_that_never_come_change_nothing(self, mtn, sim, shop):
        sim.fault("webhook", "never")
        sim.approve(mtn.start_payment(request(notify_url=f"{shop.url}/mtn/CI")).provider_ref)
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED
        assert shop.received == []


class TestBook:
    def test_survives_the_simulator(self, tmp_path):
        book = tmp_path / "book.sqlite3"
        with simulation.serve(book=book) as sim:
            mtn = registry.adapter("mtn", "BJ", environment=sim.environment)
            sim.approve(mtn.start_payment(request()).provider_ref)
        with simulation.serve(book=book) as sim:
            mtn = registry.adapter("mtn", "BJ", environment=sim.environment)
            assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED
            assert mtn.fetch_balance().minor == 1500


class TestDemoMarkets:
    @pytest.mark.parametrize(("market", "currency"), [("CI", "XOF"), ("BJ", "XOF"), ("CM", "XAF")])
    def test_keep_their_money_apart(self, sim, market, currency):
        mtn = registry.adapter("mtn", market, environment=sim.environment)
        sim.approve(mtn.start_payment(request(currency=currency)).provider_ref)
        balances = {
            other: registry.adapter("mtn", other, environment=sim.environment).fetch_balance()
            for other in simulation.DEMO_CREDENTIALS["mtn"]
        }
        assert {other for other, balance in balances.items() if balance.minor} == {market}
        assert balances[market].currency == currency

    def test_have_secrets_that_open_nothing(self):
        for own in simulation.DEMO_CREDENTIALS["mtn"].values():
            secrets = [own.collection_key, own.disbursement_key, own.callback_secret, own.legacy_secret]
            secrets += [own.legacy_payout_secret, own.new_secret]
            assert all("not_real" in secret for secret in secrets)
