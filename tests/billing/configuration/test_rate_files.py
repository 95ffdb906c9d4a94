"""Reading central banks' files: exactly what stands in them, or every bad line by its number."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.configuration.rate_files import BadLines, NotARateFile, read

TODAY = date(2026, 11, 22)

DAILY = "Date, USD, JPY, GBP, \n20 November 2026, 1.0512, 163.05, 0.83245, \n"
HISTORY = (
    "Date,USD,JPY,ROL,GBP,\n"
    "2026-11-20,1.0512,163.05,N/A,0.83245,\n"
    "2026-11-19,1.0498,162.9,N/A,0.8330,\n"
    "1999-01-04,1.1789,133.73,13111,0.7111,\n"
)
MANUAL = "date;currency;buying;selling;unit\n20/11/2026;USD;561,750;568,750;1\n2026-11-20;JPY;345.10;348.30;100\n"


def ecb(text: str):
    return read(text.encode(), source="ECB", today=TODAY)


def bceao(text: str, source: str = "BCEAO"):
    return read(text.encode(), source=source, today=TODAY)


def said(found) -> list[tuple[str, str, str, str]]:
    return [(rate.base, rate.quote, str(rate.on_date), str(rate.rate)) for rate in found.rates]


def bad_lines(read_it, text: str) -> list[int]:
    with pytest.raises(BadLines) as refused:
        read_it(text)
    return [line.number for line in refused.value.lines]


def zipped(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


class TestEcb:
    def test_reads_the_daily_file_as_published(self):
        assert said(ecb(DAILY)) == [
            ("EUR", "USD", "2026-11-20", "1.0512"),
            ("EUR", "JPY", "2026-11-20", "163.05"),
            ("EUR", "GBP", "2026-11-20", "0.83245"),
        ]

    def test_reads_the_history_and_makes_up_nothing_for_what_was_not_published(self):
        found = ecb(HISTORY)
        assert len(found.rates) == 10
        assert [rate.on_date for rate in found.rates if rate.quote == "ROL"] == [date(1999, 1, 4)]

    @pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text + "\n\n"])
    def test_minds_neither_line_ends_nor_a_byte_order_mark(self, change):
        assert said(ecb(change(HISTORY))) == said(ecb(HISTORY))

    def test_reads_the_one_csv_of_an_archive(self):
        archive = zipped({"eurofxref.csv": DAILY, "readme.txt": "hello"})
        assert read(archive, source="ECB", today=TODAY) == ecb(DAILY)

    def test_names_every_bad_line(self):
        text = (
            "Date, USD, JPY, \n"
            "20 November 2026, 1.0512, 163.05, \n"
            "20 Novembre 2026, 1.0512, 163.05, \n"
            "19 November 2026, 1.0512, \n"
            "18 November 2026, 1.0512, -163.05, \n"
            "17 November 2026, 1.0512, , \n"
            "31 June 2026, 1.0512, 163.05, \n"
        )
        assert bad_lines(ecb, text) == [3, 4, 5, 6, 7]

    @pytest.mark.parametrize(
        "value", ["0", "0.000", "1e3", "NaN", "-1", "+1", "1 000", '"1,05"', "１", "n/a", "1.123456789", "1\x00"]
    )
    def test_refuses_what_is_no_rate(self, value):
        assert bad_lines(ecb, f"Date, USD, \n20 November 2026, {value}, \n") == [2]

    def test_refuses_a_day_to_come(self):
        assert bad_lines(ecb, "Date, USD, \n23 November 2026, 1.05, \n") == [2]

    def test_refuses_a_day_that_stands_there_twice(self):
        assert bad_lines(ecb, "Date,USD,\n2026-11-20,1.05,\n2026-11-20,1.05,\n") == [3]

    @pytest.mark.parametrize("header", ["Date, USD, USD, ", "Date, USD, DOLLAR, "])
    def test_refuses_columns_that_are_no_currencies(self, header):
        assert 1 in bad_lines(ecb, f"{header}\n20 November 2026, 1.05, 1.05, \n")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\n \n",
            b"USD,1.05\n",
            b"Date,\n2026-11-20,\n",
            b"Date, USD, \n",
            b"Date, USD, \n20 November 2026, N/A, \n",
            b"Date, USD, \n20 Novem\xe9ber 2026, 1, \n",
            b"Date, " + b"U" * 200_000,
            b"PK\x03\x04 no archive",
            zipped({"a.csv": DAILY, "b.csv": DAILY}),
            zipped({"a.txt": DAILY}),
            MANUAL.encode(),
        ],
    )
    def test_refuses_what_is_no_such_file(self, content):
        with pytest.raises(NotARateFile):
            read(content, source="ECB", today=TODAY)

    def test_refuses_a_damaged_archive(self):
        archive = bytearray(zipped({"eurofxref.csv": HISTORY * 20}))
        archive[60:90] = bytes(30)
        with pytest.raises(NotARateFile):
            read(bytes(archive), source="ECB", today=TODAY)

    @given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"Date, USD, \n{text}".encode()))
    def test_reads_it_or_says_no_and_nothing_else(self, content):
        try:
            found = read(content, source="ECB", today=TODAY)
        except (NotARateFile, BadLines):
            return
        assert all(rate.rate > 0 for rate in found.rates)


class TestCentralBank:
    def test_takes_the_mean_of_the_courses_and_keeps_both(self):
        dollar, yen = bceao(MANUAL).rates
        assert (dollar.base, dollar.quote, dollar.rate) == ("USD", "XOF", Decimal("565.25"))
        assert (dollar.buying, dollar.selling) == (Decimal("561.75"), Decimal("568.75"))
        assert (yen.rate, yen.on_date) == (Decimal("3.467"), date(2026, 11, 20))

    def test_quotes_in_the_banks_own_franc(self):
        (rate,) = bceao("date;currency;buying;selling\n2026-11-20;USD;560;560\n", source="BEAC").rates
        assert (rate.base, rate.quote, rate.rate) == ("USD", "XAF", 560)

    @given(st.integers(1, 10**12), st.integers(0, 50), st.sampled_from([1, 10, 100, 1000]))
    def test_is_exactly_what_stands_there(self, buying, margin, unit):
        bought = Decimal(buying).scaleb(-4)
        sold = bought + bought * margin // 1000
        (rate,) = bceao(f"date;currency;buying;selling;unit\n2026-11-20;USD;{bought:f};{sold:f};{unit}\n").rates
        assert rate.rate * 2 * unit == bought + sold
        assert rate.buying * unit == bought <= rate.rate * unit <= sold == rate.selling * unit

    def test_checks_the_parity_and_has_nothing_to_record_for_it(self):
        found = bceao(MANUAL.replace("JPY;345.10;348.30;100", "EUR;655,957;655,957;1"))
        assert (len(found.rates), found.parity_count) == (1, 1)

    @pytest.mark.parametrize(
        "line",
        [
            "2026-11-20;EUR;655,957;656",  # against the law
            "2026-11-20;EUR;655,95;655,95",
            "1998-12-31;EUR;655,957;655,957",  # before it
            "2026-11-20;XAF;1;1,001",
            "2026-11-20;XOF;1;1",  # its own franc
            "2026-11-20;USD;568;561",  # bought dearer than sold
            "2026-11-20;USD;56,175;568,75",  # a slipped comma
            "2026-11-20;USD;;568,75",
            "2026-11-20;USD;1.000,5;1.000,5",
            "2026-11-20;usd;560;560",
            "2026-11-20;USD;560",
            "2026-11-20;USD;560;560;1",
            "11/20/2026;USD;560;560",
            "23/11/2026;USD;560;560",
        ],
    )
    def test_names_a_line_that_cannot_be_right(self, line):
        text = f"date;currency;buying;selling\n2026-11-19;USD;560;560\n\n{line}\n"
        assert bad_lines(bceao, text) == [4]

    def test_reads_a_parity_of_the_other_franc(self):
        assert bceao("date;currency;buying;selling\n2026-11-20;XAF;1;1,000\n").parity_count == 1

    @pytest.mark.parametrize("unit", ["7", "0", "-1", "10000", ""])
    def test_refuses_a_unit_that_leaves_no_exact_decimal(self, unit):
        assert bad_lines(bceao, f"date;currency;buying;selling;unit\n2026-11-20;JPY;345;348;{unit}\n") == [2]

    @pytest.mark.parametrize(
        "header", ["date,currency,buying,selling", "currency;date;buying;selling", "date;currency"]
    )
    def test_refuses_other_columns(self, header):
        with pytest.raises(NotARateFile):
            bceao(f"{header}\n2026-11-20;USD;560;560\n")
