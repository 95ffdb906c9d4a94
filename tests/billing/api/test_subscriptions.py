"""Plans, subscriptions and test clocks over the API, as a client's programmer meets them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.subscriptions.operations import load_reference
from tests.factories.subscriptions import pay

pytestmark = pytest.mark.django_db(databases=["default", "auth"], transaction=True)


@pytest.fixture(autouse=True)
def _rules(world) -> None:
    load_reference(at=timezone.now() - timedelta(minutes=1))


def plan_asked(code: str = "premium", amount: str = "1500", **changed):
    prices = [{"country": "SN", "amount": {"amount": amount, "currency": "XOF"}}]
    return {
        "code": code, "title": code.title(), "interval": "month", "product_kind": "ebook", "prices": prices, **changed
    }  # fmt: skip


def asked(plan_ref: str, **changed):
    customer = {"name": "Awa Ndiaye", "country": "SN", "phone": "77 123 45 67", "reference": "reader-7"}
    return {"plan": plan_ref, "customer": customer, "provider": "wave", **changed}


def added(client, *args, **changed) -> dict:
    answer = client.post("plans/", plan_asked(*args, **changed))
    assert answer.status_code == 201, answer.content
    return answer.json()


def begun(client, plan_ref: str, **changed) -> dict:
    answer = client.post("subscriptions/", asked(plan_ref, **changed))
    assert answer.status_code == 201, answer.content
    return answer.json()


def read(client, ref: str) -> dict:
    return client.get(f"subscriptions/{ref}/").json()


class TestPlans:
    def test_are_added_with_prices_and_read_in_a_country(self, client_a):
        plan = added(client_a)
        seen = client_a.get(f"plans/{plan['id']}/?country=SN").json()
        assert (seen["code"], seen["interval"], seen["prices"]) == (
            *("premium", "month"),
            [{"amount": "1500", "currency": "XOF"}],
        )
        assert [one["id"] for one in client_a.get("plans/").json()["results"]] == [plan["id"]]

    def test_of_another_client_are_not_there(self, client_a, client_b):
        plan = added(client_a)
        assert client_b.get(f"plans/{plan['id']}/").json()["code"] == "no_such_plan"
        assert client_b.get("plans/").json()["results"] == []
        assert client_b.post("subscriptions/", asked(plan["id"])).json()["code"] == "no_such_plan"

    def test_with_a_code_that_is_taken_are_refused(self, client_a):
        added(client_a)
        answer = client_a.post("plans/", plan_asked(trial_days=7))
        assert (answer.status_code, answer.json()["code"]) == (409, "plan_exists")

    def test_change_their_price(self, client_a):
        plan = added(client_a)
        price = {"country": "SN", "amount": {"amount": "1200", "currency": "XOF"}}
        assert client_a.post(f"plans/{plan['id']}/prices/", price).status_code == 201
        seen = client_a.get(f"plans/{plan['id']}/?country=SN").json()
        assert seen["prices"] == [{"amount": "1200", "currency": "XOF"}]
        zero = client_a.post(f"plans/{plan['id']}/prices/", {**price, "amount": {"amount": "0", "currency": "XOF"}})
        assert zero.json()["errors"][0]["field"] == "amount"

    def test_withdrawn_are_offered_to_nobody(self, client_a):
        plan = added(client_a)
        assert client_a.post(f"plans/{plan['id']}/withdraw/", {}).json()["is_offered"] is False
        assert client_a.post("subscriptions/", asked(plan["id"])).json()["code"] == "plan_not_offered"


class TestSubscriptions:
    def test_begin_with_an_invoice_and_read_once_it_is_paid(self, client_a):
        fact = begun(client_a, added(client_a)["id"])
        assert (fact["state"], fact["may_read"], fact["reference"]) == ("past_due", False, "reader-7")
        assert fact["open_charge"]["gross"] == {"amount": "1500", "currency": "XOF"}
        assert "771234567" not in str(fact)
        pay(fact["open_charge"]["invoice"], at=timezone.now())
        client_a.post(f"subscriptions/{fact['id']}/asks/", {"stopped": True})
        client_a.post(f"subscriptions/{fact['id']}/cancel/", {})
        after = read(client_a, fact["id"])
        assert (after["state"], after["may_read"], after["cancels_at_end"]) == ("active", True, True)
        history = client_a.get(f"subscriptions/{fact['id']}/history/").json()
        assert [one["what"] for one in history["events"]] == [
            *("started", "invoiced", "asks_stopped", "paid", "cancels_at_end"),
        ]
        assert [one["state"] for one in history["charges"]] == ["paid"]

    def test_twice_with_one_key_is_one(self, client_a):
        plan = added(client_a)
        answers = [client_a.post("subscriptions/", asked(plan["id"]), key="k-1") for _ in range(2)]
        assert answers[0].content == answers[1].content
        other = client_a.post("subscriptions/", asked(plan["id"]), key="k-2")
        assert (other.status_code, other.json()["code"]) == (409, "already_subscribed")
        assert other.json()["subscription_ref"] == answers[0].json()["id"]

    def test_a_clients_word_for_a_customer_is_no_account_of_ours(self, client_a, reader):
        from billing.subscriptions import queries

        customer = {"name": "X", "country": "SN", "phone": "77 123 45 67", "reference": reader.ref}
        fact = begun(client_a, added(client_a, trial_days=5)["id"], customer=customer)
        assert fact["may_read"] is True
        assert not queries.is_entitled(user_ref=reader.ref, at=timezone.now())

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"provider": "mtn"}, "provider"),
            ({"currency": "EUR"}, "provider"),
            ({"timezone": "Africa/Nowhere"}, "timezone"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_name_the_field_that_is_wrong(self, client_a, changed, field):
        answer = client_a.post("subscriptions/", asked(added(client_a)["id"], **changed))
        assert answer.status_code == 400
        assert field in {error["field"] for error in answer.json()["errors"]}

    def test_are_listed_by_page_and_state(self, client_a, client_b):
        plan = added(client_a)
        refs = []
        for number in range(3):
            customer = {"name": "A", "country": "SN", "phone": "77 123 45 67", "reference": f"r{number}"}
            refs.append(begun(client_a, plan["id"], customer=customer)["id"])
        first = client_a.get("subscriptions/?limit=2").json()
        rest = client_a.get(first["next"].removeprefix("/api/v1/")).json()
        assert sorted(one["id"] for one in first["results"] + rest["results"]) == sorted(refs)
        assert rest["next"] is None
        assert client_a.get("subscriptions/?state=active").json()["results"] == []
        assert len(client_a.get("subscriptions/?reference=r1").json()["results"]) == 1
        assert client_b.get("subscriptions/").json()["results"] == []

    def test_of_another_client_are_not_there(self, client_a, client_b):
        ref = begun(client_a, added(client_a)["id"])["id"]
        assert client_b.get(f"subscriptions/{ref}/").status_code == 404
        assert client_b.post(f"subscriptions/{ref}/cancel/", {}).status_code == 404
        assert client_a.get("subscriptions/nonsense/").status_code == 404

    def test_change_pause_resume_and_end(self, client_a):
        plan, dearer = added(client_a), added(client_a, "famille", "3000")
        fact = begun(client_a, plan["id"])
        assert client_a.post(f"subscriptions/{fact['id']}/pause/", {}).json()["code"] == "period_not_paid"
        pay(fact["open_charge"]["invoice"], at=timezone.now())
        offer = client_a.post(f"subscriptions/{fact['id']}/change-plan/", {"plan": dearer["id"]}).json()
        assert (offer["open_charge"]["kind"], offer["open_charge"]["gross"]["amount"]) == ("change", "1500")
        paused = client_a.post(f"subscriptions/{fact['id']}/pause/", {}).json()
        assert (paused["state"], paused["open_charge"], paused["may_read"]) == ("paused", None, True)
        assert client_a.post(f"subscriptions/{fact['id']}/resume/", {}).json()["state"] == "active"
        moved = client_a.post(f"subscriptions/{fact['id']}/wallet/", {"provider": "orange_sonatel"}).json()
        assert moved["provider"] == "orange_sonatel"
        wrong = client_a.post(f"subscriptions/{fact['id']}/wallet/", {"provider": "mtn"}).json()
        assert wrong["errors"][0]["field"] == "provider"
        over = client_a.post(f"subscriptions/{fact['id']}/cancel/", {"at_period_end": False}).json()
        assert (over["state"], over["may_read"]) == ("cancelled", False)
        assert client_a.post(f"subscriptions/{fact['id']}/resume/", {}).json()["code"] == "subscription_ended"


class TestClocks:
    def test_are_advanced_and_their_customers_live_by_them(self, client_a, client_b):
        now = timezone.now()
        clock = client_a.post("test-clocks/", {"now_at": "2027-01-31T00:00:00Z"}).json()
        plan = added(client_a, trial_days=7)
        fact = begun(client_a, plan["id"], test_clock=clock["id"])
        assert (fact["state"], fact["trial_ends_on"], fact["may_read"]) == ("trialing", "2027-02-07", True)
        to = {"to": "2027-02-08T00:00:00Z"}
        assert client_b.post(f"test-clocks/{clock['id']}/advance/", to).json()["code"] == "no_such_test_clock"
        assert client_a.post(f"test-clocks/{clock['id']}/advance/", to).json()["now_at"] == "2027-02-08T00:00:00Z"
        due = read(client_a, fact["id"])
        assert (due["state"], due["may_read"], due["starts_on"]) == ("past_due", False, "2027-02-07")
        pay(due["open_charge"]["invoice"], at=now)
        client_a.post(f"test-clocks/{clock['id']}/advance/", {"to": "2027-03-10T00:00:00Z"})
        renewed = read(client_a, fact["id"])
        assert (renewed["state"], renewed["number"]) == ("grace", 2)
        back = client_a.post(f"test-clocks/{clock['id']}/advance/", to)
        assert (back.status_code, back.json()["code"]) == (422, "clock_goes_forward")
        assert [one["id"] for one in client_a.get("test-clocks/").json()["results"]] == [clock["id"]]

    def test_are_off_in_production(self, client_a, settings):
        settings.PRODUCTION = True
        answer = client_a.post("test-clocks/", {"now_at": "2027-01-31T00:00:00Z"})
        assert (answer.status_code, answer.json()["code"]) == (403, "test_clocks_off")
