"""The reader's pages."""

import re

import pytest

from reading.activity.models import ReadingSession
from tests.factories.identity import PASSWORD
from tests.reading.conftest import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


@pytest.fixture
def page(client, reader):
    client.login(username=reader.email, password=PASSWORD)
    return client


def session_of(response) -> str:
    return re.search(r'name="session" value="([^"]+)"', response.content.decode()).group(1)


class TestShelf:
    def test_sends_a_stranger_to_sign_in(self, client):
        response = client.get("/library/")
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")

    def test_says_what_will_appear_when_it_is_empty(self, page):
        assert "apparaissent ici" in page.get("/library/").content.decode()

    def test_lists_what_was_bought(self, page, bought, unbought):
        text = page.get("/library/").content.decode()
        assert "Chaka" in text
        assert "Mhudi" not in text
        assert "Pas encore ouvert" in text


class TestBook:
    def test_says_who_may_open_it_and_why(self, page, bought):
        text = page.get(f"/library/{bought.id}/").content.decode()
        assert "parce que vous l’avez acheté" in text
        assert "n’est pas encore sur cette page" in text

    def test_offers_the_book_to_who_did_not_buy_it(self, page, unbought):
        response = page.get(f"/library/{unbought.id}/")
        assert f"/books/{unbought.slug}/" in response.content.decode()
        assert '<form method="post" class="stack">' not in response.content.decode()

    @pytest.mark.parametrize("ref", ["edn_" + "0" * 26, "edn_none", "edn_none%00", "%00"])
    def test_is_not_there_when_nobody_knows_it(self, page, ref):
        assert page.get(f"/library/{ref}/").status_code == 404
        assert page.post(f"/library/{ref}/").status_code == 404

    def test_marks_pages_once_though_posted_twice(self, page, bought):
        address = f"/library/{bought.id}/"
        body = {"session": session_of(page.get(address)), "first_page": 1, "last_page": 10}
        assert [page.post(address, body).status_code for _ in range(2)] == [302, 302]
        assert ReadingSession.objects.count() == 1
        after = page.get(address).content.decode()
        assert "10 pages lues" in after
        assert 'value="11"' in after, "the next ten pages are proposed"
        assert re.search(r"33\s%\slus", page.get("/library/").content.decode())

    def test_refuses_pages_the_book_does_not_have_and_says_so_at_the_field(self, page, bought):
        address = f"/library/{bought.id}/"
        body = {"session": session_of(page.get(address)), "first_page": 1, "last_page": 31}
        response = page.post(address, body)
        assert response.status_code == 422
        assert "errorlist" in response.content.decode()
        assert not ReadingSession.objects.exists()

    def test_refuses_pages_in_the_wrong_order(self, page, bought):
        address = f"/library/{bought.id}/"
        body = {"session": session_of(page.get(address)), "first_page": 9, "last_page": 3}
        assert "avant la première" in page.post(address, body).content.decode()

    def test_adds_nothing_for_an_old_page_posted_with_other_pages(self, page, bought):
        address = f"/library/{bought.id}/"
        session = session_of(page.get(address))
        page.post(address, {"session": session, "first_page": 1, "last_page": 10})
        page.post(address, {"session": session, "first_page": 1, "last_page": 20})
        assert ReadingSession.objects.count() == 1

    def test_writes_nothing_for_who_did_not_buy_it(self, page, unbought):
        assert page.post(f"/library/{unbought.id}/", {"first_page": 1, "last_page": 2}).status_code == 403
        assert not ReadingSession.objects.exists()
