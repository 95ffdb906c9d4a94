"""Quotes and coupons through the API."""

import pytest

from billing.pricing import queries as pricing
from tests.billing.api.conftest import EDITION, order

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])
FIFTH = {"code": "rentree", "percent": "20"}


def quote(caller, **changed):
    return caller.post("quotes/", {"country": "SN", "items": [{"edition": EDITION, "quantity": 2}], **changed})


class TestQuotes:
    def test_tell_the_price_with_the_tax_inside(self, client_a):
        told = quote(client_a).json()
        assert told["gross"] == {"amount": "3000", "currency": "XOF"}
        assert (told["net"]["amount"], told["tax"]["amount"]) == ("2542", "458")
        assert told["items"][0]["unit"]["amount"] == "1500"

    def test_take_the_coupon_off(self, client_a):
        client_a.post("coupons/", FIFTH)
        told = quote(client_a, coupon="RENTREE").json()
        assert (told["coupon"], told["discount"]["amount"], told["gross"]["amount"]) == ("RENTREE", "600", "2400")

    def test_hold_nothing(self, client_a):
        client_a.post("coupons/", {**FIFTH, "uses_max": 1})
        assert [quote(client_a, coupon="rentree").status_code for _ in range(3)] == [200, 200, 200]
        (coupon,) = pricing.coupons_of(owner_ref=client_a.ref, limit=9)
        assert coupon.uses_count == 0

    def test_share_an_amount_over_the_lines(self, client_a):
        client_a.post("coupons/", {"code": "CADEAU", "amount": {"amount": "1000", "currency": "XOF"}})
        items = [{"edition": EDITION, "quantity": 1}, {"edition": EDITION, "quantity": 2}]
        told = quote(client_a, items=items, coupon="CADEAU").json()
        assert [item["discount"]["amount"] for item in told["items"]] == ["333", "667"]
        assert told["gross"]["amount"] == "3500"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"items": []}, "items"),
            ({"items": [{"edition": "edn_0000000000000000000000000z"}]}, "items.0.edition"),
            ({"country": "Senegal"}, "country"),
            ({"price": 1}, "price"),
        ],
    )
    def test_name_the_field_that_is_wrong(self, client_a, changed, field):
        answer = quote(client_a, **changed)
        assert answer.status_code == 400
        assert field in {error["field"] for error in answer.json()["errors"]}

    def test_refuse_another_clients_coupon_as_unknown(self, client_a, client_b):
        client_b.post("coupons/", FIFTH)
        answer = quote(client_a, coupon="RENTREE")
        assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (
            422,
            "coupon_refused",
            "unknown",
        )


class TestCoupons:
    def test_are_added_read_and_listed(self, client_a, client_b):
        added = client_a.post("coupons/", {**FIFTH, "uses_max": 3, "countries": ["SN"], "once_per_customer": True})
        assert added.status_code == 201
        coupon = added.json()
        assert (coupon["code"], coupon["rate"], coupon["amount"], coupon["uses_count"]) == ("RENTREE", "1/5", None, 0)
        assert client_a.get(added["Location"].removeprefix("/api/v1/")).json() == coupon
        assert client_a.get("coupons/").json()["results"] == [coupon]
        assert client_b.get(f"coupons/{coupon['id']}/").status_code == 404
        assert client_b.get("coupons/").json()["results"] == []

    def test_refuse_what_no_coupon_can_be(self, client_a):
        both = {**FIFTH, "amount": {"amount": "100", "currency": "XOF"}}
        answer = client_a.post("coupons/", both)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "percent")
        assert client_a.post("coupons/", {"code": "RIEN"}).status_code == 400
        assert client_a.post("coupons/", {"code": "été", "percent": "5"}).status_code == 400

    def test_refuse_a_code_twice(self, client_a):
        client_a.post("coupons/", FIFTH)
        assert client_a.post("coupons/", FIFTH).json()["code"] == "coupon_exists"

    def test_switched_off_count_no_more(self, client_a):
        coupon = client_a.post("coupons/", FIFTH).json()
        assert client_a.post(f"coupons/{coupon['id']}/switch-off/", {}).json()["switched_off_at"]
        assert quote(client_a, coupon="RENTREE").json()["reason"] == "switched_off"


class TestInvoices:
    def test_are_opened_at_the_price_the_coupon_leaves(self, client_a):
        client_a.post("coupons/", {**FIFTH, "uses_max": 1})
        invoice = client_a.post("invoices/", order(coupon="rentree"))
        assert invoice.status_code == 201
        told = invoice.json()
        assert (told["coupon"], told["discount"]["amount"], told["gross"]["amount"]) == ("RENTREE", "300", "1200")
        assert client_a.post("invoices/", order(coupon="rentree")).json()["reason"] == "used_up"

    def test_of_nothing_are_refused(self, client_a):
        client_a.post("coupons/", {"code": "OFFERT", "percent": "100"})
        assert client_a.post("invoices/", order(coupon="OFFERT")).json()["code"] == "nothing_to_pay"
