"""The books against the ledger's own queries, to the franc."""

from collections import defaultdict

import pytest

from billing.ledger import queries as ledger
from reports.books import BookName, book
from reports.scope import MonthsReversed, Scope
from reports.table import Amount, Kind, Table
from royalties.periods import MalformedPeriod
from tests.factories.books import PAYEE, post_two_months

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("french")]
BOTH = Scope("coko-sn", "2026-10", "2026-11")


def rows(table: Table, *kinds: Kind) -> list[dict]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row.cells, strict=True)) for row in table.rows if row.kind in kinds]


def minor(amount: Amount | None) -> int:
    return 0 if amount is None else amount.minor


@pytest.fixture
def payee_ref() -> str:
    return post_two_months()


class TestScope:
    def test_is_whole_months(self):
        assert (BOTH.since.isoformat(), BOTH.until.isoformat()) == (
            "2026-10-01T00:00:00+00:00",
            "2026-12-01T00:00:00+00:00",
        )
        assert (BOTH.file_stem, BOTH.last_day.isoformat()) == ("coko-sn-2026-10-2026-11", "2026-11-30")

    def test_refuses_what_is_no_stretch(self):
        with pytest.raises(MonthsReversed):
            Scope("coko-sn", "2026-11", "2026-10")
        with pytest.raises(MalformedPeriod):
            Scope("coko-sn", "2026-13", "2026-14")


@pytest.mark.usefixtures("payee_ref")
class TestJournals:
    def test_hold_every_line_once_and_total_by_currency(self):
        shown = []
        for table in book(BookName.JOURNAL, BOTH).tables:
            own = rows(table, Kind.LINE, Kind.TOTAL)
            lines = [row for row in own if row["Écriture"]]
            for total in own[len(lines) :]:
                moved = [row for row in lines if row["Devise"] == total["Devise"]]
                assert minor(total["Débit"]) == minor(total["Crédit"]) == sum(minor(row["Débit"]) for row in moved)
            shown += [(r["Écriture"], r["Compte"], minor(r["Débit"]) - minor(r["Crédit"])) for r in lines]
        posted = ledger.journal(entity="coko-sn", since=BOTH.since, until=BOTH.until)
        assert sorted(shown) == sorted((p.entry.id, p.account.code, p.amount_minor) for e in posted for p in e)

    def test_come_in_order_and_name_the_third_party(self):
        tables = book(BookName.JOURNAL, BOTH).tables
        assert [table.name for table in tables] == ["VT", "BQ", "RD", "OD"]
        (royalty,) = [row for row in rows(tables[2], Kind.LINE) if row["Compte"] == "4081"]
        assert (royalty["Tiers"], minor(royalty["Crédit"]), royalty["N°"]) == (PAYEE, 600, 1)
        assert {row["Tiers"] for row in rows(book(BookName.JOURNAL, BOTH).tables[1], Kind.LINE)} == {"Wave SN", ""}

    def test_show_what_was_known(self):
        late = ledger.entries_by_key(["test:back"])["test:back"].recorded_at
        before = Scope("coko-sn", "2026-10", "2026-11", known_at=late - late.resolution)
        counts = [
            sum(len(rows(table, Kind.LINE)) for table in book(BookName.JOURNAL, scope).tables)
            for scope in (BOTH, before)
        ]
        assert counts[0] > counts[1] > 0


@pytest.mark.usefixtures("payee_ref")
class TestGeneralLedger:
    def test_opens_runs_and_closes_each_account(self):
        (table,) = book(BookName.GENERAL_LEDGER, BOTH).tables
        accounts: dict[tuple, list] = defaultdict(list)
        for row in rows(table, Kind.OPENING, Kind.LINE, Kind.CLOSING):
            accounts[row["Compte"], row["Tiers"], row["Devise"]].append(row)
        balances = ledger.trial_balance(entity="coko-sn", since=BOTH.since, until=BOTH.until)
        assert len(accounts) == len(balances)
        for balance, (key, own) in zip(balances, accounts.items(), strict=True):
            opening, *lines, closing = own
            assert key[0] == balance.account.code
            assert minor(opening["Solde"]) == balance.opening_minor
            running = balance.opening_minor
            for line in lines:
                running += minor(line["Débit"]) - minor(line["Crédit"])
                assert minor(line["Solde"]) == running
            assert (minor(closing["Débit"]), minor(closing["Crédit"]), minor(closing["Solde"])) == (
                balance.debit_minor,
                balance.credit_minor,
                running,
            )

    def test_totals_the_movements_by_currency(self):
        (table,) = book(BookName.GENERAL_LEDGER, BOTH).tables
        totals = {row["Devise"]: (minor(row["Débit"]), minor(row["Crédit"])) for row in rows(table, Kind.TOTAL)}
        assert totals == {"EUR": (1500, 1500), "XOF": (3000 + 600 + 1400, 3000 + 600 + 1400)}

    def test_leaves_out_what_never_moved_by_then(self):
        (table,) = book(BookName.GENERAL_LEDGER, Scope("coko-sn", "2026-09", "2026-09")).tables
        assert {row["Compte"] for row in rows(table, Kind.OPENING)} == {"552", "6317", "7065", "4432"}


@pytest.mark.usefixtures("payee_ref")
class TestTrialBalance:
    def test_has_six_columns_whose_totals_agree_in_pairs(self):
        (table,) = book(BookName.TRIAL_BALANCE, BOTH).tables
        own = rows(table, Kind.LINE, Kind.TOTAL)
        totals = [row for row in own if row["Compte"] is None]
        assert [row["Devise"] for row in totals] == ["EUR", "XOF"]
        for total in totals:
            for name in ("Ouverture", "Mouvements", "Clôture"):
                debit, credit = total[f"{name}, débit"], total[f"{name}, crédit"]
                assert debit == credit
                lines = [row for row in own if row["Compte"] and row["Devise"] == total["Devise"]]
                assert sum(minor(row[f"{name}, débit"]) for row in lines) == minor(debit)

    def test_nets_an_account_over_its_holders(self):
        (table,) = book(BookName.TRIAL_BALANCE, BOTH).tables
        (wallet,) = [row for row in rows(table, Kind.LINE) if (row["Compte"], row["Devise"]) == ("552", "XOF")]
        assert minor(wallet["Ouverture, débit"]) == 990
        assert minor(wallet["Clôture, débit"]) == 990 + 2 * 1485


class TestEmpty:
    @pytest.mark.parametrize("name", list(BookName))
    def test_is_a_book_without_rows(self, name):
        assert [list(table.rows) for table in book(name, BOTH).tables] == [[] for _ in book(name, BOTH).tables]
