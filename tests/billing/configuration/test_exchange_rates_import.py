"""`exchange_rates_import` as whoever keeps the rates meets it."""

import hashlib
import io
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from billing.configuration.models import ExchangeRate
from billing.configuration.queries import rate
from tests.billing.configuration.test_rate_files import DAILY, HISTORY, MANUAL

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes, name: str = "rates.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def run(path: Path, *words: str, source: str = "ECB") -> tuple[str, str, int]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("exchange_rates_import", str(path), "--source", source, *words, stdout=out, stderr=err)
    except CommandError as refusal:
        return out.getvalue(), f"{err.getvalue()}{refusal}", refusal.returncode
    return out.getvalue(), err.getvalue(), 0


class TestExchangeRatesImport:
    def test_imports_the_ecbs_daily_file(self, file):
        path = file(DAILY)
        assert run(path, "--author", "Awa") == (
            "ECB: 3 new, 0 corrected, 0 already on record, 0 that repeat the parity\n",
            "",
            0,
        )
        row = ExchangeRate.objects.get(quote="USD")
        assert (row.recorded_by, row.file_sha256) == ("Awa", hashlib.sha256(DAILY.encode()).hexdigest())
        found = rate(base="USD", quote="XOF", on=row.on_date, source_preference=["ECB"])
        assert found.rate == Fraction("655.957") / Fraction("1.0512")

    def test_again_changes_nothing_and_the_history_adds_the_rest(self, file):
        run(file(DAILY))
        assert run(file(DAILY))[0].startswith("ECB: 0 new, 0 corrected, 3 already on record")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("eurofxref-hist.csv", HISTORY)
        assert run(file(buffer.getvalue(), "eurofxref-hist.zip"))[0].startswith("ECB: 7 new, 0 corrected, 3 already")

    def test_imports_a_manual_file(self, file):
        said, _, status = run(file(MANUAL + "2026-11-20;EUR;655,957;655,957;1\n"), source="BCEAO")
        assert (status, said) == (0, "BCEAO: 2 new, 0 corrected, 0 already on record, 1 that repeat the parity\n")

    def test_names_each_bad_line_and_imports_nothing(self, file):
        text = HISTORY.replace("1.0498", "1,0498x").replace("133.73", "-")
        _, said, status = run(file(text))
        assert status == 1
        assert "line 3: " in said
        assert "line 4: JPY: '-' is no rate" in said
        assert "nothing was imported" in said
        assert not ExchangeRate.objects.exists()

    def test_refuses_another_value_without_correct(self, file):
        run(file(DAILY))
        changed = DAILY.replace("1.0512", "1.0521").replace("GBP", "CHF")
        _, said, status = run(file(changed))
        assert status == 1
        assert "line 2: 1 EUR = 1.0521 USD on 2026-11-20, on record 1.0512" in said
        assert ExchangeRate.objects.count() == 3

    def test_corrects_with_correct(self, file):
        run(file(DAILY))
        said, _, status = run(file(DAILY.replace("1.0512", "1.0521")), "--correct")
        assert (status, said.partition(" already")[0]) == (0, "ECB: 0 new, 1 corrected, 2")
        assert [
            str(row.rate.normalize()) for row in ExchangeRate.objects.filter(quote="USD").order_by("correction")
        ] == [
            "1.0512",
            "1.0521",
        ]

    @pytest.mark.parametrize("words", [["--source", "BDF"], ["--author", ""], ["--author", "x" * 61]])
    def test_exits_2_on_wrong_arguments(self, file, words):
        with pytest.raises(CommandError):
            call_command("exchange_rates_import", str(file(DAILY)), "--source", "ECB", *words)

    def test_exits_2_when_the_file_cannot_be_read(self, tmp_path):
        assert run(tmp_path / "missing.csv")[2] == 2
        assert run(tmp_path)[2] == 2

    def test_exits_2_when_it_is_a_file_of_somebody_else(self, file):
        assert run(file(MANUAL))[2] == 2
        assert run(file(DAILY), source="BEAC")[2] == 2
        assert run(file(b"%PDF-1.7 \xff"))[2] == 2

    def test_helps(self, capsys):
        with pytest.raises(SystemExit) as stopped:
            call_command("exchange_rates_import", "--help")
        assert stopped.value.code == 0
        assert "eurofxref.csv" in capsys.readouterr().out
