"""Who sees what: every route, by everybody. A route without a row here fails."""

import json

import pytest
from django.urls import get_resolver
from django.utils import timezone

from billing.api import urls
from billing.payments import operations
from billing.subscriptions.operations import load_reference
from tests.factories.billing import EDITION

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])

OPEN_TO_ALL = {"schema", "docs"}
# route → (address, method, what the owner gets, what another client gets); {…} is the owner's own.
MATRIX = {
    "editions": ("editions/", "get", 200, 200),
    "quotes": ("quotes/", "post", 200, 200),
    "coupons": ("coupons/", "get", 200, 200),
    "coupon": ("coupons/{coupon}/", "get", 200, 404),
    "coupon_switch_off": ("coupons/{coupon}/switch-off/", "post", 200, 404),
    "invoices": ("invoices/", "get", 200, 200),
    "invoice": ("invoices/{invoice}/", "get", 200, 404),
    "invoice_pdf": ("invoices/{invoice}/pdf/", "get", 200, 404),
    "credit_notes": ("credit-notes/?invoice={paid}", "get", 200, 404),
    "credit_note": ("credit-notes/{credit_note}/", "get", 200, 404),
    "credit_note_pdf": ("credit-notes/{credit_note}/pdf/", "get", 200, 404),
    "payments": ("payments/?invoice={invoice}", "get", 200, 404),
    "payment": ("payments/{payment}/", "get", 200, 404),
    "payment_options": ("payment-options/?invoice={invoice}", "get", 200, 404),
    "payment_confirm": ("payments/{payment}/confirm/", "post", 409, 404),
    "refunds": ("refunds/?payment={payment}", "get", 200, 404),
    "refund": ("refunds/{refund}/", "get", 200, 404),
    "plans": ("plans/", "get", 200, 200),
    "plan": ("plans/{plan}/", "get", 200, 404),
    "plan_prices": ("plans/{plan}/prices/", "post", 201, 404),
    "plan_withdraw": ("plans/{plan}/withdraw/", "post", 200, 404),
    "subscriptions": ("subscriptions/", "get", 200, 200),
    "subscription": ("subscriptions/{subscription}/", "get", 200, 404),
    "subscription_history": ("subscriptions/{subscription}/history/", "get", 200, 404),
    "subscription_cancel": ("subscriptions/{subscription}/cancel/", "post", 200, 404),
    "subscription_resume": ("subscriptions/{subscription}/resume/", "post", 200, 404),
    "subscription_pause": ("subscriptions/{subscription}/pause/", "post", 409, 404),  # in a trial
    "subscription_change-plan": ("subscriptions/{subscription}/change-plan/", "post", 409, 404),  # it is that plan
    "subscription_wallet": ("subscriptions/{subscription}/wallet/", "post", 200, 404),
    "subscription_asks": ("subscriptions/{subscription}/asks/", "post", 200, 404),
    "test_clocks": ("test-clocks/", "get", 200, 200),
    "test_clock": ("test-clocks/{clock}/", "get", 200, 404),
    "test_clock_advance": ("test-clocks/{clock}/advance/", "post", 200, 404),
    "webhook_endpoints": ("webhook-endpoints/", "get", 200, 200),
}
POSTS = (
    *("quotes/", "coupons/", "invoices/", "payments/", "refunds/", "plans/", "subscriptions/", "test-clocks/"),
    "webhook-endpoints/",
)
BODIES = {
    "payment_confirm": {"code": "123456"},
    "quotes": {"country": "SN", "items": [{"edition": EDITION}]},
    "coupon_switch_off": {},
    "plan_prices": {"country": "CI", "amount": {"amount": "1500", "currency": "XOF"}},
    "subscription_change-plan": {"plan": "{plan}"},
    "subscription_wallet": {"provider": "wave"},
    "subscription_asks": {"stopped": True},
    "test_clock_advance": {"to": "2027-01-31T00:00:00Z"},
}


@pytest.fixture
def own(client_a, opened, wave):
    invoice = opened(client_a)["id"]
    payment = client_a.post("payments/", {"invoice": invoice, "provider": "wave"}).json()["id"]
    paid = opened(client_a)["id"]
    started = client_a.post("payments/", {"invoice": paid, "provider": "wave"}).json()
    wave.approve(started["next_action"]["url"].rpartition("/")[2].partition("?")[0])
    operations.refresh(payment_ref=started["id"], source="poll", at=timezone.now())
    refund = client_a.post("refunds/", {"payment": started["id"], "reason": "essai"}).json()["id"]
    client_a.post("webhook-endpoints/", {"url": "http://127.0.0.1:9/hook"})
    coupon = client_a.post("coupons/", {"code": "RENTREE", "percent": "20"}).json()["id"]
    (note,) = client_a.get(f"credit-notes/?invoice={paid}").json()["results"]
    return {
        **{"invoice": invoice, "payment": payment, "refund": refund, "coupon": coupon},
        **{"paid": paid, "credit_note": note["id"]},
        **_subscribed(client_a),
    }


def _subscribed(client) -> dict[str, str]:
    load_reference(at=timezone.now())
    clock = client.post("test-clocks/", {"now_at": "2027-01-31T00:00:00Z"}).json()["id"]
    price = {"country": "SN", "amount": {"amount": "1500", "currency": "XOF"}}
    wanted = {"code": "p", "title": "P", "interval": "month", "product_kind": "ebook", "trial_days": 7}
    plan = client.post("plans/", {**wanted, "prices": [price]}).json()["id"]
    customer = {"name": "Awa", "country": "SN", "phone": "77 123 45 67"}
    begun = client.post("subscriptions/", {"plan": plan, "customer": customer, "provider": "wave"}).json()
    return {"plan": plan, "subscription": begun["id"], "clock": clock}


def call(client, method, address, route, own):
    if method != "post":
        return getattr(client, method)(address)
    body = json.dumps(BODIES.get(route, {})).replace("{plan}", own["plan"])
    return client.post(address, json.loads(body))


def test_every_route_has_a_row():
    assert {route.name for route in urls.urlpatterns} - OPEN_TO_ALL == set(MATRIX)
    assert get_resolver().reverse_dict is not None


@pytest.mark.parametrize("route", MATRIX)
class TestRoute:
    def test_answers_its_owner_and_hides_from_another_client(self, route, own, client_a, client_b):
        address, method, mine, theirs = MATRIX[route]
        assert call(client_a, method, address.format(**own), route, own).status_code == mine
        answer = call(client_b, method, address.format(**own), route, own)
        assert answer.status_code == theirs
        text = answer.content.decode()
        assert theirs == 404 or not any(ref in text for ref in own.values())

    def test_is_forbidden_to_a_reader(self, route, own, reader):
        address, method, *_ = MATRIX[route]
        answer = call(reader, method, address.format(**own), route, own)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_is_closed_to_a_stranger(self, route, own, client):
        address, method, *_ = MATRIX[route]
        assert getattr(client, method)(f"/api/v1/{address.format(**own)}").status_code == 401


class TestPost:
    @pytest.mark.parametrize("path", POSTS)
    def test_is_for_clients_with_a_key(self, path, client, reader):
        assert client.post(f"/api/v1/{path}", "{}", content_type="application/json").status_code == 401
        assert reader.post(path, {}).status_code == 403

    def test_cannot_pay_anothers_invoice(self, own, client_b):
        answer = client_b.post("payments/", {"invoice": own["invoice"], "provider": "wave"})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_invoice")

    def test_hides_whether_a_stranger_would_have_been_right(self, own, client_b):
        """Another client's id and an id that never was get the same answer."""
        never = own["invoice"][:-4] + "zzzz"
        told = [client_b.get(f"invoices/{ref}/").json() for ref in (own["invoice"], never)]
        assert told[0] == told[1]


class TestSchema:
    def test_names_no_field_that_is_not_told(self, own, client_a):
        """Over-exposure: neither the sealed phone nor a provider's raw words are in any answer."""
        text = json.dumps(client_a.get(f"payments/{own['payment']}/").json())
        assert "771234567" not in text
        assert "raw" not in text
