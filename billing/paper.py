"""From HTML to PDF: page frame, embedded fonts, and a fetcher that opens nothing but our own fonts.

What is printed holds text from outside (titles, names). Whatever it says, no file, no address and no `data:` is opened:
the only scheme that exists here is `coko-font:`, and it knows a closed list of files.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

FONTS = (
    "NotoSans-Regular.ttf",
    "NotoSans-Bold.ttf",
    "NotoNaskhArabic-Regular.ttf",
    "NotoNaskhArabic-Bold.ttf",
)
_SCHEME = "coko-font:"

# `.running` is the header from the second page on (the first has a title of its own), `.foot` the foot of every page.
_FRAME = """
@font-face { font-family: "Coko Sans"; font-weight: 400; src: url(coko-font:NotoSans-Regular.ttf) }
@font-face { font-family: "Coko Sans"; font-weight: 700; src: url(coko-font:NotoSans-Bold.ttf) }
@font-face { font-family: "Coko Arabic"; font-weight: 400; src: url(coko-font:NotoNaskhArabic-Regular.ttf) }
@font-face { font-family: "Coko Arabic"; font-weight: 700; src: url(coko-font:NotoNaskhArabic-Bold.ttf) }
@page {
  size: A4; margin: 20mm;
  @top-left { content: element(running); width: 100%; vertical-align: bottom; padding-bottom: 4mm }
  @bottom-left { content: element(foot); width: 88%; vertical-align: top; padding-top: 4mm }
  @bottom-right { content: counter(page) " / " counter(pages); color: #5f5852;
                  font: 400 8pt "Coko Sans", "Coko Arabic", sans-serif;
                  vertical-align: top; padding-top: 4mm }
}
@page :first { @top-left { content: none } }
.running { position: running(running); font-size: 8pt; color: #5f5852 }
.foot { position: running(foot); font-size: 7.5pt; line-height: 1.35; color: #5f5852 }
html { font: 400 9.5pt/1.45 "Coko Sans", "Coko Arabic", sans-serif; color: #1d1b1a; font-variant-numeric: tabular-nums }
body { margin: 0 }
tr { break-inside: avoid }
thead { display: table-header-group }
"""


class NotOurs(Exception):
    """The document asked for something that is not one of our fonts."""


class OwnFontsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Answers for the fonts in `config/static/fonts`, refuses everything else, whatever its scheme."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(_SCHEME)
        if not url.startswith(_SCHEME) or name not in FONTS:
            raise NotOurs(url[:80])
        content = (settings.BASE_DIR / "config" / "static" / "fonts" / name).read_bytes()
        return URLFetcherResponse(url, body=content, headers={"Content-Type": "font/ttf"})


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file that says the same to a program, and the XMP that tells readers of it."""

    name: str
    content: bytes
    xmp: bytes


def from_html(html: str, *, title: str, language: str, embedded: Embedded | None = None) -> bytes:
    """The PDF of a whole HTML document: A4, page numbers, fonts embedded as subsets, tagged for screen readers.

    With something embedded it is a PDF/A-3, which archives keep.
    """
    fetcher: Any = OwnFontsOnly()
    fonts = FontConfiguration()
    frame = CSS(string=_FRAME, url_fetcher=fetcher, font_config=fonts)
    document = HTML(string=html, url_fetcher=fetcher).render(stylesheets=[frame], font_config=fonts, pdf_tags=True)
    document.metadata.title = title
    document.metadata.lang = language
    if embedded is None:
        plain: bytes = document.write_pdf(pdf_tags=True)
        return plain
    file = Attachment(string=embedded.content, name=embedded.name, description="Factur-X", relationship="Alternative")
    document.metadata.attachments = [file]
    document.metadata.xmp_metadata = [embedded.xmp]
    archived: bytes = document.write_pdf(pdf_tags=True, pdf_variant="pdf/a-3b")
    return archived
