"""The books as pages: who may see them, the queries' own numbers, every line leading to what it came from."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from billing.ledger import operations
from billing.ledger import queries as ledger
from billing.ledger.draft import WhenClosed, credit, debit
from billing.payments import operations as payments
from reports.web import books
from tests.factories import billing as billing_factory
from tests.factories import payments as payment_factory
from tests.factories.books import NOVEMBER, OCTOBER, PAYEE, post_two_months
from tests.factories.ledger import account, draft, posted, sale
from tests.reports.web.conftest import signed_in

pytestmark = pytest.mark.django_db(databases=["default", "auth"])

BOTH = "entity=coko-sn&from=2026-10&to=2026-11"
WALLET = "entity=coko-sn&code=552&currency=XOF&holder=wave:SN"
WEIGHT_MAX = 30 * 1024


@pytest.fixture
def payee_ref() -> str:
    return post_two_months()


def text_of(browser: Client, address: str) -> str:
    answered = browser.get(address)
    assert answered.status_code == 200, address
    return html.unescape(answered.content.decode())


def rows_of(page: str) -> list[list[str]]:
    """The cells of every row, as bare text."""
    plain = re.compile(r"<[^>]*>")
    return [
        [" ".join(plain.sub("", cell).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    ]


def figure(text: str) -> Decimal:
    digits = re.sub(r"[\s\u202f\u00a0]", "", text).replace("−", "-").replace(",", ".")
    return Decimal(digits or "0")


class TestAccess:
    @pytest.mark.parametrize(
        "address",
        [
            "/finance/books/",
            f"/finance/books/accounts/?{BOTH}&code=552",
            f"/finance/books/account/?{WALLET}",
            f"/finance/books/file/?{BOTH}&book=balance&format=csv",
            "/finance/entries/jrn_00000000000000000000000000/",
            "/finance/invoices/inv_00000000000000000000000000/",
            "/finance/payments/pay_00000000000000000000000000/",
        ],
    )
    def test_is_for_finance_and_operators_alone_and_reads_only(self, address, efua):
        assert Client().get(address).status_code == 302
        assert [signed_in(role).get(address).status_code for role in ("reader", "author", "client")] == [403] * 3
        assert efua.post(address).status_code == 405
        assert signed_in("operator").get(address).status_code in (200, 302, 404)

    def test_says_what_will_appear_before_the_first_entry(self, efua):
        assert "Aucune écriture encore" in text_of(efua, "/finance/books/")

    @pytest.mark.usefixtures("payee_ref")
    @pytest.mark.parametrize(
        "query",
        ["entity=nobody", "from=2026-13", "to=abc", "known=2026-02-30", "known=9999-12-31", "known=0001-01-01"],
    )
    def test_is_404_for_what_there_is_not(self, efua, query):
        assert efua.get(f"/finance/books/?{query}").status_code == 404


@pytest.mark.usefixtures("payee_ref")
class TestTrialBalance:
    def test_has_the_queries_numbers_by_currency_and_class(self, efua):
        page = text_of(efua, f"/finance/books/?{BOTH}")
        since, until = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
        for row in ledger.trial_balance(entity="coko-sn", since=since, until=until):
            if row.account.currency == "EUR":
                continue
            francs = rows_of(page.split("F CFA (XOF)")[1])
            shown = next(cells for cells in francs if cells and cells[0].startswith(f"{row.account.code} "))
            opening, closing = (figure(shown[n]) - figure(shown[n + 1]) for n in (1, 5))
            assert (opening, figure(shown[3]), figure(shown[4]), closing) == (
                row.opening_minor,
                row.debit_minor,
                row.credit_minor,
                row.closing_minor,
            )
        assert page.index("€ (EUR)") < page.index("4 · Tiers") < page.index("F CFA (XOF)")
        totals = [[figure(cell) for cell in cells[1:]] for cells in rows_of(page) if cells[:1] == ["Total"]]
        assert len(totals) == 2
        assert all(six[0] == six[1] and six[2] == six[3] and six[4] == six[5] for six in totals)

    def test_shows_what_was_known(self, efua):
        assert "4081" in text_of(efua, f"/finance/books/?{BOTH}&known=2026-11-02")
        assert "4081" not in text_of(efua, f"/finance/books/?{BOTH}&known=2026-11-01")

    def test_takes_a_last_month_before_the_first_for_the_first(self, efua):
        page = text_of(efua, "/finance/books/?entity=coko-sn&from=2026-10&to=2026-09")
        assert 'name="to" value="2026-10"' in page

    def test_leads_from_a_code_to_its_accounts_and_from_a_single_one_to_its_statement(self, efua):
        operations.post(draft=sale(happened_at=NOVEMBER, wallet="wave:CI"), at=NOVEMBER)
        page = text_of(efua, f"/finance/books/accounts/?{BOTH}&code=552")
        assert [cells[0] for cells in rows_of(page) if cells] == ["Wave CI", "Wave SN", "Wave SN"]
        single = efua.get(f"/finance/books/accounts/?{BOTH}&code=4081")
        assert single.status_code == 302
        assert PAYEE in text_of(efua, single["Location"])
        assert efua.get(f"/finance/books/accounts/?{BOTH}&code=9999").status_code == 404

    def test_says_so_when_it_takes_too_long(self, efua, monkeypatch):
        def slow(*_args: object, **_named: object) -> None:
            raise OperationalError("canceling statement due to statement timeout")

        monkeypatch.setattr(books, "trial_balance", slow)
        page = efua.get(f"/finance/books/?{BOTH}")
        assert page.status_code == 503
        assert "books_export" in page.content.decode()


@pytest.mark.usefixtures("payee_ref")
class TestStatement:
    def test_runs_as_the_query_does(self, efua):
        page = text_of(efua, f"/finance/books/account/?{WALLET}")
        own = ledger.statement(account=account("552", "wave:SN"))
        shown = [cells for cells in rows_of(page) if len(cells) == 6]
        assert [(figure(c[3]) - figure(c[4]), figure(c[5])) for c in shown] == [
            (line.amount_minor, line.balance_minor) for line in own.lines
        ]
        assert all(f"/finance/entries/{line.entry.id}/" in page for line in own.lines)

    def test_is_filtered_by_days_by_document_and_by_what_was_known(self, efua):
        def shown(query: str) -> int:
            return len([c for c in rows_of(text_of(efua, f"/finance/books/account/?{WALLET}&{query}")) if len(c) == 6])

        whole = len(ledger.statement(account=account("552", "wave:SN")).lines)
        assert shown("since=2026-10-03&until=2026-10-03") == 1
        assert shown("until=2026-10-31") + shown("since=2026-11-01") == whole
        assert shown("source=pay_essai") == whole
        assert shown("source=pay_other") == 0
        assert shown("known=2026-10-04") == 2

    def test_pages_through_every_line_once(self, efua, monkeypatch):
        monkeypatch.setattr(books, "LINES_SHOWN", 2)
        address, seen, pages = f"/finance/books/account/?{WALLET}", [], 0
        while address:
            page = text_of(efua, address)
            seen += re.findall(r"/finance/entries/(jrn_\w+)/", page)
            pages += 1
            following = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
            address = f"/finance/books/account/{following[1]}" if following else ""
        assert seen == [line.entry.id for line in ledger.statement(account=account("552", "wave:SN")).lines]
        assert pages == -(-len(seen) // 2)

    def test_weighs_little_however_long_it_is(self, efua):
        wallet = account("552", "wave:SN")
        for number in range(60):
            lines = [debit(wallet, number + 1), credit(account("7065"), number + 1)]
            entry = draft(lines, happened_at=NOVEMBER, description="Encaissement de la facture SN-2026-000001")
            operations.post(draft=entry, at=NOVEMBER)
        assert len(efua.get(f"/finance/books/account/?{WALLET}").content) < WEIGHT_MAX

    def test_is_404_for_a_place_or_an_entity_there_is_not(self, efua):
        assert efua.get(f"/finance/books/account/?{WALLET}&after=jrn_x").status_code == 404
        assert efua.get("/finance/books/account/?entity=nobody&code=552&currency=XOF").status_code == 404
        assert efua.get("/finance/books/account/?entity=coko-sn").status_code == 404


class TestEntry:
    def test_is_linked_with_what_takes_it_back(self, efua):
        first = posted(at=NOVEMBER)
        back = operations.reverse(entry_ref=first.id, key="back", reason="Doublon", at=NOVEMBER)
        assert f"/finance/entries/{back.id}/" in text_of(efua, f"/finance/entries/{first.id}/")
        assert f"/finance/entries/{first.id}/" in text_of(efua, f"/finance/entries/{back.id}/")

    def test_shows_both_dates_the_journal_and_each_line(self, efua):
        entry = operations.post(draft=sale(happened_at=OCTOBER), at=OCTOBER + timedelta(days=9))
        page = text_of(efua, f"/finance/entries/{entry.id}/").replace("\xa0", " ").replace("\u202f", " ")
        for said in ("3 oct. 2026", "12 oct. 2026", "Banque et monnaie électronique", "3 465 F CFA", "2 966 F CFA"):
            assert said in page
        assert len([cells for cells in rows_of(page) if len(cells) == 4]) == 4

    def test_says_when_it_was_late(self, efua):
        posted(at=OCTOBER)
        for step in (operations.start_closing, operations.close_period):
            step(entity="coko-sn", month=OCTOBER.date(), by="awa", at=NOVEMBER)
        late = draft(happened_at=OCTOBER)
        kept = {name: getattr(late, name) for name in late.__dataclass_fields__}
        entry = operations.post(draft=type(late)(**{**kept, "when_closed": WhenClosed.COUNT_LATER}), at=NOVEMBER)
        assert "dont le mois était déjà clos" in text_of(efua, f"/finance/entries/{entry.id}/")

    def test_shows_the_hold_it_settles(self, efua):
        held = operations.hold(draft=draft(happened_at=NOVEMBER), expires_at=None, at=NOVEMBER)
        entry = operations.post_hold(hold_ref=held.id, key="settle", at=NOVEMBER)
        assert held.id in text_of(efua, f"/finance/entries/{entry.id}/")

    def test_proves_its_place_in_the_sealed_day_and_says_when_it_cannot(self, efua):
        entries = [posted(at=NOVEMBER + timedelta(minutes=n)) for n in range(3)]
        assert "Pas encore" in text_of(efua, f"/finance/entries/{entries[1].id}/")
        (seal,) = operations.seal_days(at=NOVEMBER + timedelta(days=1))
        page = text_of(efua, f"/finance/entries/{entries[1].id}/")
        assert "Preuve recalculée" in page
        assert "la feuille 2 de 3" in page
        assert seal.root.hex() in page
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            cursor.execute("UPDATE ledger_journalentry SET fingerprint = sha256('x')")
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        assert "La preuve ne mène pas à la racine" in text_of(efua, f"/finance/entries/{entries[1].id}/")

    @pytest.mark.parametrize("entry_ref", ["jrn_00000000000000000000000000", "jrn_x", "pay_1"])
    def test_is_404_for_none(self, efua, entry_ref):
        assert efua.get(f"/finance/entries/{entry_ref}/").status_code == 404


class TestDocuments:
    def test_of_a_paid_invoice_lead_to_each_other(self, efua, wave):
        at = timezone.now()
        billing_factory.reference_world(at=at)
        started = payment_factory.start(at=at)
        wave.approve(started.provider_ref)
        paid = payments.refresh(payment_ref=started.id, source="poll", at=at + timedelta(seconds=5))
        payment_page = text_of(efua, f"/finance/payments/{paid.id}/")
        invoice_page = text_of(efua, f"/finance/invoices/{paid.invoice_ref}/")
        (entry,) = ledger.entries_by_key([f"payment:{paid.id}:captured"]).values()
        assert f"/finance/entries/{entry.id}/" in payment_page
        assert f"/finance/invoices/{paid.invoice_ref}/" in payment_page
        assert f"/finance/payments/{paid.id}/" in invoice_page
        assert f"/finance/payments/{paid.id}/" in text_of(efua, f"/finance/entries/{entry.id}/")
        assert "réussi" in payment_page
        assert "+221771234567" not in payment_page + invoice_page

    def test_are_404_where_there_is_none(self, efua):
        for address in ("/finance/invoices/inv_x/", "/finance/payments/pay_x/"):
            assert efua.get(address).status_code == 404


@pytest.mark.usefixtures("payee_ref")
class TestFiles:
    def test_are_offered_and_sent_under_their_names(self, efua):
        page = text_of(efua, f"/finance/books/?{BOTH}")
        addresses = re.findall(r'href="(/finance/books/file/\?[^"]+)"', page)
        assert len(addresses) == 10
        for address in addresses:
            answered = efua.get(address)
            assert answered.status_code == 200
            assert answered["Content-Disposition"].startswith("attachment; filename=")
            assert b"".join(answered.streaming_content)

    def test_refuse_with_a_sentence(self, efua, monkeypatch):
        monkeypatch.setattr(books, "PAPER_ROWS_MAX", 3)
        page = efua.get(f"/finance/books/file/?{BOTH}&book=journal&format=pdf")
        assert page.status_code == 422
        assert "trop long pour le papier" in page.content.decode()
        operations.post(draft=sale(currency="USD", happened_at=NOVEMBER), at=NOVEMBER)
        page = efua.get(f"/finance/books/file/?{BOTH}&book=fec&format=txt")
        assert page.status_code == 422
        assert "cours" in page.content.decode()

    @pytest.mark.parametrize("asked", ["book=fec&format=pdf", "book=x&format=csv", "book=journal", ""])
    def test_are_404_in_other_forms(self, efua, asked):
        assert efua.get(f"/finance/books/file/?{BOTH}&{asked}").status_code == 404
