"""Buying as a person does: the form, the wallet, the wait, the receipt."""

import html
import re
import threading
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from billing.invoices import operations as invoice_operations
from billing.invoices import queries as invoices
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.facts import Outcome, ProviderAnswer
from billing.pricing import operations as pricing
from billing.pricing.queries import quote as price
from billing.web import submissions
from billing.web.models import Submission
from config.identity.models import User
from tests.billing.web.conftest import HOSTILE, PHONE, Visitor, session_of
from tests.factories import billing as opened

DATABASES = ["default", "auth", "catalog"]
pytestmark = pytest.mark.django_db(databases=DATABASES)


class TestInvoicePage:
    """The address printed on an unpaid invoice."""

    @pytest.fixture
    def invoice(self, shop):
        at = timezone.now()
        quote = price(edition_ref=shop.edition_ref, country="SN", at=at)
        return opened.open_invoice(at=at, quotes=[quote], to=opened.customer())

    def test_pays_it_with_a_wallet(self, visitor, invoice, wave, pay):
        page = visitor.read(f"/checkout/invoices/{invoice.id}/")
        assert invoice.number in page
        answer = visitor.http.post(f"/checkout/invoices/{invoice.id}/", {"provider": "wave"})
        assert payment_queries.payment(pay(answer["Location"])).invoice_ref == invoice.id

    def test_leads_to_the_attempt_there_is(self, visitor, invoice, wave, pay):
        ref = pay(visitor.http.post(f"/checkout/invoices/{invoice.id}/", {"provider": "wave"})["Location"])
        answer = visitor.http.get(f"/checkout/invoices/{invoice.id}/")
        assert (answer.status_code, answer["Location"]) == (303, f"/checkout/payments/{ref}/")

    def test_refuses_a_wallet_that_is_not_offered(self, visitor, invoice, wave):
        answer = visitor.http.post(f"/checkout/invoices/{invoice.id}/", {"provider": "visa"}, follow=True)
        assert "choisissez-en un autre" in answer.content.decode()
        assert payment_queries.payments_of_invoice(invoice.id) == ()

    def test_of_a_void_invoice_takes_no_money(self, visitor, invoice, wave):
        invoice_operations.void(invoice_ref=invoice.id, reason="doublon", at=timezone.now())
        visitor.http.post(f"/checkout/invoices/{invoice.id}/", {"provider": "wave"})
        assert "ne se paie pas ici" in visitor.read(f"/checkout/invoices/{invoice.id}/")
        assert payment_queries.payments_of_invoice(invoice.id) == ()

    @pytest.mark.parametrize("ref", ["inv_none", "inv_0000000000000000000000000z", "x"])
    def test_of_none_is_not_there(self, visitor, ref):
        visitor.read(f"/checkout/invoices/{ref}/", status=404)


class TestCoupon:
    @pytest.fixture(autouse=True)
    def _coupon(self, shop) -> None:
        at = timezone.now() - timedelta(minutes=1)
        pricing.add_coupon(code="RENTREE", owner_ref="web", rate=Fraction(1, 5), by="x", at=at, uses_max=1)

    def apply(self, visitor, shop, **changed):
        sent = {**visitor.form(shop.edition_ref), "coupon": "rentree", "apply": "1", **changed}
        return visitor.http.post(f"/checkout/{shop.edition_ref}/", sent).content.decode()

    def test_shows_the_new_price_and_pays_it(self, visitor, shop, wave, pay):
        page = self.apply(visitor, shop)
        assert "Payer 1\u202f200" in page
        assert 'value="Awa Ndiaye"' in page
        location = visitor.buy(shop.edition_ref, coupon="rentree", shown="1200 XOF")
        assert payment_queries.payment(pay(location)).amount_minor == 1200

    def test_typed_and_paid_at_once_shows_the_new_price_first(self, visitor, shop, wave):
        sent = {**visitor.form(shop.edition_ref), "coupon": "RENTREE"}
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", sent)
        assert answer.status_code == 422
        assert "Bon appliqué" in answer.content.decode()
        assert invoices.invoices_of(owner_ref="web", limit=9) == ()

    def test_that_does_not_count_is_said_and_the_price_stays(self, visitor, shop, wave):
        page = self.apply(visitor, shop, coupon="NOEL")
        assert "Ce bon n’existe pas" in page
        assert "Payer 1\u202f500" in page
        sent = {**visitor.form(shop.edition_ref), "coupon": "NOEL"}
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", sent)
        assert (answer.status_code, invoices.invoices_of(owner_ref="web", limit=9)) == (422, ())

    def test_of_everything_is_refused(self, visitor, shop, wave):
        pricing.add_coupon(code="OFFERT", owner_ref="web", rate=Fraction(1), by="x", at=timezone.now())
        assert "rien à payer" in self.apply(visitor, shop, coupon="OFFERT")

    def test_taken_by_others_after_a_failed_payment_is_said_on_the_waiting_page(self, visitor, shop, wave, pay):
        ref = pay(visitor.buy(shop.edition_ref, coupon="rentree", shown="1200 XOF"))
        payments.apply_answer(payment_ref=ref, answer=ProviderAnswer(Outcome.FAILED), source="poll", at=timezone.now())
        visitor.buy(shop.edition_ref, coupon="rentree", shown="1200 XOF", phone="77 000 00 01", name="Un autre")
        answer = visitor.http.post(f"/checkout/payments/{ref}/retry/", {"provider": "wave"}, follow=True)
        assert "autant de fois" in answer.content.decode()


class TestForm:
    def test_leads_to_the_wallets_page(self, visitor, shop, wave, pay):
        location = visitor.buy(shop.edition_ref)
        assert location.startswith(wave.base_url)
        assert payment_queries.payment(pay(location)).state == "pending"

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("phone", "", "Indiquez le numéro qui paiera"),
            ("phone", "12", "Ce numéro n’existe pas"),
            ("phone", "\x00", " nul"),
            ("name", "", "Indiquez votre nom"),
            ("name", "A" * 121, "120"),
            ("email", "awa", "adresse"),
            ("provider", "", "Choisissez un portefeuille"),
            ("provider", "visa", "n’est pas proposé ici"),
            ("key", "chk_nonsense", "n’est plus valable"),
            ("shown", "1000 XOF", "Le prix a changé"),
        ],
    )
    def test_names_the_field_and_keeps_the_rest(self, visitor, shop, wave, field, value, said):
        sent = {**visitor.form(shop.edition_ref), "name": "Awa Ndiaye", "email": "awa@example.org", field: value}
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", sent)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert field == "name" or 'value="Awa Ndiaye"' in page
        assert field == "email" or 'value="awa@example.org"' in page
        assert invoices.invoices_of(owner_ref="web", limit=9) == ()

    def test_escapes_what_was_typed(self, visitor, shop, wave):
        sent = {**visitor.form(shop.edition_ref), "name": HOSTILE, "phone": HOSTILE}
        page = visitor.http.post(f"/checkout/{shop.edition_ref}/", sent).content.decode()
        assert "<script" not in page

    def test_needs_the_token_of_its_page(self, visitor, shop):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(f"/checkout/{shop.edition_ref}/", visitor.form(shop.edition_ref)).status_code == 403

    def test_sent_twice_makes_one_payment(self, visitor, shop, wave):
        form = visitor.form(shop.edition_ref)
        first, second = (visitor.http.post(f"/checkout/{shop.edition_ref}/", form)["Location"] for _ in range(2))
        assert first == second
        assert len(invoices.invoices_of(owner_ref="web", limit=9)) == 1

    def test_in_a_second_tab_shows_the_first_payment(self, visitor, shop, wave):
        assert visitor.buy(shop.edition_ref) == visitor.buy(shop.edition_ref)
        assert len(invoices.invoices_of(owner_ref="web", limit=9)) == 1

    def test_of_somebody_else_with_that_phone_is_a_purchase_of_its_own(self, visitor, shop, wave):
        assert visitor.buy(shop.edition_ref) != visitor.buy(shop.edition_ref, name="Un autre")

    def test_of_another_book_is_another_purchase(self, visitor, shop, wave):
        assert visitor.buy(shop.edition_ref) != visitor.buy(shop.other_ref)

    def test_may_be_sent_again_when_the_payment_could_not_start(self, visitor, shop, wave, monkeypatch):
        form = visitor.form(shop.edition_ref)

        def bug(**_):
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr("billing.checkout.operations.begin", bug)
            with pytest.raises(ZeroDivisionError):
                visitor.http.post(f"/checkout/{shop.edition_ref}/", form)
        assert visitor.http.post(f"/checkout/{shop.edition_ref}/", form).status_code == 303

    def test_takes_up_the_payment_of_a_process_that_died(self, visitor, shop, wave, monkeypatch):
        form = visitor.form(shop.edition_ref)

        def die(**_):
            raise SystemExit

        with monkeypatch.context() as dying:
            dying.setattr(submissions, "settle", die)
            dying.setattr(submissions, "free", lambda **_: None)
            with pytest.raises(SystemExit):
                visitor.http.post(f"/checkout/{shop.edition_ref}/", form)
        Submission.objects.update(locked_until=timezone.now())
        assert visitor.http.post(f"/checkout/{shop.edition_ref}/", form)["Location"].startswith(wave.base_url)
        (invoice,) = invoices.invoices_of(owner_ref="web", limit=9)
        assert len(payment_queries.payments_of_invoice(invoice.id)) == 1

    def test_knows_who_is_signed_in(self, shop, wave, pay):
        user = User.objects.create_user("ama@coko.example", "x", name="Ama Koné")
        visitor = Visitor(Client())
        visitor.http.force_login(user)
        page = visitor.read(f"/checkout/{shop.edition_ref}/")
        assert 'value="Ama Koné"' in page
        assert 'value="ama@coko.example"' in page
        payment = payment_queries.payment(pay(visitor.buy(shop.edition_ref)))
        assert invoices.invoice(payment.invoice_ref).customer.user_ref == user.pk

    def test_is_not_sold_to_a_reader_who_has_the_book(self, shop, wave):
        user = User.objects.create_user("ama@coko.example", "x", name="Ama Koné")
        visitor = Visitor(Client())
        visitor.http.force_login(user)
        form = visitor.form(shop.edition_ref)
        _paid(visitor, shop, wave)
        page = visitor.read(f"/checkout/{shop.edition_ref}/")
        assert "Vous avez déjà ce livre" in page
        assert 'name="phone"' not in page
        late = visitor.http.post(f"/checkout/{shop.edition_ref}/", form)
        assert "Vous avez déjà ce livre" in late.content.decode()
        assert len(invoices.invoices_of(owner_ref="web", limit=9)) == 1

    @pytest.mark.parametrize("ref", ["edn_nothing", "edn_" + "z" * 26, "%00"])
    def test_for_no_book_is_a_404(self, visitor, ref):
        visitor.read(f"/checkout/{ref}/", status=404)
        visitor.read(f"/checkout/{ref}/started/%00/", status=404)

    def test_lets_the_browser_follow_to_the_wallet(self, visitor, shop):
        policy = visitor.http.get(f"/checkout/{shop.edition_ref}/")["Content-Security-Policy"]
        assert "script-src" not in policy
        assert "default-src 'none'" in policy


class TestStarted:
    def test_waits_while_the_first_click_is_worked_on(self, visitor, shop, wave):
        form = visitor.form(shop.edition_ref)
        submissions.claim(key=form["key"], at=timezone.now())
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", form)
        assert answer.status_code == 303
        assert "Inutile de recommencer" in visitor.read(answer["Location"])

    def test_leads_on_when_the_first_click_is_done(self, visitor, shop, wave):
        form = visitor.form(shop.edition_ref)
        first = visitor.http.post(f"/checkout/{shop.edition_ref}/", form)["Location"]
        answer = visitor.http.get(f"/checkout/{shop.edition_ref}/started/{form['key']}/")
        assert answer["Location"] == first

    def test_leads_back_to_the_form_when_nobody_is_at_it(self, visitor, shop):
        key = submissions.new_key(timezone.now())
        answer = visitor.http.get(f"/checkout/{shop.edition_ref}/started/{key}/")
        assert answer["Location"] == f"/checkout/{shop.edition_ref}/"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
class TestSameInstant:
    def test_two_clicks_make_one_payment(self, visitor, shop, wave):
        form, barrier, found = visitor.form(shop.edition_ref), threading.Barrier(8), []

        def click():
            try:
                barrier.wait()
                found.append(Client().post(f"/checkout/{shop.edition_ref}/", form).status_code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [303] * 8
        (invoice,) = invoices.invoices_of(owner_ref="web", limit=9)
        assert len(payment_queries.payments_of_invoice(invoice.id)) == 1


class TestWaiting:
    def test_says_what_to_do_and_comes_back_by_itself(self, visitor, shop, wave, pay):
        location = visitor.buy(shop.edition_ref)
        page = visitor.read(f"/checkout/payments/{pay(location)}/")
        assert "En attente de votre accord" in page
        assert "Rien n’est prélevé sans votre accord" in page
        assert 'http-equiv="refresh" content="4"' in page
        assert html.escape(location) in page

    def test_leads_to_the_receipt_once_paid(self, visitor, shop, wave, pay):
        payment_ref = _paid(visitor, shop, wave)
        answer = visitor.http.get(f"/checkout/payments/{payment_ref}/")
        assert (answer.status_code, answer["Location"]) == (303, f"/receipts/{payment_ref}/")

    def test_asks_the_provider_seldom(self, visitor, shop, wave, pay, monkeypatch):
        payment_ref = pay(visitor.buy(shop.edition_ref))
        asked = []
        real = payments.gateway.fetch
        monkeypatch.setattr(payments.gateway, "fetch", lambda **lookup: asked.append(1) or real(**lookup))
        for _ in range(5):
            visitor.read(f"/checkout/payments/{payment_ref}/")
        assert len(asked) <= 1

    def test_tells_why_it_failed_and_that_no_money_moved(self, visitor, shop, wave, pay):
        page = visitor.read(f"/checkout/payments/{_ended(visitor, shop, wave, pay, 'failed')}/")
        assert "Le solde du portefeuille est insuffisant" in page
        assert "Aucun argent n’a été prélevé" in page
        assert "Réessayer" in page
        assert "refresh" not in page

    def test_tells_that_the_time_is_over(self, visitor, shop, wave, pay):
        page = visitor.read(f"/checkout/payments/{_ended(visitor, shop, wave, pay, 'expired')}/")
        assert "Ce paiement n’est plus ouvert" in page
        assert "Aucun paiement n’a été reçu" in page
        assert "Réessayer" in page

    def test_tells_that_a_person_looks_and_offers_no_second_payment(self, visitor, shop, wave, pay):
        payment_ref = pay(visitor.buy(shop.edition_ref))
        _answer(payment_ref, "succeeded", amount_minor=900)
        page = visitor.read(f"/checkout/payments/{payment_ref}/")
        assert "Une personne vérifie ce paiement" in page
        assert "Réessayer" not in page

    def test_tells_when_the_wallet_does_not_answer(self, visitor, shop, wave):
        wave.fault("create_session", "error", status=503, times=5)
        location = visitor.buy(shop.edition_ref)
        assert location.startswith("/checkout/payments/")
        assert re.search("n’a pas encore répondu|Nous préparons votre paiement", visitor.read(location))

    @pytest.mark.parametrize("ref", ["pay_nothing", "pay_" + "z" * 26, "%00", "inv_01m311xqxr197y5r6w71dtqr63"])
    def test_of_no_payment_is_a_404(self, visitor, ref):
        for address in (f"/checkout/payments/{ref}/", f"/receipts/{ref}/", f"/receipts/{ref}/invoice.pdf"):
            visitor.read(address, status=404)

    def test_is_kept_by_no_cache(self, visitor, shop, wave, pay):
        answer = visitor.http.get(f"/checkout/payments/{pay(visitor.buy(shop.edition_ref))}/")
        assert "no-store" in answer["Cache-Control"]


class TestRetry:
    def test_starts_another_attempt_on_the_same_invoice(self, visitor, shop, wave, pay):
        failed = _ended(visitor, shop, wave, pay, "failed")
        answers = [visitor.http.post(f"/checkout/payments/{failed}/retry/", {"provider": "wave"}) for _ in range(2)]
        assert answers[0]["Location"] == answers[1]["Location"]
        assert answers[0]["Location"].startswith(wave.base_url)
        (invoice,) = invoices.invoices_of(owner_ref="web", limit=9)
        assert len(payment_queries.payments_of_invoice(invoice.id)) == 2

    @pytest.mark.parametrize("provider", ["visa", "", "\x00"])
    def test_with_a_wallet_we_do_not_know_stays_on_the_page(self, visitor, shop, wave, pay, provider):
        failed = _ended(visitor, shop, wave, pay, "failed")
        answer = visitor.http.post(f"/checkout/payments/{failed}/retry/", {"provider": provider})
        assert answer.status_code == 303

    def test_of_a_payment_that_still_runs_leads_back_to_it(self, visitor, shop, wave, pay):
        payment_ref = pay(visitor.buy(shop.edition_ref))
        answer = visitor.http.post(f"/checkout/payments/{payment_ref}/retry/")
        assert answer["Location"] == f"/checkout/payments/{payment_ref}/"

    def test_is_no_link(self, visitor, shop, wave, pay):
        failed = _ended(visitor, shop, wave, pay, "failed")
        assert visitor.http.get(f"/checkout/payments/{failed}/retry/").status_code == 405


class TestGiveUp:
    def test_closes_the_attempt_at_the_provider(self, visitor, shop, wave, pay):
        payment_ref = pay(visitor.buy(shop.edition_ref))
        visitor.http.post(f"/checkout/payments/{payment_ref}/give-up/")
        assert payment_queries.payment(payment_ref).state == "expired"

    def test_too_late_is_paid(self, visitor, shop, wave, pay):
        location = visitor.buy(shop.edition_ref)
        wave.approve(session_of(location))
        visitor.http.post(f"/checkout/payments/{pay(location)}/give-up/")
        assert payment_queries.payment(pay(location)).state == "succeeded"


class TestReceipt:
    def test_says_when_how_and_under_which_reference(self, visitor, shop, wave):
        payment_ref = _paid(visitor, shop, wave)
        page = visitor.read(f"/receipts/{payment_ref}/")
        payment = payment_queries.payment(payment_ref)
        assert re.search(r"Payée le .+ par Wave, réf\. " + payment.transaction_ref, page)
        assert "Total payé" in page
        assert "TVA" in page

    def test_gives_the_invoice_as_pdf(self, visitor, shop, wave):
        answer = visitor.http.get(f"/receipts/{_paid(visitor, shop, wave)}/invoice.pdf")
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("inline")
        assert "no-store" in answer["Cache-Control"]
        assert answer.content.startswith(b"%PDF-")

    def test_before_the_payment_leads_to_the_wait(self, visitor, shop, wave, pay):
        payment_ref = pay(visitor.buy(shop.edition_ref))
        assert visitor.http.get(f"/receipts/{payment_ref}/")["Location"] == f"/checkout/payments/{payment_ref}/"
        visitor.read(f"/receipts/{payment_ref}/invoice.pdf", status=404)

    def test_of_money_that_came_twice_says_it_is_owed_back(self, visitor, shop, wave, pay):
        first = _ended(visitor, shop, wave, pay, "expired")
        again = visitor.http.post(f"/checkout/payments/{first}/retry/", {"provider": "wave"})["Location"]
        _answer(pay(again), "succeeded", transaction_ref="T_SECOND")
        _answer(first, "succeeded", transaction_ref="T_LATE")
        assert "vous sera remboursé" in visitor.read(f"/receipts/{first}/")
        assert "vous sera remboursé" not in visitor.read(f"/receipts/{pay(again)}/")

    def test_escapes_the_customers_name(self, visitor, shop, wave):
        payment_ref = _paid(visitor, shop, wave, name=HOSTILE)
        assert "<script" not in visitor.read(f"/receipts/{payment_ref}/")

    def test_offers_to_read_to_whom_has_an_account(self, shop, wave):
        visitor = Visitor(Client())
        visitor.http.force_login(User.objects.create_user("ama@coko.example", "x", name="Ama"))
        assert 'href="/library/"' in visitor.read(f"/receipts/{_paid(visitor, shop, wave)}/")


def _paid(visitor, shop, wave, **changed) -> str:
    location = visitor.buy(shop.edition_ref, **changed)
    wave.approve(session_of(location))
    payment_ref = payment_queries.payment_by_provider_ref(
        provider="wave", market="SN", provider_ref=session_of(location)
    ).id
    for _twice in range(2):
        payments.refresh(payment_ref=payment_ref, source="notification", at=timezone.now())
    return payment_ref


def _ended(visitor, shop, wave, pay, outcome) -> str:
    payment_ref = pay(visitor.buy(shop.edition_ref))
    reason = "payer_insufficient_funds" if outcome == "failed" else None
    _answer(payment_ref, outcome, failure_reason=reason)
    return payment_ref


def _answer(payment_ref, outcome, *, amount_minor=1500, **said):
    from billing.payments.facts import Outcome
    from tests.factories.payments import answer

    given = answer(Outcome(outcome), amount_minor=amount_minor, **said)
    for _twice in range(2):
        payments.apply_answer(
            payment_ref=payment_ref, answer=given, source="notification", at=timezone.now() + timedelta(seconds=1)
        )


def test_the_phone_is_read_by_the_rules_of_the_country(visitor, shop, wave, pay):
    payment = payment_queries.payment(pay(visitor.buy(shop.edition_ref, phone=PHONE)))
    assert invoices.invoice(payment.invoice_ref).customer.phone == "+221771234567"
