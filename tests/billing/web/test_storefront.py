"""The shop window: what visitors find, in which currency, and how heavy it is."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

import catalog.operations as catalog
from billing.web import country
from tests.billing.web.conftest import HOSTILE

pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"])

WEIGHT_MAX = 30 * 1024


class TestHome:
    def test_shows_books_with_authors_and_prices(self, visitor):
        page = visitor.read("/")
        assert "Une si longue lettre" in page
        assert "Mariama Bâ" in page
        assert "1\u202f500\xa0F\xa0CFA" in page or "1 500 F CFA" in page.replace("\u202f", " ").replace("\xa0", " ")

    @pytest.mark.parametrize(
        ("query", "found"), [("q=longue", 1), ("q=mariama", 2), ("language=en", 1), ("q=zebra", 0)]
    )
    def test_searches_and_filters(self, visitor, query, found):
        assert visitor.read(f"/?{query}").count('class="cover') == found

    def test_filters_by_category(self, visitor):
        assert visitor.read("/?category=romans").count('class="cover') == 1

    def test_says_how_to_go_on_when_nothing_is_found(self, visitor):
        assert "Essayez un autre mot" in visitor.read("/?q=zebra")

    @pytest.mark.parametrize(
        "query", ["page=0", "page=-1", "page=x", "page=99999999", "page=²", "q=%00", "q=%ff", "language=%00"]
    )
    def test_takes_any_query(self, visitor, query):
        visitor.read(f"/?{query}")

    def test_pages_keep_the_filters(self, visitor, shop):
        _fill(shop, 14)
        page = visitor.read("/?language=fr")
        assert "Page 1 sur 2" in page
        assert "/?language=fr&amp;page=2" in page
        assert visitor.read("/?language=fr&page=2").count('class="cover') == 3

    @pytest.mark.parametrize("address", ["/", "/books/{slug}/", "/checkout/{edition}/"])
    def test_first_load_weighs_less_than_30_kb(self, visitor, shop, address):
        _fill(shop, 12)
        page = visitor.read(address.format(slug=shop.slug, edition=shop.edition_ref)).encode()
        sheets = [Path(finders.find(name)) for name in ("coko.css", "billing_web/checkout.css")]
        assert len(page) + sum(sheet.stat().st_size for sheet in sheets) < WEIGHT_MAX
        assert b"<script" not in page
        assert page.count(b'rel="stylesheet"') == 2

    def test_escapes_what_authors_are_called(self, visitor, shop):
        at = timezone.now()
        author = catalog.add_author(name=HOSTILE, at=at)
        work = catalog.add_book(title=HOSTILE, credits=[(author, "author")], summary=HOSTILE, at=at)
        house = catalog.add_publisher(name=HOSTILE, at=at)
        ref = catalog.add_edition(
            book_ref=work, publisher_ref=house, language="fr", kind="ebook", subtitle=HOSTILE, slug="hostile", at=at
        )
        for address in ("/", "/books/hostile/", f"/checkout/{ref}/", f"/?q={HOSTILE}"):
            assert "<script" not in visitor.read(address)


class TestBook:
    def test_offers_one_thing_to_do(self, visitor, shop):
        page = visitor.read(f"/books/{shop.slug}/")
        assert page.count('class="button"') == 1
        assert "Acheter — 1" in page

    def test_that_does_not_exist_is_a_404(self, visitor):
        visitor.read("/books/nothing/", status=404)


class TestCountry:
    @pytest.mark.parametrize(("where", "shown"), [("SN", "F\xa0CFA"), ("CM", "F\xa0CFA"), ("FR", "€"), ("US", "$")])
    def test_decides_the_currency(self, visitor, shop, where, shown):
        visitor.http.get(f"/country/?country={where}")
        assert shown in visitor.read(f"/books/{shop.slug}/").replace("\u202f", "\xa0")

    def test_without_a_price_says_so(self, visitor, shop):
        visitor.http.get("/country/?country=TG")
        assert "pas encore en vente" in visitor.read(f"/books/{shop.slug}/")
        assert "Rien n’a été commandé" in visitor.read(f"/checkout/{shop.edition_ref}/")

    def test_without_a_wallet_says_so_calmly(self, visitor, shop):
        visitor.http.get("/country/?country=FR")
        page = visitor.read(f"/checkout/{shop.edition_ref}/")
        assert "Aucun portefeuille mobile" in page
        assert 'name="phone"' not in page

    def test_goes_back_to_the_page_it_was_chosen_on(self, visitor):
        assert visitor.http.get("/country/?country=CM&next=/books/x/")["Location"] == "/books/x/"

    @pytest.mark.parametrize(
        "away", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
    )
    def test_never_leads_away_from_us(self, visitor, away):
        assert visitor.http.get("/country/", {"country": "CM", "next": away})["Location"] == "/"

    def test_that_we_do_not_know_is_our_first_market(self, rf):
        request = rf.get("/", headers={"cookie": "coko_country=ZZ"})
        assert country.chosen(request) == "SN"


class TestLanguage:
    def test_is_french_unless_told_otherwise(self, shop):
        assert 'lang="fr"' in Client().get("/").content.decode()
        assert 'lang="en"' in Client(headers={"accept-language": "en"}).get("/").content.decode()


def _fill(shop, count):
    """More books in French, with long titles, as the real catalogue has them."""
    at = timezone.now()
    author = catalog.add_author(name="Amadou Hampâté Bâ (démo)", at=at)
    house = catalog.add_publisher(name="Maison", at=at)
    for number in range(count):
        work = catalog.add_book(
            title=f"L’étrange destin de Wangrin, ou les roueries d’un interprète {number}",
            credits=[(author, "author")],
            at=at,
        )
        catalog.add_edition(book_ref=work, publisher_ref=house, language="fr", kind="ebook", at=at)
