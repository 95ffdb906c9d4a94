"""The English catalogue: complete, well formed, and really spoken by pages, problems and papers."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings as in_force
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import ngettext
from pypdf import PdfReader

from billing.invoices import pdf
from config.management.commands.prepare import compile_messages
from tests.factories import billing

PACKAGES = ("billing", "catalog", "config", "providers", "reading", "reports", "royalties", "sync")
FILE = Path("config", "locale", "en", "LC_MESSAGES", "django.po")
ENGLISH = {"accept-language": "en"}
HEADER = {"Project-Id-Version", "Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms"}

# What must stand in a translation as in its source: placeholders and tags.
_MARKS = re.compile(r"%\(\w+\)[a-z]|%[a-z]|</?\w+[^>]*>")
_TAGS = re.compile(r"<[^>]*>")
_NOT_ENGLISH = re.compile(r"[\s\u00a0\u202f][:;!?]|[«»]|['\"]")


def catalogue(root: Path) -> Catalog:
    with (root / FILE).open("rb") as readable:
        return read_po(readable)


def forms(message: Message) -> Iterator[tuple[str, str]]:
    """Source and translation of each form: one, or singular and plural."""
    sources, said = (
        (side,) if isinstance(side, str) else tuple(side or ("",)) for side in (message.id, message.string)
    )
    return zip(sources, said, strict=True)


@pytest.fixture(scope="module")
def english() -> list[Message]:
    return [message for message in catalogue(in_force.BASE_DIR) if message.id]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The translations as `prepare` compiles them, in a folder of our own."""
    folder = tmp_path_factory.mktemp("translations") / "locale"
    shutil.copytree(in_force.LOCALE_PATHS[0], folder, ignore=shutil.ignore_patterns("*.mo"))
    compile_messages(folder)
    return folder


@pytest.fixture
def spoken(settings, compiled: Path) -> None:
    """Whatever was or was not compiled on this machine before, both languages are spoken from here on."""
    settings.LOCALE_PATHS = [compiled]


class TestCatalogue:
    def test_holds_exactly_what_the_sources_say(self, tmp_path, monkeypatch, settings):
        if shutil.which("xgettext") is None:
            pytest.skip("extracting needs GNU gettext (xgettext), which is not on this machine")
        ours = shutil.ignore_patterns("__pycache__", "*.mo", "static", "migrations", "node_modules")
        for package in PACKAGES:
            shutil.copytree(in_force.BASE_DIR / package, tmp_path / package, ignore=ours)
        monkeypatch.chdir(tmp_path)  # extraction leaves files beside the sources while it runs
        settings.LOCALE_PATHS = [tmp_path / "config" / "locale"]
        call_command("makemessages", "-l", "en", "--no-location", "--no-wrap", verbosity=0)
        extracted, written = (catalogue(root) for root in (tmp_path, in_force.BASE_DIR))
        assert [one.id for one in extracted if one.fuzzy and one.id] == []
        assert {one.id for one in extracted} == {one.id for one in written}

    def test_translates_everything(self, english):
        assert len(english) > 400
        assert [one.id for one in english if not all(said.strip() for _source, said in forms(one))] == []

    def test_has_nothing_doubtful_or_left_over(self, english):
        assert [one.id for one in english if one.fuzzy] == []
        assert not catalogue(in_force.BASE_DIR).obsolete

    def test_keeps_placeholders_and_tags(self, english):
        pairs = [pair for one in english for pair in forms(one)]
        assert [pair for pair in pairs if sorted(_MARKS.findall(pair[0])) != sorted(_MARKS.findall(pair[1]))] == []

    def test_keeps_spaces_at_both_ends(self, english):
        pairs = [pair for one in english for pair in forms(one)]
        ends = re.compile(r"^\s*|\s*$")
        assert [pair for pair in pairs if ends.findall(pair[0]) != ends.findall(pair[1])] == []

    def test_is_punctuated_as_english_is(self, english):
        said = [_TAGS.sub("", said) for one in english for _source, said in forms(one)]
        assert [text for text in said if _NOT_ENGLISH.search(text)] == []

    def test_names_no_person_no_tool_and_no_date(self):
        header = (in_force.BASE_DIR / FILE).read_text().split("\n\n")[0]
        assert set(re.findall(r'^"([\w-]+):', header, flags=re.MULTILINE)) == HEADER


@pytest.mark.django_db(databases=["default", "auth", "catalog"])
@pytest.mark.usefixtures("spoken")
class TestPages:
    @pytest.mark.parametrize(
        ("address", "french", "in_english"),
        [
            ("/", "Choisissez un livre, payez", "Choose a book, pay"),
            ("/sign-in/", "Mot de passe", "Password"),
            ("/nowhere/", "Rien n’existe à cette adresse", "There is nothing at this address"),
            ("/api/v1/docs/", "Tout refus est un document", "Every refusal is an"),
        ],
    )
    def test_are_french_unless_asked_for_in_english(self, client, address, french, in_english):
        for headers, said, other in ((None, french, in_english), (ENGLISH, in_english, french)):
            page = client.get(address, headers=headers).content.decode()
            assert said in page
            assert other not in page

    def test_under_the_api_state_problems_in_the_callers_language(self, client):
        titles = [client.get("/api/v1/invoices/", headers=headers).json()["title"] for headers in (None, ENGLISH)]
        assert titles == ["Une clé d’API ou un jeton est nécessaire.", "An API key or a token is needed."]


@pytest.mark.usefixtures("spoken")
class TestPlurals:
    @pytest.mark.parametrize(
        ("count", "said"), [(0, "0 pages marked"), (1, "1 page marked"), (2, "2 pages marked"), (21, "21 pages marked")]
    )
    def test_follow_the_english_rule(self, count, said):
        with translation.override("en"):
            marked = ngettext("%d page marquée comme lue.", "%d pages marquées comme lues.", count) % count
        assert marked == f"{said} as read."


@pytest.mark.django_db
@pytest.mark.usefixtures("spoken")
class TestInvoice:
    def test_is_written_in_the_customers_language(self, at):
        billing.reference_world(at=at)
        texts = []
        for language in ("fr", "en"):
            invoice = billing.open_invoice(at=at, to=billing.customer(language=language))
            document = PdfReader(io.BytesIO(pdf.render(invoice.id)))
            texts.append(" ".join(page.extract_text() for page in document.pages))
        assert "Total TTC" in texts[0]
        assert "Total incl. tax" in texts[1]
        assert "Total of this invoice in words" in texts[1]
