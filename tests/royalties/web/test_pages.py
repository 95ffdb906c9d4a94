"""The author portal: what it says, and to whom."""

from datetime import timedelta

import pytest
from django.test import Client
from freezegun import freeze_time

from config.identity import operations as identity
from config.identity.models import User
from royalties.runs import operations as runs
from royalties.runs import queries as lines
from royalties.statements import operations, queries
from tests.factories import royalties
from tests.royalties.conftest import BEFORE, NOVEMBER, OCTOBER

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])
NARROW, NO_BREAK = "\u202f", "\u00a0"
NOBODYS = "0" * 26  # an id of the right shape
FRANCS = f"F{NO_BREAK}CFA"


def signed_in(email: str, *roles: str) -> tuple[Client, str]:
    person = identity.add_user(email=email, name="Démo", password=None, roles=roles, language="fr", at=BEFORE)
    client = Client(headers={"accept-language": "fr"})
    client.force_login(User.objects.get(email=email))
    return client, person.id


@pytest.fixture
def author(bookshop):
    """An author alone on her contract, with one stated sale in October and one since."""
    client, user_ref = signed_in("awa@example.org", "author")
    payee = royalties.payee(user_ref=user_ref, at=BEFORE)
    royalties.contract(shares={payee.id: 1}, at=BEFORE)
    royalties.sale(at=OCTOBER)
    operations.close(period="2026-10", at=NOVEMBER)
    royalties.sale(at=NOVEMBER, fee_minor=0)
    runs.accrue(at=NOVEMBER)
    client.payee = payee
    return client


@pytest.fixture
def in_november():
    with freeze_time(NOVEMBER + timedelta(hours=1)):
        yield


@pytest.fixture
def addresses(author):
    statement = queries.statements_of(author.payee.id)[0]
    line = lines.lines(payee_ref=author.payee.id)[0]
    base = f"/author/statements/{statement.id}/"
    return {"statement": base, "pdf": f"{base}statement.pdf", "line": f"/author/lines/{line.id}/"}


def text_of(answer) -> str:
    return answer.content.decode()


class TestHome:
    def test_opens_with_what_was_earned(self, author, in_november):
        page = text_of(author.get("/author/"))
        assert f"<strong>879{NO_BREAK}{FRANCS}</strong> en octobre" in page
        assert f"<strong>890{NO_BREAK}{FRANCS}</strong>" in page
        assert "ST-2026-10-0001" in page

    def test_draws_a_year_with_its_table(self, author, in_november):
        page = text_of(author.get("/author/"))
        assert page.count("<rect ") == 12
        assert "décembre 2025" in page
        assert "novembre 2026" in page

    def test_tells_a_new_author_what_will_appear(self, bookshop):
        client, user_ref = signed_in("new@example.org", "author")
        royalties.payee(user_ref=user_ref, at=BEFORE)
        page = text_of(client.get("/author/"))
        assert "Aucune vente de vos livres" in page

    def test_tells_somebody_without_a_payee_what_to_do(self, bookshop):
        client, _ = signed_in("reader@example.org", "reader")
        answer = client.get("/author/")
        assert answer.status_code == 200
        assert "relié à aucun ayant droit" in text_of(answer)

    def test_tells_currencies_that_look_alike_apart(self, author, in_november):
        royalties.sale(at=NOVEMBER, country="CM")
        runs.accrue(at=NOVEMBER + timedelta(minutes=1))
        page = text_of(author.get("/author/"))
        assert "(XOF)" in page
        assert "(XAF)" in page

    def test_refuses_to_be_posted_to(self, author):
        assert author.post("/author/").status_code == 405


class TestStatement:
    def test_says_what_was_earned_and_opens_every_line(self, author, addresses):
        page = text_of(author.get(addresses["statement"]))
        assert f"En octobre 2026, vous avez gagné <strong>879{NO_BREAK}{FRANCS}</strong>" in page
        assert addresses["line"] in page
        assert addresses["pdf"] in page
        assert page.count('class="done"') == 7

    def test_tells_finance_whose_it_is(self, author, addresses):
        finance, _ = signed_in("finance@example.org", "finance")
        assert "Vous lisez le relevé de Mariama Bâ (démo)" in text_of(finance.get(addresses["statement"]))


class TestLine:
    def test_shows_the_arithmetic_and_that_it_holds(self, author, addresses):
        page = text_of(author.get(addresses["line"]))
        for part in (
            f"1{NARROW}500",
            f"1{NARROW}271",
            f"1{NARROW}256",
            "exactement 879,2",
            f"70{NARROW}%",
            "version 1",
        ):
            assert part in page, part
        assert "✓ Recalculé à l’instant" in page
        assert royalties.CLAUSE in page

    def test_marks_a_late_sale(self, author):
        royalties.sale(at=OCTOBER)
        runs.accrue(at=NOVEMBER + timedelta(minutes=1))
        runs.rescan(paid_from=BEFORE, paid_until=NOVEMBER, at=NOVEMBER)
        late = next(line for line in lines.lines(payee_ref=author.payee.id) if line.is_late)
        assert "Vente tardive" in text_of(author.get(f"/author/lines/{late.id}/"))


class TestWhoMayRead:
    @pytest.mark.parametrize("page", ["statement", "pdf", "line"])
    def test_the_author_and_finance_may_nobody_else(self, author, addresses, page):
        other, user_ref = signed_in("other@example.org", "author")
        royalties.payee(user_ref=user_ref, at=BEFORE)
        reader, _ = signed_in("reader@example.org", "reader")
        finance, _ = signed_in("finance@example.org", "finance")
        answers = {
            name: who.get(addresses[page]).status_code for name, who in locals().items() if isinstance(who, Client)
        }
        assert answers == {"author": 200, "other": 404, "reader": 404, "finance": 200}

    @pytest.mark.parametrize("page", ["statement", "pdf", "line"])
    def test_a_stranger_is_asked_to_sign_in(self, author, addresses, page):
        answer = Client().get(addresses[page])
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")

    @pytest.mark.parametrize("ref", [NOBODYS, "none", "none%00", "%00", "NONE" + NOBODYS])
    @pytest.mark.parametrize("address", ["statements/stm_{}/", "statements/stm_{}/statement.pdf", "lines/roy_{}/"])
    def test_what_does_not_exist_is_not_found(self, author, address, ref):
        assert author.get(f"/author/{address.format(ref)}").status_code == 404


class TestPdf:
    def test_comes_with_its_number_as_a_name(self, author, addresses):
        answer = author.get(addresses["pdf"])
        assert answer["Content-Type"] == "application/pdf"
        assert 'filename="ST-2026-10-0001.pdf"' in answer["Content-Disposition"]
