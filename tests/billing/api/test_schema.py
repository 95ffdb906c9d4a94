"""The documentation is made from the code, complete, and readable without a script."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

OURS = (
    "/api/v1/editions/",
    "/api/v1/quotes/",
    "/api/v1/coupons/",
    "/api/v1/credit-notes/",
    "/api/v1/invoices/",
    "/api/v1/payments/",
    "/api/v1/payment-options/",
    "/api/v1/webhook-endpoints/",
    "/api/v1/plans/",
    "/api/v1/subscriptions/",
    "/api/v1/test-clocks/",
)


@pytest.fixture(scope="module")
def schema():
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(request=None, public=True)


class TestSchema:
    def test_is_made_without_warnings(self, schema):
        assert dict(GENERATOR_STATS._warn_cache) == {}
        assert dict(GENERATOR_STATS._error_cache) == {}
        validate_schema(schema)

    def test_tells_every_routes_refusals(self, schema):
        for path, methods in schema["paths"].items():
            if not path.startswith(OURS):
                continue
            for method, operation in methods.items():
                statuses = set(operation["responses"])
                assert {"401", "403"} <= statuses, f"{method} {path}"
                assert statuses & {"200", "201"}, f"{method} {path}"
                refused = [answer for status, answer in operation["responses"].items() if status >= "400"]
                assert all("application/problem+json" in answer["content"] for answer in refused)

    def test_asks_for_an_idempotency_key_on_every_post(self, schema):
        for path, methods in schema["paths"].items():
            if path.startswith(OURS) and "post" in methods:
                headers = [one["name"] for one in methods["post"]["parameters"] if one["in"] == "header"]
                assert headers == ["Idempotency-Key"]
                assert {"400", "409", "422"} <= set(methods["post"]["responses"])

    @pytest.mark.django_db(databases=["default", "auth"])
    def test_is_open_to_all(self, client):
        assert client.get("/api/v1/schema/").status_code == 200


@pytest.mark.django_db(databases=["default", "auth"])
class TestDocs:
    def test_show_every_route_and_problem_without_a_script(self, client):
        page = client.get("/api/v1/docs/").content.decode()
        assert all(path in page for path in OURS)
        assert 'id="payment_in_progress"' in page
        assert "<script" not in page
        assert "//cdn" not in page
