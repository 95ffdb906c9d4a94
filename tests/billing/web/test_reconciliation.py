"""The reconciliation pages: who may look, who may decide, what is said."""

from datetime import UTC

import pytest
from django.test import Client
from django.utils import timezone

from billing.reconciliation import queries
from tests.factories import identity
from tests.factories.billing import reference_world
from tests.factories.statements import bring, line, suspense

pytestmark = pytest.mark.django_db(databases=["default", "auth"])
HOME = "/finance/reconciliation/"


def signed_in(*roles: str) -> Client:
    browser = Client()
    person = identity.person(roles=roles, at=timezone.now())
    assert browser.login(username=person.email, password=identity.PASSWORD)
    return browser


@pytest.fixture
def waiting(tmp_path):
    """A line that nobody can place, of today."""
    now = timezone.now()
    reference_world(at=now)
    bring(tmp_path, [line(happened_at=now)], at=now)
    return queries.worklist()[0]


class TestPages:
    def test_are_for_finance_and_operators_alone(self, waiting):
        today = timezone.now().astimezone(UTC).date()
        for path in (HOME, f"{HOME}{today}/", f"{HOME}lines/{waiting.id}/"):
            assert Client().get(path).status_code == 302
            assert [signed_in(role).get(path).status_code for role in ("reader", "author", "client")] == [403] * 3
            assert [signed_in(role).get(path).status_code for role in ("finance", "operator")] == [200] * 2

    def test_say_what_waits_and_what_has_not_returned_to_zero(self, waiting):
        page = signed_in("finance").get(HOME).content.decode()
        for said in ("T_000001:api_checkout", "Rien chez nous n’y ressemble.", "4712", "wave:SN", "1 500"):
            assert said in page.replace("\u202f", " ").replace("\u00a0", " ")

    def test_are_empty_before_anything_moved(self):
        page = signed_in("finance").get(HOME).content.decode()
        assert "Aucune ligne n’attend." in page
        assert "Chaque compte d’attente est revenu à zéro" in page

    def test_know_no_other_day_or_line(self):
        finance = signed_in("finance")
        assert finance.get(f"{HOME}yesterday/").status_code == 404
        assert finance.get(f"{HOME}lines/rcl_x/").status_code == 404
        assert finance.get(f"{HOME}2020-01-01/").status_code == 200


class TestChange:
    """A line that came again and said something else."""

    @pytest.fixture
    def path(self, waiting, tmp_path):
        bring(tmp_path, [line(happened_at=waiting.happened_at, amount=9485)], at=timezone.now(), name="again.csv")
        return f"{HOME}changes/{queries.changed()[0].id}/"

    def test_is_reached_from_the_home_and_decided_by_an_operator_with_a_reason(self, waiting, path):
        finance, operator = signed_in("finance"), signed_in("operator")
        assert path in finance.get(HOME).content.decode()
        page = finance.get(path).content.decode().replace("\u202f", " ").replace("\u00a0", " ")
        assert "1 485" in page
        assert "9 485" in page
        assert "<textarea" not in page
        given = {"verdict": "accepted", "reason": "avis de <b>l’opérateur</b>"}
        assert finance.post(path, given).status_code == 403
        for refused, said in (
            ({**given, "reason": " "}, "Dites pourquoi"),
            ({**given, "verdict": "maybe"}, "Dites laquelle"),
        ):
            answer = operator.post(path, refused)
            assert answer.status_code == 422
            assert said in answer.content.decode()
        assert operator.post(path, given).status_code == 302
        assert (queries.changed(), suspense()) == ((), 9500)
        page = operator.get(path).content.decode()
        assert "la seconde est juste" in page
        assert "<b>l’opérateur" not in page
        assert f"{HOME}lines/{queries.worklist()[1].id}/" in page
        answer = operator.post(path, given)
        assert (answer.status_code, "n’attend plus" in answer.content.decode()) == (422, True)

    def test_is_rejected_and_nothing_moves(self, path):
        assert signed_in("operator").post(path, {"verdict": "rejected", "reason": "faute"}).status_code == 302
        assert (queries.changed(), suspense()) == ((), 1500)

    def test_is_for_finance_alone(self, path):
        assert Client().get(path).status_code == 302
        assert signed_in("reader").get(path).status_code == 403
        assert signed_in("finance").get(f"{HOME}changes/0/").status_code == 404


class TestDecision:
    def test_is_an_operators_with_a_reason(self, waiting):
        path = f"{HOME}lines/{waiting.id}/"
        given = {"verdict": "fee", "why": "avis de l’opérateur"}
        assert signed_in("finance").post(path, given).status_code == 403
        operator = signed_in("operator")
        refused = operator.post(path, {**given, "why": " "})
        assert refused.status_code == 422
        assert "Dites pourquoi" in refused.content.decode()
        assert suspense() == 1500
        assert operator.post(path, given).status_code == 302
        assert (suspense(), queries.worklist()) == (0, ())

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"verdict": "match", "subject": "pay_none", "why": "vu"}, "ne porte cette référence"),
            ({"verdict": "", "why": "vu"}, "Dites ce qu’est cette ligne."),
            ({"verdict": "reversal", "why": "vu"}, "Dites ce qu’est cette ligne."),
        ],
    )
    def test_is_refused_with_the_reason(self, waiting, given, said):
        answer = signed_in("operator").post(f"{HOME}lines/{waiting.id}/", given)
        assert answer.status_code == 422
        assert said in answer.content.decode()
