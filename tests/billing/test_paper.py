"""From HTML to PDF, and what it never opens."""

import io
import socket
import zlib

import pytest
from pypdf import PdfReader

from billing.paper import FONTS, NotOurs, OwnFontsOnly, from_html

SECRET = "the-very-secret-line-of-a-local-file"


def read(html: str) -> PdfReader:
    return PdfReader(io.BytesIO(from_html(html, title="Essai", language="fr")))


@pytest.fixture
def listener():
    """A door on loopback, where anybody who knocked would still be waiting."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)
        yield door


class TestFromHtml:
    def test_numbers_the_pages_and_repeats_the_running_header(self):
        body = "<div class=running>EN-TÊTE</div>" + "<p style='break-after: page'>page</p>" * 2 + "<p>fin</p>"
        texts = [page.extract_text() for page in read(body).pages]
        assert [f"{number} / 3" in text for number, text in enumerate(texts, start=1)] == [True] * 3
        assert ["EN-TÊTE" in text for text in texts] == [False, True, True]

    def test_prints_the_letters_of_our_languages(self):
        letters = "ŋ ë ñ ó Ɓ ɗ ọ ṣ € − ✓ « » ’ …"
        reader = read(f"<p>{letters}</p>")
        assert letters.replace(" ", "") in reader.pages[0].extract_text().replace(" ", "")

    def test_keeps_a4_and_20_mm(self):
        box = read("<p>x</p>").pages[0].mediabox
        assert (round(box.width), round(box.height)) == (595, 842)

    def test_gives_the_same_bytes_for_the_same_page(self):
        assert from_html("<p>x</p>", title="t", language="fr") == from_html("<p>x</p>", title="t", language="fr")

    @pytest.mark.parametrize(
        "html",
        [
            "<img src='{url}'>",
            "<link rel=attachment href='{url}'>",
            "<a rel=attachment href='{url}'>x</a>",
            "<link rel=stylesheet href='{url}'>",
            "<style>@import url({url});</style>",
            "<style>p {{ background: url({url}) }}</style><p>x</p>",
            "<style>@font-face {{ font-family: x; src: url({url}) }} p {{ font-family: x }}</style><p>x</p>",
            "<svg width='9' height='9'><image href='{url}' width='9' height='9'/></svg>",
            "<svg width='9' height='9'><use href='{url}#a'/></svg>",
            "<object data='{url}'></object>",
            "<embed src='{url}'>",
            "<iframe src='{url}'></iframe>",
            "<style>p::before {{ content: url({url}) }}</style><p>x</p>",
            "<ul style='list-style-image: url({url})'><li>x</ul>",
        ],
    )
    def test_opens_no_file_and_no_address(self, html, tmp_path, listener):
        secret = tmp_path / "secret.txt"
        secret.write_text(SECRET)
        port = listener.getsockname()[1]
        for url in (secret.as_uri(), f"http://127.0.0.1:{port}/x", f"data:text/plain,{SECRET}"):
            content = from_html(html.format(url=url), title="t", language="fr")
            assert not PdfReader(io.BytesIO(content)).attachments
            assert SECRET not in everything_in(content)
        with pytest.raises(BlockingIOError):
            listener.accept()


class TestOwnFontsOnly:
    @pytest.mark.parametrize("name", FONTS)
    def test_answers_for_our_fonts(self, name):
        assert OwnFontsOnly().fetch(f"coko-font:{name}").read()[:4] == b"\x00\x01\x00\x00"

    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            "http://169.254.169.254/latest/meta-data/",
            "https://example.org/x.png",
            "ftp://example.org/x",
            "data:text/plain,x",
            "coko-font:",
            "coko-font:../../settings.py",
            "coko-font:NotoSans-Regular.ttf/../README.md",
            "coko-font:/etc/passwd",
            "/etc/passwd",
            "NotoSans-Regular.ttf",
        ],
    )
    def test_refuses_everything_else(self, url):
        with pytest.raises(NotOurs):
            OwnFontsOnly().fetch(url)


def everything_in(content: bytes) -> str:
    """The file with every compressed stream opened."""
    parts = [content]
    for piece in content.split(b"stream\n")[1:]:
        try:
            parts.append(zlib.decompressobj().decompress(piece))
        except zlib.error:
            continue
    return b"".join(parts).decode("latin-1")
