"""The stylesheet, the frame, the error pages, the paper."""

import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from billing.paper import from_html
from config.identity.models import User
from tests.factories import identity

CSS = (settings.BASE_DIR / "config" / "static" / "coko.css").read_text()
FONTS = settings.BASE_DIR / "config" / "static" / "fonts"
CLASSES = [
    ".page",
    ".card",
    ".grid",
    ".stack",
    ".row",
    ".lede",
    ".amount",
    "table.data",
    ".button",
    ".button.quiet",
    ".badge.ok",
    ".badge.warn",
    ".badge.danger",
    ".badge.wait",
    ".notice",
    ".field",
    ".muted",
    ".empty",
    "dl.facts",
    ".steps",
    ".crumbs",
]


def scheme(dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.S)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1 if dark else 0]))


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *((ink, ground) for ink in ("ink", "muted", "accent", "cocoa") for ground in ("paper", "card", "soft")),
    ("ink", "wait-tint"),
    ("accent", "wait-tint"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    *((sign, f"{sign}-tint") for sign in ("ok", "warn", "danger")),
    *(("ink", f"{sign}-tint") for sign in ("ok", "warn", "danger")),
    ("danger", "card"),
]


class TestStylesheet:
    def test_is_under_12_kilobytes(self):
        assert len(CSS.encode()) < 12_000

    @pytest.mark.parametrize("name", CLASSES)
    def test_knows_the_class(self, name):
        assert name in CSS

    def test_loads_nothing_from_elsewhere(self):
        assert not re.search(r"@import|@font-face|url\(", CSS)

    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize(("ink", "ground"), PAIRS)
    def test_can_be_read(self, dark, ink, ground):
        colors = scheme(dark=False) | (scheme(dark=True) if dark else {})
        assert contrast(colors[ink], colors[ground]) >= 4.5

    def test_has_the_colours_of_the_design(self):
        light = scheme(dark=False)
        assert [light[name] for name in ("ink", "paper", "line", "accent", "cocoa", "ok", "warn", "danger")] == [
            "#1d1b1a", "#fffdf9", "#e6dfd5", "#27408b", "#6b3f1d", "#1f7a4d", "#8a5a00", "#a3212b",
        ]  # fmt: skip


@pytest.mark.django_db(databases=["default", "auth"])
class TestFrame:
    def test_names_its_language_and_has_landmarks(self, client):
        page = client.get("/sign-in/").content.decode()
        for part in ('<html lang="fr" dir="ltr">', 'name="viewport"', 'href="#content"', "<main", "<nav", "<footer"):
            assert part in page

    def test_has_no_script_and_no_style_of_its_own(self, client):
        page = client.get("/sign-in/").content.decode()
        assert not re.search(r"<script|<style|style=|\son\w+=|javascript:", page)

    def test_says_it_is_a_demo_except_in_production(self, client, settings):
        assert "aucun argent réel" in client.get("/sign-in/").content.decode()
        settings.PRODUCTION = True
        assert "aucun argent réel" not in client.get("/sign-in/").content.decode()

    @pytest.mark.parametrize(
        ("roles", "places"),
        [
            (("reader",), {"/", "/library/"}),
            (("author",), {"/", "/library/", "/author/"}),
            (("finance",), {"/", "/library/", "/finance/"}),
            (("operator",), {"/", "/library/", "/finance/"}),
        ],
    )
    def test_shows_the_places_of_the_role(self, client, roles, places):
        client.force_login(User.objects.get(pk=identity.person(roles=roles).id))
        page = client.get("/nothing-here/").content.decode()
        navigation = page[page.index("<nav") : page.index("</nav>")]
        assert set(re.findall(r'href="([^"]+)"', navigation)) == places


class TestErrorPages:
    @pytest.mark.django_db(databases=["default", "auth"])
    def test_not_found_is_in_the_frame(self, client):
        answer = client.get("/nothing-here/")
        assert answer.status_code == 404
        assert "Rien n’existe à cette adresse" in answer.content.decode()

    def test_not_found_is_a_problem_document_in_the_api(self, client):
        answer = client.get("/api/v1/nothing-here/")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"

    @pytest.mark.urls("tests.config.broken_urls")
    def test_a_bug_is_told_without_database_or_frame(self, client):
        client.raise_request_exception = False
        answer = client.get("/bug/")
        assert answer.status_code == 500
        assert "Une erreur de notre côté" in answer.content.decode()
        assert "confidential" not in answer.content.decode()

    @pytest.mark.urls("tests.config.broken_urls")
    def test_a_bug_in_the_api_is_a_problem_document(self, client):
        client.raise_request_exception = False
        answer = client.get("/api/bug/")
        assert (answer.status_code, answer.json()["code"]) == (500, "server_error")

    @pytest.mark.urls("tests.config.broken_urls")
    @pytest.mark.django_db(databases=["default", "auth"])
    @pytest.mark.parametrize(("path", "status"), [("/forbidden/", 403), ("/suspicious/", 400)])
    def test_refusals_are_in_the_frame(self, client, path, status):
        answer = client.get(path)
        assert answer.status_code == status
        assert 'class="masthead"' in answer.content.decode()


class TestFonts:
    @pytest.mark.parametrize("name", ["NotoSans-Regular", "NotoSans-Bold", "NotoNaskhArabic-Regular"])
    def test_are_small(self, name):
        assert 20_000 < (FONTS / f"{name}.ttf").stat().st_size < 200_000

    @pytest.mark.parametrize("name", ["NotoSans-Regular", "NotoSans-Bold"])
    def test_hold_every_sign_we_print(self, name):
        known = TTFont(FONTS / f"{name}.ttf").getBestCmap()
        signs = "ŋŊëñóÀéçœŒɓɗƙẹọṣ0123456789\u00a0\u202f\u2212–—…•’«»✓✗→€₦₵№≈"
        assert [sign for sign in signs if ord(sign) not in known] == []

    def test_come_with_their_licence(self):
        assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text()


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """The text of a long document, page by page."""
    rows = "".join(f"<tr><td>Ligne {number}</td><td class='amount'>{number}</td></tr>" for number in range(1, 90))
    template = (
        "{% extends 'document.html' %}{% block title %}Essai{% endblock %}{% block header %}Awa, octobre{% endblock %}"
        "{% block foot %}<p>Mentions</p>{% endblock %}{% block content %}<h1>Relevé</h1><table class='data'><thead>"
        f"<tr><th>Colonne</th><th>Montant</th></tr></thead><tbody>{rows}<tr class='total'><td>Total</td>"
        "<td>1</td></tr></tbody></table>{% endblock %}"
    )
    html = engines["django"].from_string(template).render({})
    reader = PdfReader(io.BytesIO(from_html(html, title="Essai", language="fr")))
    return [page.extract_text() for page in reader.pages]


class TestDocument:
    def test_numbers_its_pages(self, pages):
        for number, text in enumerate(pages, start=1):
            assert f"{number} / {len(pages)}" in text

    def test_repeats_header_foot_and_table_head_on_each_page(self, pages):
        assert len(pages) > 2
        for text in pages:
            assert all(part in text for part in ("Awa, octobre", "Mentions", "Colonne"))

    def test_keeps_two_rows_with_the_total(self, pages):
        assert all(part in pages[-1] for part in ("Total", "Ligne 89", "Ligne 88"))


def test_no_template_loads_from_elsewhere() -> None:
    for path in Path(settings.BASE_DIR / "config" / "templates").rglob("*.html"):
        assert "//" not in re.sub(r"<!doctype[^>]*>", "", path.read_text())
