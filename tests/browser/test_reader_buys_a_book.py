"""A reader on a cheap phone, without JavaScript, buys a book with Wave and keeps the invoice."""

import re

import pytest
from playwright.sync_api import Page, expect

from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from tests.conftest import ALL_DATABASES
from tests.factories.identity import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=ALL_DATABASES),
]


def no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def choose_wave_and_pay(phone: Page, live_server, world) -> None:
    phone.goto(f"{live_server.url}/")
    no_sideways_scroll(phone)
    phone.get_by_role("link", name=re.compile(world.title)).first.click()
    no_sideways_scroll(phone)
    phone.get_by_role("link", name=re.compile("Acheter")).click()
    no_sideways_scroll(phone)
    phone.get_by_label("Wave").check()
    phone.get_by_label("Numéro qui paie").fill("77 123 45 67")
    phone.get_by_label("Nom, pour la facture").fill("Ama Koné")
    phone.get_by_role("button", name=re.compile(r"Payer 1.500.F.CFA")).click()


class TestReader:
    def test_buys_a_book_and_keeps_the_invoice(self, phone, live_server, world, wave):
        choose_wave_and_pay(phone, live_server, world)
        expect(phone.get_by_text(re.compile("Simulateur", re.IGNORECASE)).first).to_be_visible()
        assert phone.url.startswith(wave.base_url)
        phone.get_by_role("button", name=re.compile(r"Payer 1.500.F.CFA")).click()
        phone.wait_for_url(re.compile("/receipts/pay_"))
        no_sideways_scroll(phone)
        expect(phone.get_by_text(re.compile("Payée le")).first).to_be_visible()
        assert ledger.balance(AccountKey("coko-sn", "552", "XOF", "wave:SN")) == 1485
        link = phone.get_by_role("link", name=re.compile("facture", re.IGNORECASE)).first
        address = link.get_attribute("href")
        pdf = phone.request.get(f"{live_server.url}{address}")
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.body().startswith(b"%PDF")

    def test_refuses_and_is_told_that_no_money_moved(self, phone, live_server, world, wave):
        choose_wave_and_pay(phone, live_server, world)
        phone.get_by_role("button", name="Refuser ce paiement").click()
        phone.wait_for_url(re.compile("/checkout/payments/pay_"))
        expect(
            phone.get_by_text(re.compile("n’a été débité|aucun montant|argent", re.IGNORECASE)).first
        ).to_be_visible()
        assert wave.movements() == []

    def test_signs_in_and_is_kept_out_of_finance(self, phone, live_server, world, wave):
        phone.goto(f"{live_server.url}/sign-in/")
        phone.get_by_label("Adresse électronique").fill(world.reader_email)
        phone.get_by_label("Mot de passe").fill(PASSWORD)
        phone.get_by_role("button", name="Entrer").click()
        phone.wait_for_url(re.compile("/library/"))
        answer = phone.goto(f"{live_server.url}/finance/")
        assert answer is not None
        assert answer.status == 403
