"""Finance's pages of money in and out: who may, two people, refusals as sentences, and what each line leads to."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

import billing.invoices.queries as invoices
import billing.ledger.queries as ledger
import billing.refunds.operations as refund_operations
from billing.ledger.draft import AccountKey
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.payments.facts import Outcome as PaymentOutcome
from billing.payments.facts import PaymentFact
from billing.payouts import operations as payouts
from billing.payouts import queries as payout_queries
from billing.payouts.facts import BatchFact, Outcome
from billing.payouts.states import State
from billing.refunds import queries as refunds
from billing.refunds.facts import Outcome as RefundOutcome
from billing.refunds.facts import RefundAnswer
from config.identity.models import User
from tests.billing.web.test_periods import signed_in
from tests.factories import payments as attempts
from tests.factories import payouts as owing
from tests.factories.billing import reference_world

pytestmark = pytest.mark.django_db(databases=["default", "auth"])

ATTENTION, PAYOUTS = "/finance/attention/", "/finance/payouts/"


def text_of(browser: Client, place: str) -> str:
    answered = browser.get(place)
    assert answered.status_code == 200, place
    return html.unescape(answered.content.decode())


def act(browser: Client, place: str, **data: str) -> str:
    """Send a form and read the page it leads to."""
    sent = browser.post(place, data)
    assert sent.status_code == 303, place
    return text_of(browser, sent["Location"])


def ref_of(browser: Client) -> str:
    return browser.session["_auth_user_id"]


@pytest.fixture(autouse=True)
def _world() -> None:
    reference_world(at=timezone.now())


@pytest.fixture
def efua() -> Client:
    return signed_in("efua", "finance")


@pytest.fixture
def yaw() -> Client:
    return signed_in("yaw", "operator")


@pytest.fixture
def batch(efua) -> BatchFact:
    """Prepared by Efua: one payout that is owed, one that nothing covers."""
    at = timezone.now()
    owing.owe(5000, at=at)
    asked = [owing.asked(5000), owing.asked(9000, key="statement:stm_2")]
    return payouts.prepare(title="Redevances", asked=asked, by=ref_of(efua), at=at)


@pytest.fixture
def address(batch) -> str:
    return f"/finance/payouts/batches/{batch.id}/"


@pytest.fixture
def paid(wave) -> PaymentFact:
    at = timezone.now()
    payment = attempts.start(at=at)
    wave.approve(payment.provider_ref)
    return payments.refresh(payment_ref=payment.id, source="poll", at=at)


def state_of(batch: BatchFact) -> str:
    return payout_queries.batch(batch.id).state


class TestAccess:
    def test_is_for_who_may_see_finance(self, efua, batch, address, wave):
        payment = attempts.start(at=timezone.now())
        places = [ATTENTION, PAYOUTS, address, f"{PAYOUTS}{batch.payouts[0].id}/", f"/finance/payments/{payment.id}/"]
        reader = signed_in("ama", "reader")
        for place in places:
            assert Client().get(place).status_code == 302
            assert reader.get(place).status_code == 403
            assert efua.get(place).status_code == 200

    @pytest.mark.parametrize(
        ("codename", "place"),
        [
            ("approve_payouts", "/finance/payouts/batches/{batch}/approve/"),
            ("move_money", "/finance/payouts/refunds/prepare/"),
            ("move_money", "/finance/payouts/{payout}/call-back/"),
            ("move_money", "/finance/payouts/{payout}/decide/"),
            ("move_money", "/finance/payouts/{payout}/ask/"),
            ("move_money", "/finance/payments/{payment}/refund/"),
            ("move_money", "/finance/payments/{payment}/dispute/"),
            ("move_money", "/finance/payments/{payment}/ask/"),
            ("move_money", "/finance/payments/{payment}/decide/"),
            ("move_money", "/finance/refunds/ref_00000000000000000000000000/again/"),
            ("move_money", "/finance/refunds/ref_00000000000000000000000000/withdraw/"),
            ("approve_payouts", "/finance/decisions/dec_00000000000000000000000000/confirm/"),
        ],
    )
    def test_seeing_is_not_acting(self, batch, yaw, wave, codename, place):
        User.objects.get(pk=ref_of(yaw)).groups.get().permissions.filter(codename=codename).get().group_set.clear()
        payment = attempts.start(at=timezone.now())
        at = place.format(batch=batch.id, payout=batch.payouts[0].id, payment=payment.id)
        assert yaw.post(at, {"reason": "x"}).status_code == 403
        assert yaw.get(at).status_code == 405
        assert state_of(batch) == "prepared"

    def test_a_form_from_elsewhere_changes_nothing(self, yaw, batch, address):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(User.objects.get(pk=ref_of(yaw)))
        assert strict.post(f"{address}approve/").status_code == 403
        assert state_of(batch) == "prepared"

    @pytest.mark.parametrize(
        "place",
        [
            "/finance/payouts/batches/pob_00000000000000000000000000/",
            "/finance/payouts/batches/x/",
            "/finance/payouts/out_00000000000000000000000000/",
            "/finance/payouts/x/",
            "/finance/refunds/ref_00000000000000000000000000/",
            "/finance/refunds/x/",
            "/finance/payments/x/",
        ],
    )
    def test_is_404_for_what_there_is_not(self, efua, place):
        assert efua.get(place).status_code == 404


class TestBatch:
    def test_tells_what_it_pays_what_it_does_not_and_who_prepared_it(self, yaw, address):
        page = text_of(yaw, address)
        told = ("Awa Démo", "Efua (démo)", "plus que ce qui reste dû", "attend une seconde personne")
        for said in ("5\u202f000\u00a0F\u00a0CFA", *told):
            assert said in page
        assert owing.PHONE not in page
        assert f"{address}approve/" in page

    def test_waits_at_the_top_of_the_list_and_among_what_waits(self, yaw, address):
        assert address in text_of(yaw, PAYOUTS)
        assert address in text_of(yaw, ATTENTION)

    def test_is_approved_by_another_person(self, efua, yaw, batch, address):
        page = text_of(efua, address)
        assert "une autre personne doit l’approuver" in page
        assert f"{address}approve/" not in page
        assert "Vous avez préparé ce lot" in act(efua, f"{address}approve/")
        assert state_of(batch) == "prepared"
        page = act(yaw, f"{address}approve/")
        assert "Le lot est approuvé" in page
        assert "Yaw (démo)" in page
        assert (state_of(batch), payout_queries.batch(batch.id).payouts[0].state) == ("approved", "approved")
        assert "déjà décidé" in act(yaw, f"{address}approve/")

    def test_whose_money_is_gone_meanwhile_is_refused_with_what_is_left(self, efua, yaw, batch, address):
        at = timezone.now()
        other = payouts.prepare(title="Autre", asked=[owing.asked(3000, key="b")], by=ref_of(efua), at=at)
        payouts.approve(batch_ref=other.id, by=ref_of(yaw), at=at)
        page = act(yaw, f"{address}approve/")
        assert "il ne reste que 2000 XOF, et 5000 sont demandés" in page
        assert state_of(batch) == "prepared"

    def test_is_rejected_with_a_reason(self, yaw, batch, address):
        assert "Dites pourquoi" in act(yaw, f"{address}reject/", reason="  ")
        assert state_of(batch) == "prepared"
        page = act(yaw, f"{address}reject/", reason="Mauvais <b>mois</b>")
        assert "Le lot est rejeté" in page
        assert "<b>mois</b>" not in yaw.get(address).content.decode()
        assert state_of(batch) == "rejected"

    def test_may_be_taken_back_by_who_prepared_it_even_without_the_right_to_approve(self, efua, batch, address):
        group = User.objects.get(pk=ref_of(efua)).groups.get()
        group.permissions.filter(codename="approve_payouts").get().group_set.clear()
        assert "Retirer ce lot" in text_of(efua, address)
        act(efua, f"{address}reject/", reason="Erreur")
        assert state_of(batch) == "rejected"

    def test_is_not_rejected_by_somebody_who_only_sees(self, yaw, batch, address):
        group = User.objects.get(pk=ref_of(yaw)).groups.get()
        group.permissions.filter(codename="approve_payouts").get().group_set.clear()
        assert "revient à qui peut l’approuver" in act(yaw, f"{address}reject/", reason="x")
        assert state_of(batch) == "prepared"


class TestPayout:
    @pytest.fixture
    def place(self, yaw, batch, address) -> str:
        act(yaw, f"{address}approve/")
        return f"{PAYOUTS}{batch.payouts[0].id}/"

    def state(self, batch) -> str:
        return payout_queries.batch(batch.id).payouts[0].state

    def test_is_paid_by_the_wallet_shown_with_its_entries_and_called_back(self, wave, efua, batch, place):
        payouts.send_one(at=timezone.now())
        page = text_of(efua, place)
        assert self.state(batch) == "succeeded"
        entries = ledger.entries_by_key([f"payout:{batch.payouts[0].id}:paid"])
        assert all(f"/finance/entries/{entry.id}/" in page for entry in entries.values())
        assert entries
        assert "approuvé, Yaw (démo)" in page
        assert "le versement est rappelé" in act(efua, f"{place}call-back/").lower()
        assert self.state(batch) == "reversed"
        assert "call-back" not in text_of(efua, place)
        assert "ne rappelle pas ce versement" in act(efua, f"{place}call-back/")

    def test_that_nobody_can_tell_of_is_decided_by_a_person(self, efua, batch, place):
        owing.apply(batch.payouts[0], owing.answer(Outcome.SUCCEEDED, amount_minor=4000), at=timezone.now())
        assert place in text_of(efua, ATTENTION)
        assert "montant différent" in text_of(efua, place)
        assert "Dites si la somme" in act(efua, f"{place}decide/", reason="relevé")
        assert "Dites d’où vous le savez" in act(efua, f"{place}decide/", outcome="paid")
        assert self.state(batch) == "needs_review"
        page = act(efua, f"{place}decide/", outcome="not_paid", reason="absent du relevé")
        assert "Noté : non versé" in page
        assert "absent du relevé" in page
        assert self.state(batch) == "failed"
        assert "n’attend plus de décision" in act(efua, f"{place}decide/", outcome="paid", reason="x")
        assert ledger.open_holds(owing.owed()) == ()

    def test_is_asked_about_again(self, wave, efua, batch, place):
        wave.fault("create_payout", "drop", work_done=True)
        payouts.send_one(at=timezone.now())
        assert self.state(batch) == "unknown"
        page = act(efua, f"{place}ask/")
        assert "a été interrogé : versé" in page
        assert self.state(batch) == State.SUCCEEDED


class TestRefund:
    @pytest.fixture
    def place(self, paid) -> str:
        return f"/finance/payments/{paid.id}/"

    @pytest.fixture
    def form(self, efua, place) -> Callable[..., dict[str, str]]:
        def drawn(**given: str) -> dict[str, str]:
            key = re.search(r'name="key" value="([^"]+)"', efua.get(place).content.decode())
            return {"key": key.group(1), "reason": "livre illisible", **given}

        return drawn

    def test_of_everything_goes_back_by_the_wallet(self, efua, paid, place, form):
        page = act(efua, f"{place}refund/", **form(extent="whole"))
        (refund,) = refunds.refunds_of(paid.id)
        assert "Remboursement : rendu" in page
        assert f"/finance/refunds/{refund.id}/" in page
        assert "Tout est rendu" in page
        assert f"{place}refund/" not in page
        assert (refund.state, refund.amount_minor, refund.requested_by) == ("succeeded", 1500, ref_of(efua))
        one = text_of(efua, f"/finance/refunds/{refund.id}/")
        assert "livre illisible" in one
        assert "Efua (démo)" in one
        assert one.count("/finance/entries/") == 2

    def test_sent_twice_gives_back_once(self, efua, paid, place, form):
        sent = form(extent="part", amount="500")
        for _ in range(2):
            act(efua, f"{place}refund/", **sent)
        assert [refund.amount_minor for refund in refunds.refunds_of(paid.id)] == [500]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"reason": " "}, "Dites pourquoi"),
            ({"extent": "part", "amount": "2000"}, "Il reste 1500 XOF à rendre"),
            ({"extent": "part", "amount": ""}, "Indiquez un montant"),
            ({"extent": "part", "amount": "-5"}, "Il reste 1500 XOF à rendre"),
            ({"extent": "part", "amount": "1,5"}, "Indiquez un montant"),
            ({"extent": "part", "amount": "9" * 40}, "Indiquez un montant"),
            ({"key": "nonsense"}, "n’est plus valable"),
        ],
    )
    def test_is_refused_in_a_sentence_and_may_be_tried_again(self, efua, paid, place, form, given, said):
        sent = form(**given)
        assert said in act(efua, f"{place}refund/", **sent)
        assert refunds.refunds_of(paid.id) == ()
        if "key" not in given:
            act(efua, f"{place}refund/", **{**sent, "extent": "whole", "reason": "cette fois"})
            assert len(refunds.refunds_of(paid.id)) == 1

    def test_of_a_part_waits_for_two_people(self, wave, efua, yaw, paid, place, form):
        assert "une seconde personne approuve" in act(efua, f"{place}refund/", **form(extent="part", amount="500"))
        (refund,) = refunds.refunds_of(paid.id)
        assert f"/finance/refunds/{refund.id}/" in text_of(efua, ATTENTION)
        page = act(efua, f"{PAYOUTS}refunds/prepare/")
        assert "Lot préparé, 1 versement" in page
        address = re.search(r'action="(/finance/payouts/batches/[^/]+/)reject/"', page).group(1)
        assert "Aucun remboursement n’attend" in act(efua, f"{PAYOUTS}refunds/prepare/")
        act(yaw, f"{address}approve/")
        payouts.send_one(at=timezone.now())
        refund_operations.follow_payouts(at=timezone.now())
        one = text_of(efua, f"/finance/refunds/{refund.id}/")
        assert "rendu" in one
        assert f"{PAYOUTS}{refunds.refund(refund.id).payout_ref}/" in one
        assert refunds.refund(refund.id).state == "succeeded"

    def test_that_nobody_can_tell_of_is_decided_by_a_person(self, wave, efua, paid):
        wave.fault("refund_session", "drop")
        asked = {"payment_ref": paid.id, "amount_minor": None, "reason": "x", "by": ref_of(efua)}
        refund = refund_operations.request(**asked, at=timezone.now())
        answer = RefundAnswer(RefundOutcome.SUCCEEDED, amount_minor=7, currency="XOF")
        refund_operations.apply_answer(refund_ref=refund.id, answer=answer, source="poll", at=timezone.now())
        place = f"/finance/refunds/{refund.id}/"
        assert place in text_of(efua, ATTENTION)
        assert "Dites si la somme" in act(efua, f"{place}decide/", reason="x")
        assert "Noté : non rendu" in act(efua, f"{place}decide/", outcome="not_given", reason="absent du relevé")
        assert refunds.refund(refund.id).state == "failed"
        assert "n’attend plus" in act(efua, f"{place}decide/", outcome="given", reason="x")

    def test_that_a_batch_would_not_take_is_told_put_right_or_given_up(self, efua, paid, place, form):
        act(efua, f"{place}refund/", **form(extent="part", amount="500"))
        (refund,) = refunds.refunds_of(paid.id)
        one = f"/finance/refunds/{refund.id}/"
        owing.switch_route(enabled=False, at=timezone.now())
        page = act(efua, f"{PAYOUTS}refunds/prepare/")
        for said in ("1 remboursement n’a pas pu entrer", "que le lot n’a pas pris", "ne verse pas là", one):
            assert said in page
        assert "Lots qui attendent" not in page
        assert "Le lot ne l’a pas pris" in text_of(efua, one)
        assert "Le prochain lot le reprendra" in act(efua, f"{one}again/")
        assert "Aucun lot n’a refusé" in act(efua, f"{one}again/")
        assert "Dites pourquoi" in act(efua, f"{one}withdraw/", reason=" ")
        page = act(efua, f"{one}withdraw/", reason="rendu en <b>espèces</b>")
        assert "vous y renoncez" in page
        assert "rendu en <b>espèces</b>" not in efua.get(one).content.decode()
        assert "n’attend plus d’être versé" in act(efua, f"{one}withdraw/", reason="x")
        assert refunds.refund(refund.id).state == "failed"

    def test_shows_no_form_for_a_payment_that_brought_nothing(self, wave, efua):
        payment = attempts.start(at=timezone.now())
        page = text_of(efua, f"/finance/payments/{payment.id}/")
        assert "refund/" not in page
        assert "dispute/" not in page
        assert f"/finance/payments/{payment.id}/ask/" in page


class TestDecisionAboutAPayment:
    @pytest.fixture
    def payment(self, wave) -> PaymentFact:
        at = timezone.now()
        payment = attempts.start(at=at)
        wave.fault("get_session", "error", times=50)
        return payments.refresh(payment_ref=payment.id, source="poll", at=at + timedelta(days=8))

    @pytest.fixture
    def place(self, payment) -> str:
        return f"/finance/payments/{payment.id}/"

    @pytest.fixture
    def confirming(self, efua, place) -> str:
        said = act(efua, f"{place}decide/", outcome="paid", proof="T_77", reason="vu au <b>relevé</b>")
        assert "une autre personne doit la confirmer" in said
        return f"/finance/decisions/{payment_queries.proposed_decisions()[0].id}/"

    def test_is_asked_for_with_its_proof_and_its_reason(self, efua, payment, place):
        assert place in text_of(efua, ATTENTION)
        assert "Qu’est devenu ce paiement" in text_of(efua, place)
        for given, said in (
            ({"proof": "T_77", "reason": "x"}, "Dites si la somme"),
            ({"outcome": "paid", "reason": "x"}, "Donnez la référence"),
            ({"outcome": "paid", "proof": "T" * 121, "reason": "x"}, "Donnez la référence"),
            ({"outcome": "paid", "proof": "T_77"}, "Dites d’où vous le savez"),
        ):
            assert said in act(efua, f"{place}decide/", **given)
        assert payment_queries.decisions_of(payment.id) == ()

    def test_is_confirmed_by_another_person(self, efua, yaw, payment, place, confirming):
        assert "attend une seconde personne" in text_of(yaw, ATTENTION)
        page = text_of(efua, place)
        assert "Vous l’avez proposé" in page
        assert f"{confirming}confirm/" not in page
        assert "Vous l’avez proposé" in act(efua, f"{confirming}confirm/")
        assert "Une autre décision attend déjà" in act(yaw, f"{place}decide/", outcome="paid", proof="T_8", reason="x")
        assert payment_queries.payment(payment.id).state == "needs_review"
        for _ in range(2):
            page = act(yaw, f"{confirming}confirm/")
        for said in ("Confirmé", "T_77", "Efua (démo)", "Yaw (démo)", "décidé par une personne, Yaw (démo)"):
            assert said in page
        assert "<b>relevé</b>" not in yaw.get(place).content.decode()
        assert payment_queries.payment(payment.id).state == "succeeded"
        assert invoices.invoice(payment.invoice_ref).state == "paid"
        assert "Rien n’attend personne" in text_of(efua, ATTENTION)

    def test_is_withdrawn_by_who_made_it(self, efua, payment, place, confirming):
        group = User.objects.get(pk=ref_of(efua)).groups.get()
        group.permissions.filter(codename="approve_payouts").get().group_set.clear()
        assert "Dites d’où vous le savez" in act(efua, f"{confirming}withdraw/")
        assert "La décision est retirée" in act(efua, f"{confirming}withdraw/", reason="mauvaise ligne")
        assert "n’attend plus de décision" in act(efua, f"{confirming}withdraw/", reason="encore")
        assert "mauvaise ligne" in text_of(efua, place)

    def test_is_not_withdrawn_by_somebody_who_only_sees(self, yaw, confirming):
        group = User.objects.get(pk=ref_of(yaw)).groups.get()
        group.permissions.filter(codename="approve_payouts").get().group_set.clear()
        assert "revient à qui peut la confirmer" in act(yaw, f"{confirming}withdraw/", reason="x")
        assert len(payment_queries.proposed_decisions()) == 1

    def test_gives_way_to_the_wallets_own_word(self, wave, yaw, payment, place, confirming):
        wave.clear_faults()
        assert "le portefeuille dit autre chose" in act(yaw, f"{confirming}confirm/")
        wave.approve(payment.provider_ref)
        assert "le portefeuille a répondu : réussi" in act(yaw, f"{confirming}confirm/")
        assert "sans objet" in text_of(yaw, place)

    @pytest.mark.parametrize("ref", ["x", "dec_00000000000000000000000000"])
    def test_is_404_for_what_there_is_not(self, yaw, ref):
        assert yaw.post(f"/finance/decisions/{ref}/confirm/").status_code == 404
        assert yaw.post(f"/finance/decisions/{ref}/withdraw/").status_code == 404
        pay = ref.replace("dec_", "pay_")
        form = {"outcome": "paid", "proof": "x", "reason": "x"}
        assert yaw.post(f"/finance/payments/{pay}/decide/", form).status_code == 404


class TestAttention:
    def test_is_empty_when_all_is_well(self, efua):
        assert "Rien n’attend personne" in text_of(efua, ATTENTION)

    def test_shows_payments_to_look_at_with_their_flags_and_the_money_kept_apart(self, wave, efua):
        payment = attempts.start(at=timezone.now())
        attempts.apply(payment, attempts.answer(PaymentOutcome.SUCCEEDED, amount_minor=700), at=timezone.now())
        page = text_of(efua, ATTENTION)
        assert f"/finance/payments/{payment.id}/" in page
        assert "montant différent" in page
        assert "Argent sans explication" in page
        assert "code=4712" in page
        assert "700\u00a0F\u00a0CFA" in page
        link = re.search(r'href="(/finance/books/account/[^"]+)"', page).group(1)
        assert efua.get(link).status_code == 200

    def test_shows_a_wrong_amount_until_it_is_given_back(self, wave, efua):
        at = timezone.now()
        payment = attempts.start(at=at)
        attempts.apply(payment, attempts.answer(PaymentOutcome.SUCCEEDED, amount_minor=700), at=at)
        asked = {"payment_ref": payment.id, "reason": "montant faux", "by": ref_of(efua), "at": at}
        refund_operations.request(**asked, amount_minor=300)
        assert f"/finance/payments/{payment.id}/" in text_of(efua, ATTENTION)
        refund_operations.request(**asked, amount_minor=400)
        page = text_of(efua, ATTENTION)
        assert f"/finance/payments/{payment.id}/" not in page
        assert page.count("/finance/refunds/") == 2, "they wait to be paid out"

    def test_shows_what_was_paid_twice_until_it_is_given_back(self, wave, efua):
        at = timezone.now()
        first = attempts.start(at=at)
        attempts.apply(first, attempts.answer(PaymentOutcome.EXPIRED), at=at)
        second = attempts.start(at=at, invoice=invoices.invoice(first.invoice_ref))
        for payment in (first, second):
            wave.approve(payment.provider_ref)
            payments.refresh(payment_ref=payment.id, source="poll", at=at)
        assert ledger.balance(AccountKey("coko-sn", "4198", "XOF", second.id)) == -1500
        assert f"/finance/payments/{second.id}/" in text_of(efua, ATTENTION)
        refund_operations.request(payment_ref=second.id, amount_minor=None, reason="double", by=ref_of(efua), at=at)
        assert f"/finance/payments/{second.id}/" not in text_of(efua, ATTENTION)

    def test_is_reached_from_the_finance_home(self, efua):
        page = text_of(efua, "/finance/")
        assert ATTENTION in page
        assert PAYOUTS in page


class TestDispute:
    def test_is_opened_once_shown_and_closed_with_what_was_said(self, efua, paid):
        place = f"/finance/payments/{paid.id}/"
        assert "Dites ce qui est contesté" in act(efua, f"{place}dispute/")
        assert "Contestation notée" in act(efua, f"{place}dispute/", reason="dit n’avoir rien acheté")
        assert "déjà contesté" in act(efua, f"{place}dispute/", reason="encore")
        assert place in text_of(efua, ATTENTION)
        (dispute,) = refunds.open_disputes()
        close = f"{place}disputes/{dispute.id}/close/"
        assert "Dites comment elle a fini" in act(efua, close, reason="accord")
        assert "La contestation est close" in act(efua, close, outcome="won", reason="accord trouvé")
        assert "accord trouvé" in text_of(efua, place)
        assert "déjà close" in act(efua, close, outcome="lost", reason="x")
        assert efua.post(f"{place}disputes/dsp_x/close/").status_code == 404
