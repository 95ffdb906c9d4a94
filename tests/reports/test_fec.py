"""The FEC parsed again, against the ledger's queries."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.configuration.queries import NoExchangeRate
from billing.ledger import operations
from billing.ledger import queries as ledger
from billing.ledger.facts import EntryFact, PostingFact
from reports import fec
from reports.scope import Scope
from tests.factories.books import NOVEMBER, PAYEE, post_two_months
from tests.factories.ledger import AT, account, sale

BOTH = Scope("coko-sn", "2026-10", "2026-11")


def parsed(scope: Scope = BOTH, currency: str = "XOF") -> list[dict[str, str]]:
    head, *lines = (line.split("|") for line in fec.lines(scope, currency=currency))
    assert tuple(head) == fec.COLUMNS
    assert {len(line) for line in lines} <= {18}
    return [dict(zip(head, line, strict=True)) for line in lines]


def cents(text: str) -> int:
    whole, _, rest = text.partition(",")
    assert len(rest) == 2
    return int(whole + rest)


@pytest.mark.django_db
class TestLines:
    def test_hold_every_line_in_one_sequence(self):
        payee_ref = post_two_months()
        rows = parsed()
        entries = list(ledger.journal(entity="coko-sn", since=BOTH.since, until=BOTH.until))
        assert [row["EcritureNum"] for row in rows] == [
            str(number) for number, entry in enumerate(entries, start=1) for _line in entry
        ]
        for row, line in zip(rows, (line for entry in entries for line in entry), strict=True):
            assert (row["JournalCode"], row["CompteNum"]) == (line.entry.journal, line.account.code)
            assert (row["CompAuxNum"], row["PieceRef"]) == (line.account.holder, line.entry.source_ref)
            if line.account.currency == "XOF":
                assert cents(row["Debit"]) - cents(row["Credit"]) == 100 * line.amount_minor
                assert row["Montantdevise"] == row["Idevise"] == ""
        assert {row["CompAuxLib"] for row in rows if row["CompAuxNum"] == payee_ref} == {PAYEE}

    def test_balance_entry_by_entry(self):
        post_two_months()
        sums: dict[str, int] = defaultdict(int)
        for row in parsed():
            sums[row["EcritureNum"]] += cents(row["Debit"]) - cents(row["Credit"])
            assert "0,00" in (row["Debit"], row["Credit"])
        assert set(sums.values()) == {0}

    def test_convert_another_currency_at_its_days_rate_and_keep_it(self):
        post_two_months()
        euros = [row for row in parsed() if row["Idevise"] == "EUR"]
        # 15,00 € × 655,957 = 9 839,355: rounded once, then shared out.
        assert sum(cents(row["Debit"]) for row in euros) == sum(cents(row["Credit"]) for row in euros) == 983_900
        assert sorted(row["Montantdevise"] for row in euros) == ["-12,71", "-2,29", "0,15", "14,85"]

    def test_refuse_a_currency_nothing_says_the_worth_of(self):
        operations.post(draft=sale(currency="USD"), at=AT)
        with pytest.raises(NoExchangeRate):
            list(fec.lines(BOTH, currency="XOF"))

    def test_keep_when_it_really_happened_and_when_it_was_written(self):
        post_two_months()
        (late, *_) = [row for row in parsed() if row["JournalCode"] == "RD"]
        assert (late["EcritureDate"], late["ValidDate"]) == ("20261008", "20261102")

    def test_are_the_same_every_time(self):
        post_two_months()
        assert list(fec.lines(BOTH, currency="XOF")) == list(fec.lines(BOTH, currency="XOF"))

    def test_hold_no_separator_and_no_new_line_of_a_text(self):
        post_two_months()
        (one, _other) = [row for row in parsed() if row["JournalCode"] == "RD"]
        assert one["EcritureLib"] == "=1+1 droits; d’auteur"

    def test_are_columns_alone_for_empty_months(self):
        assert parsed(Scope("coko-sn", "2026-01", "2026-01")) == []


class TestDecimal:
    @pytest.mark.parametrize(
        ("minor", "currency", "said"),
        [
            (1500, "XOF", "1500,00"),
            (0, "XOF", "0,00"),
            (-1250, "EUR", "-12,50"),
            (5, "EUR", "0,05"),
            (7, "TND", "0,007"),
        ],
    )
    def test_has_a_comma_and_two_places_or_more(self, minor, currency, said):
        assert fec.decimal(minor, currency) == said


class TestConversion:
    @given(
        debits=st.lists(st.integers(1, 10**12), min_size=1, max_size=6),
        cuts=st.lists(st.integers(1, 10**6), min_size=1, max_size=6),
        francs=st.integers(0, 10**9),
    )
    def test_leaves_an_entry_balanced_whatever_the_amounts(self, debits, cuts, francs):
        whole = sum(debits)
        credits = [whole * cut // sum(cuts) for cut in cuts]
        credits[0] += whole - sum(credits)
        entry = EntryFact("jrn_x", "k", "BQ", "", "", AT, AT)
        euros = [
            PostingFact(entry, account("552", currency="EUR"), amount, 0)
            for amount in (*debits, *(-minor for minor in credits))
            if amount
        ]
        local = [PostingFact(entry, account("552"), sign * francs, 0) for sign in (1, -1) if francs]
        lines = [*euros, *local]
        kept = fec.conversion("XOF")(lines)
        signed = [minor if line.amount_minor > 0 else -minor for line, minor in zip(lines, kept, strict=True)]
        assert sum(signed) == 0
        for line, minor in zip(euros, kept, strict=False):
            assert abs(minor * 100_000 - abs(line.amount_minor) * 655_957) < 2 * 100_000  # each within two francs


@pytest.mark.django_db
class TestKeeper:
    def test_names_the_file_as_the_law_does(self):
        post_two_months()
        by = fec.keeper(BOTH)
        assert (by.currency, fec.file_name(BOTH, by)) == ("XOF", "demo000000000FEC20261130.txt")

    def test_is_refused_where_nobody_is_known(self):
        with pytest.raises(fec.NoBooksCurrency):
            fec.keeper(replace(BOTH, entity="nobody"))

    def test_is_who_sold_in_those_months(self):
        post_two_months()
        assert datetime(2026, 12, 1, tzinfo=UTC) > NOVEMBER
        with pytest.raises(fec.NoBooksCurrency):
            fec.keeper(Scope("coko-sn", "2020-01", "2020-01"))
