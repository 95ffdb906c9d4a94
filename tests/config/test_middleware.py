"""Headers of every answer, request ids, counts and log lines."""

import logging

import pytest

from config.middleware.protection import policy_for

pytestmark = [pytest.mark.urls("tests.config.broken_urls")]


class TestProtection:
    def test_allows_no_script_no_frame_and_no_foreign_form(self, client):
        policy = client.get("/page/a/")["Content-Security-Policy"]
        for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy
        assert "script" not in policy
        assert "unsafe" not in policy

    def test_lets_the_payment_form_lead_to_the_wallet(self, settings):
        settings.PRODUCTION = True
        assert "form-action 'self' https:;" in policy_for("/checkout/edt_1/")
        assert "http:;" not in policy_for("/checkout/edt_1/")
        assert "form-action 'self';" in policy_for("/sign-in/")

    def test_sends_the_other_protections(self, client):
        answer = client.get("/page/a/")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"

    @pytest.mark.parametrize("headers", [{"Cookie": "sessionid=x"}, {"Authorization": "Bearer x"}, {"X-Api-Key": "x"}])
    def test_lets_nobody_keep_the_page_of_somebody(self, client, headers):
        assert client.get("/page/a/", headers=headers)["Cache-Control"] == "private, no-store"

    def test_leaves_public_pages_to_their_views(self, client):
        assert "Cache-Control" not in client.get("/page/a/")


class TestObservation:
    def test_gives_every_answer_an_id(self, client):
        first, second = (client.get("/page/a/")["X-Request-Id"] for _ in range(2))
        assert first != second

    def test_keeps_an_id_that_looks_like_one(self, client):
        assert client.get("/page/a/", headers={"X-Request-Id": "abc-12345"})["X-Request-Id"] == "abc-12345"

    @pytest.mark.parametrize("given", ["short", "a" * 65, "with space", 'quote"quote', "é" * 10])
    def test_replaces_an_id_that_does_not(self, client, given):
        assert client.get("/page/a/", headers={"X-Request-Id": given})["X-Request-Id"] != given

    def test_says_one_line_without_the_address_itself(self, client, caplog):
        caplog.set_level(logging.INFO, "coko.request")
        client.get("/page/secret-id/?token=abc")
        [record] = [record for record in caplog.records if record.name == "coko.request"]
        assert (record.route, record.status, record.method) == ("page/<str:name>/", 200, "GET")
        assert "secret-id" not in str(vars(record))

    def test_says_nothing_of_health_checks(self, client, caplog):
        caplog.set_level(logging.INFO, "coko.request")
        client.get("/healthz")
        assert not [record for record in caplog.records if record.name == "coko.request"]


class TestMetrics:
    def test_count_by_route_and_status(self, client):
        client.get("/page/one/")
        client.get("/page/two/")
        text = client.get("/metrics").content.decode()
        assert 'coko_requests_total{method="GET",route="page/<str:name>/",status="200"}' in text
        assert "page/one" not in text

    def test_count_odd_methods_together(self, client):
        client.generic("BREW", "/page/one/")
        assert 'method="other"' in client.get("/metrics").content.decode()

    def test_are_closed_in_production_without_the_token(self, client, settings):
        settings.PRODUCTION = True
        assert client.get("/metrics").status_code == 404
        settings.METRICS_TOKEN = "scrape-me"
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer scrape-me"}).status_code == 200
