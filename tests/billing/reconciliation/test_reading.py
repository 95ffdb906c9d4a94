"""Settlement files of each provider: every sample is read to the franc, and what cannot be read is told by its line."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.reconciliation import cells, column_maps, operations, reading, staging
from billing.reconciliation.facts import Kind
from billing.reconciliation.models import Finding, SettlementLine, StatementImport
from tests.factories.billing import reference_world
from tests.factories.statements import as_csv, bring_text, line

SAMPLES = Path(__file__).parent / "samples"
MARKETS = {"wave": "SN", "mtn": "CI", "orange": "SN", "moov": "BJ"}


def columns_of(provider: str, name: str = "csv") -> column_maps.ColumnMap:
    return column_maps.column_map(provider, name)


def read(path: Path, provider: str, market: str | None = None) -> list[dict[str, str]]:
    """The file's lines by column name, as COPY gets them."""
    encoding = reading.digest_of(path)[1]
    columns = columns_of(provider, reading.format_of(path))
    names = staging.COLUMNS.replace(" ", "").split(",")
    lines = reading.lines(path, columns, market=market or MARKETS[provider], encoding=encoding)
    return [dict(zip(names, one.rstrip("\n").split("\t"), strict=True)) for one in lines]


def told(path: Path, provider: str) -> list[tuple[str, int, int, str]]:
    return [
        (one["kind"], int(one["net_minor"]), int(one["fee_minor"]), one["happened_at"]) for one in read(path, provider)
    ]


class TestSamples:
    def test_of_wave(self):
        assert told(SAMPLES / "wave.csv", "wave") == [
            ("payment", 1485, 15, "2026-11-03T10:00:00+00:00"),
            ("refund", -1485, -15, "2026-11-03T10:05:00+00:00"),
            ("payout", -5050, 50, "2026-11-03T11:00:00+00:00"),
            ("transfer", -50000, 0, "2026-11-03T18:00:00+00:00"),
        ]

    def test_of_mtn_with_a_title_line_and_states(self):
        assert told(SAMPLES / "mtn.csv", "mtn") == [
            ("payment", 1485, 15, "2026-11-03T10:00:00+00:00"),
            ("transfer", -10000, 0, "2026-11-03T23:59:59+00:00"),
        ]

    def test_of_orange_with_a_mark_commas_and_two_columns_of_amounts(self):
        assert told(SAMPLES / "orange.csv", "orange") == [
            ("payment", 1485, 15, "2026-11-03T10:00:00+00:00"),
            ("refund", -1500, 0, "2026-11-03T12:00:00+00:00"),
            ("fee", -250, 0, "2026-11-03T13:00:00+00:00"),
        ]

    def test_of_moov_in_windows_letters_without_signs_in_the_time_of_benin(self):
        assert told(SAMPLES / "moov.csv", "moov") == [
            ("payment", 1485, 15, "2026-11-03T10:00:00+01:00"),
            ("transfer", -10000, 0, "2026-11-03T11:00:00+01:00"),
        ]

    @pytest.mark.parametrize("provider", sorted(MARKETS))
    def test_say_the_same_as_a_workbook(self, provider, tmp_path):
        source = SAMPLES / f"{provider}.csv"
        encoding = reading.digest_of(source)[1]
        delimiter = "," if provider == "wave" else ";"
        book = openpyxl.Workbook()
        for row in source.read_text(encoding=encoding).splitlines():
            book.active.append(row.split(delimiter))
        path = tmp_path / "statement.bin"  # by what it is, not by its name
        book.save(path)
        assert told(path, provider) == told(source, provider)

    @pytest.mark.parametrize("provider", sorted(MARKETS))
    def test_keep_no_phone_number(self, provider):
        kept = "".join(one["raw"] + one["phone_masked"] for one in read(SAMPLES / f"{provider}.csv", provider))
        for number in ("771234567", "2250501020304", "22997010203"):
            assert number not in kept

    def test_of_a_workbook_with_numbers_and_dates(self, tmp_path):
        book = openpyxl.Workbook()
        book.active.append(["timestamp", "transaction_id", "transaction_type", "amount", "fee", "currency"])
        book.active.append([datetime(2026, 11, 3, 10), "T_1", "api_checkout", 1485.0, 15, "XOF"])  # noqa: DTZ001
        book.save(tmp_path / "a.xlsx")
        assert told(tmp_path / "a.xlsx", "wave") == [("payment", 1485, 15, "2026-11-03T10:00:00+00:00")]


class TestMaps:
    def test_are_there_for_each_provider_and_say_how_sure_they_are(self):
        assert {name for name, _ in column_maps.every()} == set(MARKETS)
        for one in column_maps.every().values():
            assert one.confidence in ("high", "medium", "low")
            assert one.source
            assert one.format in ("csv", "xlsx")

    def test_of_nobody_are_refused(self):
        with pytest.raises(column_maps.NoColumnMap, match="wave/csv"):
            column_maps.column_map("visa", "csv")


def problems(tmp_path: Path, text: str, provider: str = "wave") -> list[str]:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(reading.BadFile) as refused:
        read(path, provider)
    return [str(problem) for problem in refused.value.problems]


class TestProblems:
    def test_of_the_headings_are_told(self, tmp_path):
        assert problems(tmp_path, "timestamp,transaction_type,transaction_id,amount,stamp duty\n") == [
            "line 1: unknown column 'stamp duty'"
        ]
        assert problems(tmp_path, "timestamp,transaction_type,amount\n") == ["line 1: missing column 'transaction_id'"]
        assert "no line of headings" in problems(tmp_path, "hello\nworld\n")[0]
        assert "no line of headings" in problems(tmp_path, "")[0]

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"amount": "1485.5"}, "finer than XOF"),
            ({"amount": "14 85"}, "grouped by three"),
            ({"amount": "quinze"}, "no amount"),
            ({"amount": "1e3"}, "no amount"),
            ({"amount": "١٢"}, "no amount"),
            ({"amount": "9" * 40}, "beyond"),
            ({"amount": ""}, "no amount"),
            ({"fee": "?"}, "no amount"),
            ({"timestamp": "3 novembre"}, "no date"),
            ({"timestamp": "2026-13-01T00:00:00Z"}, "no date"),
            ({"currency": "XXY"}, "XXY"),
            ({"transaction_id": ""}, "names the line"),
            ({"transaction_id": "T" * 200}, "no reference"),
        ],
    )
    def test_of_a_line_are_told_with_its_number(self, tmp_path, at, changed, message):
        lines = [line(1, happened_at=at), {**line(2, happened_at=at), **changed}, line(3, happened_at=at)]
        (problem,) = problems(tmp_path, as_csv(lines))
        assert problem.startswith("line 3: ")
        assert message in problem

    def test_of_many_lines_are_told_together(self, tmp_path, at):
        lines = [{**line(n, happened_at=at), "amount": "x" if n % 2 else "10"} for n in range(500)]
        found = problems(tmp_path, as_csv(lines))
        assert len(found) == 100
        assert found[0].startswith("line 3: ")

    @given(junk=st.binary(max_size=400))
    def test_of_any_bytes_are_a_refusal_or_nothing(self, tmp_path_factory, junk):
        path = tmp_path_factory.mktemp("junk") / "junk"
        path.write_bytes(junk)
        with contextlib.suppress(reading.BadFile):
            assert read(path, "wave") == []


@pytest.mark.django_db
class TestAllOrNothing:
    def test_one_bad_line_keeps_the_whole_file_out(self, at, tmp_path):
        reference_world(at=at)
        lines = [line(n, happened_at=at) for n in range(3000)] + [{**line(9999, happened_at=at), "amount": "?"}]
        with pytest.raises(operations.BadFile), transaction.atomic():
            bring_text(tmp_path, as_csv(lines), at=at)
        assert (StatementImport.objects.count(), SettlementLine.objects.count(), Finding.objects.count()) == (0, 0, 0)

    def test_a_line_that_contradicts_another_does_too(self, at, tmp_path):
        reference_world(at=at)
        lines = [line(1, happened_at=at), line(2, happened_at=at), line(1, happened_at=at, amount=99)]
        with pytest.raises(operations.BadFile, match=r"line 4: .* line 2"), transaction.atomic():
            bring_text(tmp_path, as_csv(lines), at=at)

    def test_a_line_twice_over_is_one_line(self, at, tmp_path):
        reference_world(at=at)
        fact = bring_text(tmp_path, as_csv([line(1, happened_at=at)] * 2), at=at)
        assert (fact.line_count, fact.new_count, fact.repeated_count) == (2, 1, 1)

    def test_whatever_stands_in_a_cell_is_kept_as_it_stands(self, at, tmp_path):
        reference_world(at=at)
        name = 'Zoé "l’écrivaine"\\ \t;\n=1+1'
        said = line(1, happened_at=at, counterparty_name=name)
        text = as_csv([said], headings=list(said))
        bring_text(tmp_path, text, at=at)
        assert SettlementLine.objects.get().raw["counterparty_name"] == name


class TestAmounts:
    read = staticmethod(cells.amounts(currency_decimals={"XOF": 0, "EUR": 2}.__getitem__, decimal=",", thousands=" ."))

    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("1500", "XOF", 1500),
            ("-1 500,00", "XOF", -1500),
            ("1.500", "XOF", 1500),
            ("1\u202f234\u00a0567", "XOF", 1234567),
            ("(1 500)", "XOF", -1500),
            ("+12,5", "EUR", 1250),
            ("12,50 EUR", "EUR", 1250),
            ("\u22127", "XOF", -7),
            ("0", "XOF", 0),
        ],
    )
    def test_are_exact(self, text, currency, minor):
        assert self.read(text, currency) == minor

    @given(minor=st.integers(-(10**14), 10**14))
    def test_read_back_what_was_written(self, minor):
        written = f"{abs(minor) // 100:,}".replace(",", " ") + f",{abs(minor) % 100:02}"
        assert self.read(("-" if minor < 0 else "") + written, "EUR") == minor


class TestMoments:
    def test_without_a_zone_are_of_the_market(self):
        read_moment = cells.moments(formats=("%d/%m/%Y %H:%M",), timezone="market", market="CM")
        assert datetime.fromisoformat(read_moment("03/11/2026 00:30")) == datetime(2026, 11, 2, 23, 30, tzinfo=UTC)

    def test_of_an_unknown_market_are_refused(self):
        with pytest.raises(cells.Unreadable):
            cells.moments(formats=("iso",), timezone="market", market="XX")


def test_every_kind_can_be_told_by_some_map():
    told_kinds = {kind for one in column_maps.every().values() for both in one.kinds.values() for kind in both}
    assert set(Kind) - told_kinds == {Kind.OTHER}
