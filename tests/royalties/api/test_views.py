"""REST for authors: their own documents, amounts as text, nothing of others."""

from types import SimpleNamespace

import pytest
from rest_framework.test import APIClient

from config.identity import operations as identity
from config.identity.models import User
from royalties.runs import queries as lines
from royalties.statements import operations, queries
from tests.factories import royalties
from tests.royalties.conftest import BEFORE, DECEMBER, NOVEMBER, OCTOBER

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])
NOBODYS = "0" * 26  # an id of the right shape


def caller(email: str, *roles: str) -> APIClient:
    identity.add_user(email=email, name="Démo", password=None, roles=roles, language="fr", at=BEFORE)
    client = APIClient()
    client.force_authenticate(User.objects.get(email=email))
    return client


@pytest.fixture
def stated(bookshop):
    client = caller("awa@example.org", "author")
    payee = royalties.payee(user_ref=User.objects.get(email="awa@example.org").pk, at=BEFORE)
    royalties.contract(shares={payee.id: 1}, at=BEFORE)
    royalties.sale(at=OCTOBER)
    operations.close(period="2026-10", at=NOVEMBER)
    operations.close(period="2026-11", at=DECEMBER)
    newest, first = queries.statements_of(payee.id)
    line = lines.lines(payee_ref=payee.id)[0]
    return SimpleNamespace(client=client, newest=newest, first=first, line=line)


class TestStatements:
    def test_lists_the_callers_own_newest_first(self, stated):
        body = stated.client.get("/api/v1/statements/").json()
        assert [each["number"] for each in body["results"]] == ["ST-2026-11-0001", "ST-2026-10-0001"]
        assert body["results"][1]["closing"] == {"amount": "879", "currency": "XOF"}
        assert body["next"] is None

    def test_pages(self, stated):
        body = stated.client.get("/api/v1/statements/?limit=1").json()
        assert [each["id"] for each in body["results"]] == [stated.newest.id]
        rest = stated.client.get(body["next"]).json()
        assert [each["id"] for each in rest["results"]] == [stated.first.id]
        assert rest["next"] is None

    def test_is_empty_for_somebody_who_is_no_payee(self, stated):
        assert caller("reader@example.org", "reader").get("/api/v1/statements/").json()["results"] == []


class TestStatement:
    def test_is_whole(self, stated):
        body = stated.client.get(f"/api/v1/statements/{stated.first.id}/").json()
        assert body["earned"] == {"amount": "879", "currency": "XOF"}
        assert [line["royalty"]["amount"] for line in body["lines"]] == ["879"]
        assert [book["quantity"] for book in body["books"]] == [1]
        assert all(check["holds"] for check in body["audit"])

    def test_comes_as_a_file(self, stated):
        answer = stated.client.get(f"/api/v1/statements/{stated.first.id}/pdf/")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


class TestRoyaltyLine:
    def test_recomputes_from_its_inputs(self, stated):
        body = stated.client.get(f"/api/v1/royalty-lines/{stated.line.id}/").json()
        assert body["recomputed"] == body["royalty"] == {"amount": "879", "currency": "XOF"}
        assert [step["kind"] for step in body["steps"]] == ["gross", "tax", "net", "fee", "receipts", "royalty"]
        assert body["inputs"]["contract"]["rate"] == "7/10"

    def test_never_tells_an_author_what_opens_the_buyers_receipt(self, stated):
        answer = stated.client.get(f"/api/v1/royalty-lines/{stated.line.id}/").content.decode()
        assert stated.line.inputs["sale"]["payment"].startswith("pay_")
        assert "pay_" not in answer
        assert "inv_" not in answer


class TestWhoMayRead:
    @pytest.fixture
    def addresses(self, stated):
        base = f"/api/v1/statements/{stated.first.id}/"
        return [base, f"{base}pdf/", f"/api/v1/royalty-lines/{stated.line.id}/"]

    def test_an_author_gets_404_for_anothers(self, stated, addresses):
        other = caller("other@example.org", "author")
        royalties.payee(user_ref=User.objects.get(email="other@example.org").pk, at=BEFORE)
        assert [other.get(address).status_code for address in addresses] == [404, 404, 404]

    def test_finance_may_read(self, stated, addresses):
        finance = caller("finance@example.org", "finance")
        assert [finance.get(address).status_code for address in addresses] == [200, 200, 200]

    def test_an_anonymous_call_gets_401(self, stated, addresses):
        answers = [APIClient().get(address) for address in [*addresses, "/api/v1/statements/"]]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 401]
        assert answers[0]["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("ref", [NOBODYS, "none", "none%00", "%00"])
    @pytest.mark.parametrize("address", ["statements/stm_{}/", "royalty-lines/roy_{}/", "statements/stm_{}/pdf/"])
    def test_what_does_not_exist_is_not_found(self, stated, address, ref):
        answer = stated.client.get(f"/api/v1/{address.format(ref)}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
