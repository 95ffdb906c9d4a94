"""An invoice, a payment, its state: what an API client is promised."""

import pytest
from django.conf import settings
from django.utils import timezone

from billing.payments import operations
from billing.payments.models import PaymentTransaction
from tests.billing.api.conftest import EDITION, order

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])


def returned_to(told) -> str:
    """Where the provider was asked to send the payer back to."""
    return PaymentTransaction.objects.get(pk=told["id"]).return_url


class TestInvoices:
    def test_are_opened_from_editions_and_a_customer(self, client_a):
        answer = client_a.post("invoices/", order(items=[{"edition": EDITION, "quantity": 2}]))
        assert answer.status_code == 201
        told = answer.json()
        assert answer["Location"] == f"/api/v1/invoices/{told['id']}/"
        assert told["state"] == "open"
        assert told["gross"] == {"amount": "3000", "currency": "XOF"}
        assert int(told["net"]["amount"]) + int(told["tax"]["amount"]) == 3000
        assert told["items"][0]["taxes"] == [
            {"code": "TVA", "rate": "9/50", "amount": {"amount": told["tax"]["amount"], "currency": "XOF"}}
        ]

    def test_show_the_phone_masked(self, client_a):
        assert client_a.post("invoices/", order()).json()["customer"]["phone"] == "+22177•••••67"

    def test_take_another_currency_when_the_book_has_that_price(self, client_a):
        told = client_a.post("invoices/", order(currency="EUR")).json()
        assert told["gross"] == {"amount": "4.99", "currency": "EUR"}

    def test_are_listed_newest_first_in_pages(self, client_a, opened):
        refs = [opened(client_a)["id"] for _ in range(3)]
        first = client_a.get("invoices/?limit=2").json()
        assert [one["id"] for one in first["results"]] == [refs[2], refs[1]]
        second = client_a.get(first["next"].removeprefix("/api/v1/")).json()
        assert [one["id"] for one in second["results"]] == [refs[0]]
        assert second["next"] is None

    def test_come_as_pdf(self, client_a, opened):
        answer = client_a.get(f"invoices/{opened(client_a)['id']}/pdf/")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")


class TestPayments:
    def test_begin_with_what_the_payer_does_next(self, client_a, opened, wave):
        answer = client_a.post("payments/", {"invoice": opened(client_a)["id"], "provider": "wave"})
        told = answer.json()
        assert answer.status_code == 201
        assert told["state"] == "pending"
        assert told["next_action"]["kind"] == "redirect"
        assert told["next_action"]["url"].startswith("http")
        assert told["payer_phone"] == "+22177•••••67"

    def test_end_as_the_provider_says(self, client_a, opened, wave):
        invoice = opened(client_a)
        told = client_a.post("payments/", {"invoice": invoice["id"], "provider": "wave"}).json()
        wave.approve(told["next_action"]["url"].rsplit("/", 1)[1])
        for _twice in range(2):
            operations.refresh(payment_ref=told["id"], source="poll", at=timezone.now())
        after = client_a.get(f"payments/{told['id']}/").json()
        assert after["state"] == "succeeded"
        assert after["next_action"]["kind"] == "none"
        assert client_a.get(f"invoices/{invoice['id']}/").json()["state"] == "paid"

    def test_are_one_open_attempt_an_invoice(self, client_a, opened, wave):
        asked = {"invoice": opened(client_a)["id"], "provider": "wave"}
        first = client_a.post("payments/", asked).json()
        second = client_a.post("payments/", asked)
        assert second.status_code == 409
        assert second.json()["code"] == "payment_in_progress"
        assert second.json()["payment_ref"] == first["id"]

    def test_are_refused_on_a_paid_invoice(self, client_a, opened, wave):
        asked = {"invoice": opened(client_a)["id"], "provider": "wave"}
        told = client_a.post("payments/", asked).json()
        wave.approve(told["next_action"]["url"].rsplit("/", 1)[1])
        operations.refresh(payment_ref=told["id"], source="poll", at=timezone.now())
        assert client_a.post("payments/", asked).json()["code"] == "invoice_not_open"

    def test_survive_a_provider_that_does_not_answer(self, client_a, opened, wave):
        wave.fault("create_session", "error", status=503)
        answer = client_a.post("payments/", {"invoice": opened(client_a)["id"], "provider": "wave"})
        assert answer.status_code == 201
        assert answer.json()["state"] in ("unknown", "created")

    def test_of_an_invoice_are_listed(self, client_a, opened, wave):
        invoice = opened(client_a)["id"]
        told = client_a.post("payments/", {"invoice": invoice, "provider": "wave"}).json()
        assert [one["id"] for one in client_a.get(f"payments/?invoice={invoice}").json()["results"]] == [told["id"]]


class TestReturnUrl:
    @pytest.fixture
    def asked(self, client_a, opened, wave):
        return {"invoice": opened(client_a)["id"], "provider": "wave"}

    def test_is_our_page_of_the_payment_when_left_out(self, client_a, asked):
        told = client_a.post("payments/", asked).json()
        assert returned_to(told) == f"{settings.BASE_URL}/checkout/payments/{told['id']}/"

    @pytest.mark.parametrize("url", ["https://shop.example/done?order=7", "http://127.0.0.1:9/done"])
    def test_is_the_clients_when_given(self, client_a, asked, url):
        assert returned_to(client_a.post("payments/", {**asked, "return_url": url}).json()) == url

    @pytest.mark.parametrize(
        "url", ["ftp://shop.example/", "ftps://shop.example/", "javascript:alert(1)", "//shop.example/", "", None]
    )
    def test_is_refused_by_name_when_no_browser_should_go_there(self, client_a, asked, url):
        answer = client_a.post("payments/", {**asked, "return_url": url})
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["return_url"]
        assert client_a.get(f"payments/?invoice={asked['invoice']}").json()["results"] == []

    def test_must_be_https_in_production(self, client_a, asked, settings):
        settings.PRODUCTION = True
        refused = client_a.post("payments/", {**asked, "return_url": "http://shop.example/done"})
        assert [error["field"] for error in refused.json()["errors"]] == ["return_url"]
        assert client_a.post("payments/", {**asked, "return_url": "https://shop.example/done"}).status_code == 201


class TestPaymentOptions:
    def test_name_the_wallets_of_the_country(self, client_a, opened, wave):
        found = client_a.get(f"payment-options/?invoice={opened(client_a)['id']}").json()["results"]
        assert [(one["provider"], one["market"], one["next_action_kind"]) for one in found] == [
            ("orange_sonatel", "SN", "show_qr"),  # first: the customer's number is one of Orange's
            ("wave", "SN", "redirect"),
        ]
        assert [one["is_suggested"] for one in found] == [True, False]


class TestWebhookEndpoints:
    def test_show_the_secret_once(self, client_a):
        told = client_a.post("webhook-endpoints/", {"url": "http://127.0.0.1:9/hook"}).json()
        assert told["secret"].startswith("whsec_")
        (listed,) = client_a.get("webhook-endpoints/").json()["results"]
        assert listed == {name: value for name, value in told.items() if name != "secret"}

    def test_name_the_first_when_an_address_is_registered_twice(self, client_a):
        first = client_a.post("webhook-endpoints/", {"url": "http://127.0.0.1:9/hook"}).json()
        again = client_a.post("webhook-endpoints/", {"url": "http://127.0.0.1:9/hook"})
        assert (again.status_code, again.json()["endpoint_ref"]) == (409, first["id"])

    def test_refuse_an_address_we_do_not_send_to(self, client_a):
        answer = client_a.post("webhook-endpoints/", {"url": "https://user:pass@example.org/"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "url")
