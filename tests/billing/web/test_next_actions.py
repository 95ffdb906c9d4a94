"""Checkout with each kind of wallet, over the real simulators: what is asked before, what the waiting page shows."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from django.utils import timezone

from billing.invoices.queries import invoices_of
from billing.money import parse
from billing.payments import gateway
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.facts import OptionFact, PaymentFact
from billing.pricing.operations import set_price
from billing.web import submissions
from billing.web.checkout_form import CheckoutForm
from providers import circuit, credentials
from providers.errors import NotSent
from providers.moov.simulator import credentials_of, demo_wallets
from providers.orange.sonatel import pin
from providers.simulation import DEMO_CREDENTIALS
from tests.billing.web.conftest import Shop, Visitor

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])

PHONES = {
    "SN": "77 123 41 11", "CI": "05 04 12 31 11", "ML": "65 01 21 11", "BF": "70 12 31 11", "BJ": "01 95 12 31 11",
    "CM": "6 77 12 31 11",
}  # fmt: skip


@pytest.fixture
def buying(visitor: Visitor, shop: Shop, wave) -> Callable[..., str]:
    """Buy the book in a country with a wallet; the address that leads on."""
    for country in ("CI", "ML", "BF", "BJ"):
        amount = parse("1500", "XOF")
        set_price(edition_ref=shop.edition_ref, country=country, currency="XOF", amount=amount, at=timezone.now())

    def buy(country: str, provider: str, **changed: str) -> str:
        visitor.http.get(f"/country/?country={country}")
        given = {"provider": provider, "phone": PHONES[country], **changed}
        return visitor.buy(shop.edition_ref, **given)

    return buy


def payment_at(location: str) -> PaymentFact:
    return payment_queries.payment(re.search(r"pay_\w+", location).group())


def page_of(visitor: Visitor, location: str) -> str:
    return html.unescape(visitor.read(location))


def paid(visitor: Visitor, location: str) -> bool:
    """Whether the payment, asked about now, leads to its receipt."""
    payment = payment_at(location)
    payments.refresh(payment_ref=payment.id, source="poll", at=timezone.now())
    return visitor.http.get(location)["Location"] == f"/receipts/{payment.id}/"


class TestApproveOnPhone:
    @pytest.mark.parametrize(
        ("country", "provider"),
        [("CI", "mtn"), ("BJ", "mtn"), ("CM", "mtn"), ("BJ", "moov"), ("BF", "moov"), ("ML", "moov"),
         ("CM", "orange_core")],
    )  # fmt: skip
    def test_waits_for_the_phone_and_moves_on_when_it_said_yes(self, buying, visitor, wave, country, provider):
        location = buying(country, provider)
        page = page_of(visitor, location)
        assert "Une demande arrive sur votre téléphone" in page
        assert 'http-equiv="refresh"' in page
        assert 'class="qr' not in page
        payment = payment_at(location)
        wave.approve(payment.id if provider == "moov" else payment.provider_ref)
        assert paid(visitor, location)

    def test_says_why_when_it_said_no_and_offers_the_wallets_with_the_likely_one_marked(self, buying, visitor, wave):
        location = buying("CI", "mtn", phone="05 04 12 30 48")
        payments.refresh(payment_ref=payment_at(location).id, source="poll", at=timezone.now())
        for _ in range(20):
            if payment_at(location).state == "failed":
                break
            payments.refresh(payment_ref=payment_at(location).id, source="poll", at=timezone.now())
        page = page_of(visitor, location)
        assert "Le solde du portefeuille est insuffisant" in page
        assert "votre numéro semble être MTN MoMo" in page
        assert page.index('value="mtn"') < page.index('value="wave"')
        assert re.search(r'value="mtn" required checked', page)


class TestRedirect:
    @pytest.mark.parametrize(("country", "provider"), [("CI", "orange"), ("ML", "orange"), ("CI", "wave")])
    def test_leads_straight_to_the_wallets_page(self, buying, wave, country, provider):
        location = buying(country, provider)
        assert location.startswith(wave.base_url)


class TestScan:
    def test_shows_a_code_and_links_to_the_apps(self, buying, visitor, wave):
        location = buying("SN", "orange_sonatel")
        page = page_of(visitor, location)
        assert 'class="qr card"' in page
        assert "<svg" in page
        assert "scannez ce code avec Orange Money" in page
        assert "Ouvrir MAXIT" in page
        assert "À payer avant" in page
        wave.approve(payment_at(location).provider_ref)
        assert paid(visitor, location)

    def test_that_cannot_be_taken_back_says_what_happens_instead(self, buying, visitor):
        location = buying("SN", "orange_sonatel")
        visitor.http.post(f"{location}give-up/")
        assert "s’éteint d’elle-même" in page_of(visitor, location)


class TestCodeMadeBefore:
    @pytest.fixture(autouse=True)
    def _no_pin_stopped(self):
        pin.forget()
        yield
        pin.forget()

    def code_of(self, wave, phone: str) -> str:
        """As the customer who dials gets one; the sandbox makes it with their PIN."""
        own = DEMO_CREDENTIALS["orange_sonatel"]["SN"]
        asked = {"client_id": own.client_id, "client_secret": own.client_secret}
        token = requests.post(f"{wave.base_url}/oauth/v1/token", data=asked, timeout=5).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        key = requests.get(f"{wave.base_url}/api/account/v1/publicKeys", headers=headers, timeout=5).json()["key"]
        sealed = pin.Pin("0000", owner="customer", padding_name="pkcs1v15").encrypted(key)
        sent = {"idType": "MSISDN", "id": phone, "encryptedPinCode": sealed}
        url = f"{wave.base_url}/api/eWallet/v1/payments/otp"
        return requests.post(url, json=sent, headers=headers, timeout=5).json()["otp"]

    def test_is_explained_with_what_to_dial(self, visitor, shop, wave):
        page = html.unescape(visitor.read(f"/checkout/{shop.edition_ref}/"))
        assert "#144#391#" in page
        assert 'name="code"' in page

    def test_pays_at_once_and_is_stored_nowhere(self, buying, visitor, wave):
        code = self.code_of(wave, "771234111")
        location = buying("SN", "orange_sonatel", code=f" {code[:3]} {code[3:]} ")
        payment = payment_at(location)
        assert payment.state == "succeeded"
        assert visitor.http.get(location)["Location"] == f"/receipts/{payment.id}/"

    def test_that_is_wrong_is_told_and_another_try_offered(self, buying, visitor):
        page = page_of(visitor, buying("SN", "orange_sonatel", code="000000"))
        assert "Le code n’est pas le bon" in page
        assert 'name="code"' in page

    def test_that_is_no_code_is_refused_on_the_form(self, visitor, shop, wave):
        sent = {**visitor.form(shop.edition_ref), "provider": "orange_sonatel", "code": "12 x"}
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", sent)
        assert answer.status_code == 422
        assert "de 4 à 10 chiffres" in answer.content.decode()

    def test_is_let_go_with_a_wallet_that_has_no_use_for_it(self, buying, wave):
        assert buying("SN", "wave", code="123456").startswith(wave.base_url)


class TestCodeWanted:
    def form(self, wallet: OptionFact, **changed: str) -> CheckoutForm:
        given = {"provider": wallet.provider, "name": "Awa", "phone": PHONES["SN"], "code": ""}
        key = submissions.new_key(timezone.now())
        return CheckoutForm({**given, "key": key, **changed}, country="SN", wallets=(wallet,))

    @pytest.fixture
    def wallet(self, shop, wave) -> OptionFact:
        """No wallet of ours insists on a code yet: one that is as those there are, and insists."""
        found = payment_queries.options(country="SN", currency="XOF", amount_minor=1500, at=timezone.now())
        return replace(next(one for one in found if one.code_ussd), needs_code=True)

    def test_by_the_chosen_wallet_is_asked_for_with_what_to_dial(self, wallet):
        form = self.form(wallet)
        assert not form.is_valid()
        assert form.errors["code"] == [
            "Orange Money demande un code : composez #144#391# sur le téléphone qui paie, puis saisissez-le ici."
        ]

    def test_and_given_is_enough(self, wallet):
        form = self.form(wallet, code="123 456")
        assert form.is_valid(), form.errors
        assert form.cleaned_data["code"] == "123456"


class TestCodeSent:
    @pytest.fixture
    def waiting(self, buying, wave, monkeypatch) -> str:
        """Moov in Burkina on the platform that sends codes."""
        wallet = next(wallet for wallet in demo_wallets() if wallet.variant == "m2")
        own = credentials_of(wallet, variant="m2-otp")
        for name, value in credentials.written(own, provider="moov", market="BF").items():
            monkeypatch.setenv(name, value)
        gateway.forget_adapters()
        return buying("BF", "moov")

    def code_of(self, wave) -> str:
        page = requests.get(f"{wave.base_url}/phone/", params={"number": "70123111"}, timeout=5).text
        return re.findall(r"code (\d{6})", page)[0]

    def test_is_asked_for_and_pays(self, waiting, visitor, wave):
        assert "Code reçu" in page_of(visitor, waiting)
        visitor.http.post(f"{waiting}confirm/", {"code": self.code_of(wave)})
        assert paid(visitor, waiting)

    def test_that_is_wrong_is_told(self, waiting, visitor, wave):
        wrong = "000000" if self.code_of(wave) != "000000" else "111111"
        visitor.http.post(f"{waiting}confirm/", {"code": wrong})
        assert "Le code n’est pas le bon" in page_of(visitor, waiting)

    def test_that_is_no_code_is_told(self, waiting, visitor, wave):
        visitor.http.post(f"{waiting}confirm/", {"code": "bonjour"})
        assert "de 4 à 10 chiffres" in page_of(visitor, waiting)


class TestSuggestion:
    def test_is_made_once_the_number_is_known_and_can_be_changed(self, visitor, shop, wave):
        form = {**visitor.form(shop.edition_ref), "provider": "", "phone": "77 123 41 11"}
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", form)
        page = html.unescape(answer.content.decode())
        assert answer.status_code == 422
        assert "votre numéro semble être Orange Money" in page
        assert re.search(r'value="orange_sonatel" required checked', page)
        assert page.index('value="orange_sonatel"') < page.index('value="wave"')
        assert visitor.buy(shop.edition_ref, phone="77 123 41 11", provider="wave").startswith(wave.base_url)


class TestResting:
    @pytest.fixture(autouse=True)
    def _silent(self, wave):
        def silence() -> None:
            raise NotSent("no connection")

        for _ in range(circuit.FAILURES_MAX):
            with pytest.raises(NotSent):
                circuit.call("wave", "SN", silence)

    def test_wallet_is_marked_and_last(self, visitor, shop):
        page = visitor.read(f"/checkout/{shop.edition_ref}/")
        assert "ne répond pas en ce moment" in page
        assert page.index('value="orange_sonatel"') < page.index('value="wave"')

    def test_wallet_is_refused_with_a_sentence_and_another_offered(self, visitor, shop):
        form = visitor.form(shop.edition_ref)
        answer = visitor.http.post(f"/checkout/{shop.edition_ref}/", form)
        page = html.unescape(answer.content.decode())
        assert answer.status_code == 503
        assert "choisissez-en un autre" in page
        assert not re.search(r'value="wave" required checked', page)
        assert 'value="Awa Ndiaye"' in page
        assert invoices_of(owner_ref="web", limit=9) == ()
        assert visitor.buy(shop.edition_ref, provider="orange_sonatel").startswith("/checkout/payments/")
