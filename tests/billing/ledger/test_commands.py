"""`ledger_verify` and `ledger_export` as an operator meets them; hledger recomputes the books."""

import csv
import io
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import CommandError, call_command, get_commands
from django.db import OperationalError

from billing.ledger import operations, queries
from billing.ledger.draft import credit, debit
from billing.ledger.exports import beancount, hledger
from billing.ledger.facts import Difference
from billing.money import plain
from tests.billing.ledger.test_verification import damage
from tests.factories.ledger import AT, account, draft, posted, sale

pytestmark = pytest.mark.django_db

needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None, reason="hledger is not on PATH (apt install hledger)"
)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def books() -> None:
    """Three currencies with zero and two decimals, holders, a reversal, two legal entities, awkward texts."""
    euros = [debit(account("521", currency="EUR"), 1250), credit(account("7065", currency="EUR"), 1250)]
    other = [debit(account("552", "mtn:CI", entity="coko-ci"), 90), credit(account("7065", entity="coko-ci"), 90)]
    operations.post_many(
        drafts=[
            *(sale(happened_at=AT + timedelta(days=day), wallet=f"wallet:{day % 3}") for day in range(10)),
            sale(currency="XAF", happened_at=AT - timedelta(days=40)),
            draft(euros, description='Un « livre » ; "épuisé" | deux\nlignes', source_ref="inv_1, inv_2"),
            draft(other),
            draft([debit(account("552"), 7), credit(account("7065"), 7)]),  # the wallet account without a holder
        ],
        at=AT + timedelta(days=10),
    )
    operations.reverse(entry_ref=posted().id, key="undo", reason="Payé deux fois", at=AT + timedelta(days=10))


class TestLedgerVerify:
    def test_says_what_was_checked_and_that_the_books_agree(self, books):
        said = run("ledger_verify")
        assert "16 entries" in said
        assert "ok  entries: each entry balances in each currency" in said
        assert said.endswith("The books agree.\n")

    def test_names_each_difference_and_exits_1(self, books):
        damage(
            "UPDATE ledger_accountbalance SET balance = balance + 1 WHERE account_id = 1 + 0 * balance OR balance = 7"
        )
        damage("UPDATE ledger_journalentry SET description = 'x' WHERE journal = 'BQ' AND entity = 'coko-sn'")
        out = io.StringIO()
        with pytest.raises(SystemExit) as stopped:
            call_command("ledger_verify", stdout=out)
        assert stopped.value.code == 1
        assert out.getvalue().count("fingerprint |") == 11
        assert "do not agree" in out.getvalue()

    def test_exits_2_when_it_cannot_look(self, monkeypatch):
        def unreachable():
            raise OperationalError("connection refused")

        monkeypatch.setattr("billing.ledger.verification.counts", unreachable)
        with pytest.raises(CommandError, match="connection refused") as stopped:
            run("ledger_verify")
        assert stopped.value.returncode == 2

    def test_runs_the_checks_other_packages_bring(self, monkeypatch):
        module = ModuleType("ledger_checks", "Parcels and the ledger agree.\n\nMore.")
        module.differences = lambda: iter([Difference("parcel", "p-1", "was never paid for")])
        monkeypatch.setitem(sys.modules, "billing.outbox.ledger_checks", module)
        monkeypatch.setattr(
            "billing.ledger.management.commands.ledger_verify.module_has_submodule",
            lambda package, name: package.__name__ == "billing.outbox",
        )
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("ledger_verify", stdout=out)
        assert "parcel | p-1 | was never paid for" in out.getvalue()
        assert "1 wrong  billing.outbox: Parcels and the ledger agree." in out.getvalue()

    def test_explains_itself(self, capsys):
        assert get_commands()["ledger_verify"] == "billing.ledger"
        with pytest.raises(SystemExit) as stopped:
            call_command("ledger_verify", "--help")
        assert stopped.value.code == 0
        assert "Exit status" in " ".join(capsys.readouterr().out.split())


class TestLedgerExport:
    def test_refuses_a_language_it_does_not_speak(self):
        with pytest.raises(CommandError, match="invalid choice"):
            run("ledger_export", "--format", "ledger")

    def test_says_when_there_is_nothing(self):
        assert "empty" in run("ledger_export", "--format", "hledger")

    def test_exits_2_when_the_file_cannot_be_written(self, books):
        with pytest.raises(CommandError, match="cannot write") as stopped:
            run("ledger_export", "--format", "hledger", "--output", "/nonexistent/books.journal")
        assert stopped.value.returncode == 2

    def test_leaves_what_was_there_when_it_cannot_finish(self, books, tmp_path, monkeypatch):
        file = tmp_path / "books.journal"
        file.write_text("before")

        def fails(*_: object, **__: object) -> str:
            raise ZeroDivisionError

        monkeypatch.setattr(hledger, "closing", fails)
        with pytest.raises(ZeroDivisionError):
            run("ledger_export", "--format", "hledger", "--output", str(file))
        assert [path.name for path in tmp_path.iterdir()] == ["books.journal"]
        assert file.read_text() == "before"

    def test_refuses_a_stretch_that_ends_before_it_begins(self):
        with pytest.raises(CommandError, match="not before") as stopped:
            run("ledger_export", "--format", "hledger", "--since", "2026-11-03", "--until", "2026-11-03")
        assert stopped.value.returncode == 2

    def test_of_a_stretch_opens_with_what_was_there_and_ends_before_the_rest(self, books):
        said = run("ledger_export", "--format", "hledger", "--since", "2026-11-05", "--until", "2026-11-08")
        days = [line[:10] for line in said.splitlines() if line[:4] == "2026"]
        assert days == ["2026-11-05", *["2026-11-05", "2026-11-06", "2026-11-07"], "2026-11-07"]
        assert "2026-11-05 * Soldes à nouveau" in said

    def test_of_a_stretch_without_entries_is_its_balances(self, books):
        said = run("ledger_export", "--format", "beancount", "--since", "2027-01-01")
        assert said.count('2027-01-01 * "') == 1
        assert "2027-01-02 balance" in said

    def test_writes_one_legal_entity(self, books, tmp_path):
        file = tmp_path / "books.journal"
        assert run("ledger_export", "--format", "hledger", "--entity", "coko-ci", "--output", str(file)) == ""
        assert "coko-ci:5:55:552:mtn:CI" in file.read_text()
        assert "coko-sn" not in file.read_text()


def written(tmp_path: Path) -> Path:
    file = tmp_path / "books.journal"
    run("ledger_export", "--format", "hledger", "--output", str(file))
    return file


@needs_hledger
class TestHledger:
    def check(self, file: Path) -> subprocess.CompletedProcess[str]:
        command = ["hledger", "--file", str(file), "check", "--strict", "ordereddates"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_accepts_each_stretch_of_the_books(self, books, tmp_path):
        file = tmp_path / "books.journal"
        for stretch in (
            ["--until", "2026-11-06"],
            ["--since", "2026-11-06"],
            ["--since", "2026-10-01", "--until", "2026-11-09"],
        ):
            run("ledger_export", "--format", "hledger", "--output", str(file), *stretch)
            done = self.check(file)
            assert done.returncode == 0, done.stderr

    def test_accepts_the_books(self, books, tmp_path):
        done = self.check(written(tmp_path))
        assert done.returncode == 0, done.stderr

    def test_agrees_account_by_account_in_every_currency(self, books, tmp_path):
        command = [
            "hledger",
            "--file",
            str(written(tmp_path)),
            "balance",
            "--flat",
            "--no-total",
            "--empty",
            "-O",
            "csv",
        ]
        table = subprocess.run([*command, "--layout=bare"], capture_output=True, text=True, check=True).stdout
        theirs = {(row["account"], row["commodity"]): row["balance"] for row in csv.DictReader(io.StringIO(table))}
        for key, minor in queries.balances_now():
            told = theirs.get((hledger.account_name(key), key.currency), "0")
            assert Decimal(told) == Decimal(plain(minor, key.currency)), key

    def test_notices_a_wrong_amount(self, books, tmp_path):
        file = written(tmp_path)
        file.write_text(file.read_text().replace(" 3465 XOF\n", " 3466 XOF\n", 1).replace(" 35 XOF\n", " 34 XOF\n", 1))
        assert self.check(file).returncode != 0


class TestBeancount:
    """bean-check itself is not at hand: the text is read back by the grammar it is written in."""

    def read(self) -> list[str]:
        return run("ledger_export", "--format", "beancount").splitlines()

    def test_opens_every_account_before_it_is_used_in_a_currency_it_is_opened_for(self, books):
        lines = self.read()
        opened = {line.split()[2]: set(line.split()[3].split(",")) for line in lines if " open " in line}
        used = [line.split() for line in lines if line.startswith("  ") and line[2].isupper()]
        assert len(used) == 11 * 4 + 5 * 2
        assert all(currency in opened[name] for name, _, currency in used)
        days = [line[:10] for line in lines if line[:4].isdigit()]
        assert days == sorted(days)

    def test_names_accounts_as_beancount_allows(self, books):
        names = {line.split()[2] for line in self.read() if " open " in line}
        for name in names:
            root, *rest = name.split(":")
            assert root in {"Assets", "Liabilities", "Equity", "Income", "Expenses"}
            assert all(part[0].isupper() or part[0].isdigit() for part in rest)
            assert all(c.isalnum() or c == "-" for part in rest for c in part)

    def test_every_transaction_balances_and_the_assertions_are_the_sums(self, books):
        totals, inside = Counter(), Counter()
        for line in [*self.read(), "2026-12-31 end"]:
            if line[:4].isdigit():
                assert not any(inside.values())
                inside.clear()
            if line.startswith("  ") and line[2].isupper():
                name, amount, currency = line.split()
                cents = int(Decimal(amount) * 100)
                inside[currency] += cents
                totals[name, currency] += cents
            if " balance " in line:
                _, _, name, amount, currency = line.split()
                below = sum(v for (n, c), v in totals.items() if c == currency and (n + ":").startswith(name + ":"))
                assert int(Decimal(amount) * 100) == below, line

    def test_quotes_what_a_string_cannot_hold(self, books):
        assert any('* "Un « livre » ; \\"épuisé\\" | deux lignes" #OD ^jrn_' in line for line in self.read())

    def test_keeps_two_holders_apart(self):
        first, second = account("552", "wave:SN"), account("552", "wave:CI")
        assert beancount.account_name(first) != beancount.account_name(second)
