"""Every refusal is a problem document that names what to correct, and no input is answered with a 5xx."""

import json

import pytest
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from billing.api import problems
from tests.billing.api.conftest import EDITION, order
from tests.billing.api.test_parsers import REFUSED, anything

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])

UNKNOWN_EDITION = "edn_" + "z" * 26

BAD_ORDERS = [
    ({}, ["customer", "items"]),
    (order(items=[]), ["items"]),
    (order(items=[{"edition": EDITION}] * 51), ["items"]),
    (order(items=[{"edition": EDITION}, {"edition": "nonsense"}]), ["items.1.edition"]),
    (order(items=[{"edition": UNKNOWN_EDITION}]), ["items.0.edition"]),
    (order(items=[{"edition": EDITION, "quantity": 0}]), ["items.0.quantity"]),
    (order(items=[{"edition": EDITION, "quantity": -1}]), ["items.0.quantity"]),
    (order(items=[{"edition": EDITION, "quantity": 10**18}]), ["items.0.quantity"]),
    (order(items=[{"edition": EDITION, "quantity": "1e3"}]), ["items.0.quantity"]),
    (order(items=[{"edition": EDITION, "quantity": 1.5}]), ["items.0.quantity"]),
    (order(items=[{"edition": EDITION, "unit_minor": 1}]), ["items.0.unit_minor"]),
    (order(items="all"), ["items"]),
    (order(currency="XXX"), ["items.0.edition"]),
    (order(currency="franc"), ["currency"]),
    (order(state="paid", amount="1"), ["amount", "state"]),
    (order(customer={"country": "SN"}), ["customer.name"]),
    (order(customer={"name": "Awa", "country": "sn"}), ["customer.country"]),
    (order(customer={"name": "Awa", "country": "ZZ"}), ["items.0.edition"]),
    (order(customer={"name": "Awa", "country": "US"}), ["customer.country"]),
    (order(customer={"name": "Awa", "country": "SN", "phone": "12"}), ["customer.phone"]),
    (order(customer={"name": "Awa", "country": "SN", "email": "awa"}), ["customer.email"]),
    (order(customer={"name": "A" * 121, "country": "SN"}), ["customer.name"]),
    (order(customer={"name": "Awa", "country": "SN", "user_ref": "usr_1"}), ["customer.user_ref"]),
    (order(customer=[]), ["customer"]),
]


def fields(answer) -> list[str]:
    return sorted(error["field"] for error in answer.json()["errors"])


class TestBadInput:
    @pytest.mark.parametrize(("asked", "named"), BAD_ORDERS, ids=[",".join(named) for _, named in BAD_ORDERS])
    def test_is_named_by_field_and_nothing_is_saved(self, client_a, asked, named):
        answer = client_a.post("invoices/", asked)
        assert answer.status_code == 400, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "bad_input"
        assert fields(answer) == named
        assert client_a.get("invoices/").json()["results"] == []

    @pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
    def test_that_is_no_object_is_unreadable(self, client_a, body):
        answer = client_a.post("invoices/", body)
        assert answer.status_code == 400
        assert answer.json()["code"] in ("unreadable_body", "bad_input")  # an empty body is an object without fields

    def test_speaks_the_callers_language(self, client_a):
        french = client_a.post("invoices/", order(items=[]), **{"accept-language": "fr"}).json()
        assert french["title"] == "Certains champs sont à corriger."

    @pytest.mark.parametrize("query", ["limit=0", "limit=1000000000", "limit=x", "colour=blue"])
    def test_in_the_address_is_named_too(self, client_a, query):
        answer = client_a.get(f"invoices/?{query}")
        assert (answer.status_code, fields(answer)) == (400, [query.split("=")[0]])

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(asked=anything, place=st.sampled_from(["customer", "items", "currency", None]))
    def test_of_any_shape_is_never_a_server_error(self, client_a, asked, place):
        body = {**order(), place: asked} if place else asked
        assert client_a.post("invoices/", body).status_code in (201, 400)
        paying = {"invoice": asked, "provider": asked, "phone": asked}
        assert client_a.post("payments/", paying).status_code == 400


class TestStatuses:
    def test_401_says_how_to_authenticate(self, client, world):
        answer = client.get("/api/v1/invoices/")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "not_authenticated"

    def test_405(self, client_a):
        answer = client_a._http.delete("/api/v1/invoices/")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert "GET" in answer["Allow"]

    def test_406(self, client_a):
        assert client_a.get("invoices/", accept="image/png").json()["code"] == "not_acceptable"

    def test_413(self, client_a):
        big = json.dumps(order(note="x" * 70_000)).encode()
        answer = client_a.post("invoices/", big)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    def test_413_for_a_body_django_itself_refuses(self, client_a):
        assert client_a.post("invoices/", b" " * 1_100_000).status_code == 413

    @pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml"])
    def test_415(self, client_a, content_type):
        answer = client_a.post("invoices/", order(), content_type=content_type)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    @pytest.mark.parametrize("ref", ["%00", "nothing", "inv_" + "z" * 26, "pay_" + "z" * 26, "..%2f"])
    def test_404(self, client_a, ref):
        for path in (f"invoices/{ref}/", f"invoices/{ref}/pdf/", f"payments/{ref}/"):
            assert client_a.get(path).status_code == 404

    def test_a_document_says_its_status_and_where_to_read_on(self, client_a):
        told = client_a.get("invoices/inv_nothing/").json()
        assert told["status"] == 404
        assert told["type"].endswith("/api/v1/docs/#no_such_invoice")
        assert set(told) == {"type", "title", "status", "detail", "code"}


class TestHandle:
    def test_leaves_a_bug_a_bug(self):
        assert problems.handle(ZeroDivisionError(), {}) is None

    def test_tells_a_subclass_like_its_parent(self):
        class Odd(Http404):
            pass

        assert problems.handle(Odd(), {}).data["code"] == "not_found"

    def test_takes_refusals_of_other_packages(self, monkeypatch):
        class NoMoon(Exception):
            """There is no moon tonight."""

        monkeypatch.setattr(problems, "_TABLE", dict(problems._TABLE))
        problems.register({NoMoon: problems.Problem(409, "no_moon", "Pas de lune.")})
        assert problems.handle(NoMoon("secret detail"), {}).data["detail"] == "Pas de lune."

    def test_flattens_nested_errors(self):
        error = ValidationError({"a": {"b": [{}, {"c": ["x", "y"]}]}, "non_field_errors": ["z"]})
        told = problems.handle(error, {}).data["errors"]
        assert [(one["field"], one["message"]) for one in told] == [("a.b.1.c", "x"), ("a.b.1.c", "y"), ("", "z")]
