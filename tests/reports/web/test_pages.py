"""Who may see the books, and what they see on the first day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from reports.web import pages
from royalties import periods
from tests.reports.web.conftest import signed_in

pytestmark = pytest.mark.django_db(databases=["default", "auth"])


@contextmanager
def keys_locked() -> Iterator[None]:
    """Another session holds the table of keys: of all that the page reads, only the ledger's checks wait for it.

    It is cut off after 5 s: who waits without a limit gets the table then, and does not see a limit.
    """
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5s'")
            cursor.execute("LOCK TABLE ledger_entrykey IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()


def month(name: str) -> str:
    return f"/finance/{periods.of(timezone.now())}/{name}"


class TestAccess:
    @pytest.mark.parametrize("path", ["/finance/", month(""), month("coko.xlsx"), month("coko.pdf")])
    def test_is_for_finance_and_operators_alone(self, path):
        assert Client().get(path).status_code == 302
        assert [signed_in(role).get(path).status_code for role in ("reader", "author", "client")] == [403] * 3
        assert signed_in("operator").get(path).status_code == 200

    def test_only_reads(self, efua):
        assert efua.post("/finance/").status_code == 405


class TestHome:
    def test_says_what_will_appear_when_nothing_was_sold(self, efua):
        page = efua.get("/finance/").content.decode()
        assert "Aucune vente ce mois-ci" in page
        assert "Grand livre vérifié" in page

    def test_offers_the_months_since_the_first_sale(self, efua, monkeypatch):
        monkeypatch.setattr(pages, "first_month", lambda: "2026-09")
        monkeypatch.setattr(pages.timezone, "now", lambda: datetime(2026, 11, 3, tzinfo=UTC))
        page = efua.get("/finance/").content.decode()
        assert [period in page for period in ("2026-11", "2026-10", "2026-09", "2026-08")] == [True, True, True, False]

    def test_says_so_when_checking_the_ledger_takes_too_long(self, efua):
        with keys_locked(), connection.cursor() as cursor:
            # No limit on waiting for locks: what ends the wait is the time a statement of a page has.
            cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = '700ms'")
            assert "Grand livre non vérifié ici" in efua.get("/finance/").content.decode()


class TestMonth:
    @pytest.mark.parametrize("period", ["2026-13", "2099-01", "2026-1", "abc", "2026-10-01"])
    def test_is_404_for_what_is_no_month_of_the_past(self, efua, period):
        assert efua.get(f"/finance/{period}/").status_code == 404
        assert efua.get(f"/finance/{period}/coko.xlsx").status_code == 404

    def test_downloads_have_names_and_are_not_kept_by_caches(self, efua):
        answer = efua.get(month("coko.pdf"))
        assert answer["Content-Disposition"] == f'attachment; filename="coko-{periods.of(timezone.now())}.pdf"'
        assert "no-store" in answer["Cache-Control"]
