"""The command: what it writes, what it refuses, and what it leaves behind then."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reports.exports import files
from tests.factories.books import post_two_months
from tests.factories.ledger import AT, posted

pytestmark = pytest.mark.django_db


def export(*, book: str = "journal", form: str = "csv", output: object, entity: str = "coko-sn", **options: str) -> str:
    said = StringIO()
    asked = {"from": "2026-10", "to": "2026-11", **options}
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in asked.items()]
    call_command(
        "books_export", *arguments, f"--book={book}", f"--format={form}", f"--entity={entity}", f"--output={output}",
        stdout=said,
    )  # fmt: skip
    return said.getvalue().strip()


def status(**asked: object) -> int:
    with pytest.raises(CommandError) as refused:
        export(**asked)
    return refused.value.returncode


class TestBooksExport:
    def test_names_the_file_it_writes_into_a_folder(self, tmp_path):
        post_two_months()
        said = [export(output=tmp_path), export(book="fec", form="txt", output=tmp_path)]
        names = ["coko-sn-2026-10-2026-11-journal.csv", "demo000000000FEC20261130.txt"]
        assert said == [str(tmp_path / name) for name in names]
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)

    def test_speaks_the_language_asked_for(self, tmp_path, monkeypatch):
        post_two_months()
        export(output=tmp_path / "a.csv", language="en")
        assert "Electronic money, mobile phone" in (tmp_path / "a.csv").read_text("utf-8-sig")

    def test_shows_what_was_known_at_the_end_of_a_day(self, tmp_path):
        post_two_months()
        export(output=tmp_path / "a.csv", known_at="2026-11-01")
        export(output=tmp_path / "b.csv", known_at="2026-11-02")
        assert ("4081" in (tmp_path / "a.csv").read_text(), "4081" in (tmp_path / "b.csv").read_text()) == (False, True)

    def test_refuses_and_leaves_nothing_behind(self, tmp_path, monkeypatch):
        posted(at=AT)
        monkeypatch.setitem(files.write.__kwdefaults__, "paper_rows_max", 1)
        assert status(output=tmp_path, entity="nobody") == 1
        assert status(output=tmp_path, form="pdf") == 1
        assert status(output=tmp_path, book="fec", form="txt") == 1  # nobody sells as coko-sn
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "wrong",
        [{"from": "2026-13"}, {"to": "2026-09"}, {"form": "txt"}, {"book": "fec"}, {"output": "/nowhere/at/all.csv"}],
        ids=str,
    )
    def test_says_2_to_wrong_arguments(self, tmp_path, wrong):
        posted(at=AT)
        assert status(**{"output": tmp_path, **wrong}) == 2
