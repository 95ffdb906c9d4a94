"""A shop sells a book through the API, the authors see their statements, finance its month: from end to end."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
import requests
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader
from standardwebhooks import Webhook

from billing.inbox import operations as inbox
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.outbox import operations as outbox
from royalties import periods
from royalties.statements import operations as statements
from royalties.statements import queries as statement_queries
from tests.conftest import ALL_DATABASES
from tests.factories.identity import PASSWORD
from tests.factories.receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL_DATABASES)


class Shop:
    """An API client that does what the documents say."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.headers = f"{url}/api/v1/", {"Authorization": f"Bearer {key}"}

    def post(self, path: str, body: dict, key: str) -> requests.Response:
        headers = {**self.headers, "Idempotency-Key": key}
        return requests.post(self.url + path, json=body, headers=headers, timeout=20)

    def get(self, path: str) -> dict:
        return requests.get(self.url + path, headers=self.headers, timeout=20).json()


def signed_in(email: str) -> Client:
    browser = Client()
    answer = browser.post("/sign-in/", {"email": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return browser


def eventually(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def text_of(pdf: bytes) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return " ".join(text.split())


def balance(code: str, holder: str = "") -> int:
    return ledger.balance(AccountKey("coko-sn", code, "XOF", holder))


class TestFirstSaleToFirstStatement:
    def test_from_the_shop_to_the_authors_and_the_books(self, live_server, world, wave):
        shop = Shop(live_server.url, world.api_key)
        with receiving() as receiver:
            endpoint = shop.post("webhook-endpoints/", {"url": receiver.url}, "endpoint").json()
            payment = self.buy(shop, world, wave)
            self.the_shop_is_told(receiver, endpoint["secret"], payment)
        self.the_ledger_has_the_entry()
        statement_ref = self.the_month_is_closed(world)
        self.the_author_reads_every_line(world, statement_ref)
        self.nobody_else_does(world, statement_ref)
        self.finance_takes_the_month_away(world)
        self.the_books_agree()

    def buy(self, shop: Shop, world, wave) -> dict:
        body = {
            "customer": {"name": "Ama Koné", "country": "SN", "phone": "+221771234567"},
            "items": [{"edition": world.edition_ref, "quantity": 1}],
        }
        invoice = shop.post("invoices/", body, "order-1").json()
        assert invoice["gross"] == {"amount": "1500", "currency": "XOF"}
        asked = shop.post("payments/", {"invoice": invoice["id"], "provider": "wave"}, "order-1-wave")
        assert asked.status_code == 201, asked.text
        again = shop.post("payments/", {"invoice": invoice["id"], "provider": "wave"}, "order-1-wave")
        assert again.content == asked.content
        payment = asked.json()
        assert payment["next_action"]["kind"] == "redirect"
        session = payment["next_action"]["url"].split("?")[0].rsplit("/", 1)[-1]
        wave.approve(session)
        self.the_notifications_are_worked_off(wave)
        paid = shop.get(f"payments/{payment['id']}/")
        assert (paid["state"], shop.get(f"invoices/{invoice['id']}/")["state"]) == ("succeeded", "paid")
        return dict(paid)

    def the_notifications_are_worked_off(self, wave) -> None:
        eventually(lambda: [one["done"] for one in wave.deliveries()] == [1, 1])
        inbox.process_waiting(at=timezone.now(), limit=100)
        assert len(wave.movements()) == 1

    def the_shop_is_told(self, receiver, secret: str, payment: dict) -> None:
        outbox.deliver_due(at=timezone.now(), limit=10)
        told = [json.loads(Webhook(secret).verify(got.body, dict(got.headers)) and got.body) for got in receiver.got]
        assert {"payment.succeeded", "invoice.paid"} >= {event["type"] for event in told}
        assert [event["data"]["id"] for event in told if event["type"] == "payment.succeeded"] == [payment["id"]]

    def the_ledger_has_the_entry(self) -> None:
        # 1 500 paid; Wave keeps 1 %; 18 % of VAT inside: 1 271 net, 229 tax.
        assert {
            "552": balance("552", "wave:SN"),
            "6317": balance("6317"),
            "7065": balance("7065"),
            "4432": balance("4432"),
        } == {"552": 1485, "6317": 15, "7065": -1271, "4432": -229}

    def the_month_is_closed(self, world) -> str:
        period = periods.of(timezone.now())
        at = periods.bounds(period)[1] + timedelta(hours=1)
        issued = statements.close(period=period, at=at)
        # (1 271 − 15) × 70 % = 879.2 → 879, split 2 : 1.
        assert {one.payee_ref: one.earned_minor for one in issued} == dict(
            zip(world.payee_refs, (586, 293), strict=True)
        )
        assert statements.close(period=period, at=at + timedelta(days=1)) == issued
        payables = sum(-row.closing_minor for row in ledger.balances(codes=("4011", "4081")))
        assert sum(line.amount_minor for one in issued for line in one.lines) == payables == 879
        return next(one.id for one in issued if one.payee_ref == world.payee_refs[0])

    def the_author_reads_every_line(self, world, statement_ref: str) -> None:
        kofi = signed_in(world.author_email)
        home = kofi.get("/author/").content.decode()
        assert "586" in home
        page = kofi.get(f"/author/statements/{statement_ref}/").content.decode()
        line = statement_queries.statement(statement_ref).lines[0]
        assert f"/author/lines/{line.id}/" in page
        explained = kofi.get(f"/author/lines/{line.id}/").content.decode()
        for shown in ("Soixante-dix pour cent des recettes nettes.", "229", "586", line.invoice_number):
            assert shown in explained
        pdf = kofi.get(f"/author/statements/{statement_ref}/statement.pdf")
        assert pdf["Content-Type"] == "application/pdf"
        assert "586 F CFA" in text_of(pdf.content).replace("\u202f", " ").replace("\xa0", " ")

    def nobody_else_does(self, world, statement_ref: str) -> None:
        line = statement_queries.statement(statement_ref).lines[0]
        yaw, ama, nobody = signed_in(world.other_author_email), signed_in(world.reader_email), Client()
        for path in (
            f"/author/statements/{statement_ref}/",
            f"/author/statements/{statement_ref}/statement.pdf",
            f"/author/lines/{line.id}/",
        ):
            assert (yaw.get(path).status_code, ama.get(path).status_code) == (404, 404)
            assert nobody.get(path).status_code == 302
        assert (yaw.get("/finance/").status_code, ama.get("/finance/").status_code) == (403, 403)
        assert nobody.get("/api/v1/invoices/").status_code == 401

    def finance_takes_the_month_away(self, world) -> None:
        efua = signed_in(world.finance_email)
        period = periods.of(timezone.now())
        assert efua.get("/finance/").status_code == 200
        assert efua.get(f"/finance/{period}/").status_code == 200
        book = load_workbook(BytesIO(efua.get(f"/finance/{period}/coko.xlsx").content))
        sale = book["Ventes"][4]
        assert [cell.value for cell in sale][2:10] == [world.title, "SN", 1, "wave", 1500, 229, 1271, 15]
        royalties = [row[6].value for row in book["Redevances"].iter_rows(min_row=4, max_row=5)]
        assert sorted(royalties) == [293, 586]
        summary = text_of(efua.get(f"/finance/{period}/coko.pdf").content)
        assert "879" in summary

    def the_books_agree(self) -> None:
        said = StringIO()
        call_command("ledger_verify", stdout=said)
        assert "agree" in said.getvalue()
