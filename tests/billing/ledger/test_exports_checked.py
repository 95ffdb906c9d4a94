"""hledger and beancount recompute books of five currencies and agree with ours, account by account."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import call_command

from billing.exchange import RateFact, parities, path
from billing.ledger import conversion, operations, queries
from billing.ledger.draft import AccountKey, WhenClosed, credit, debit
from billing.ledger.exports import beancount, hledger
from billing.money import plain
from tests.billing.ledger.bookkeepers import (
    Balances,
    bean_check,
    beancount_balances,
    hledger_balances,
    hledger_check,
    needs_beancount,
    needs_hledger,
)
from tests.factories.ledger import AT, account, draft, posted, sale

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 2)


@pytest.fixture
def books() -> None:
    """Sales in five currencies, reversals whole and in part, holds settled, voided and open, conversions at the peg and
    at a market's rate, an entry that counts later than it happened, a second legal entity.
    """
    for days, currency in enumerate(("XOF", "XAF", "EUR", "USD", "TND")):
        first = operations.post(draft=sale(currency=currency, happened_at=AT - timedelta(days=30 * days)), at=AT)
        operations.post(draft=sale(currency=currency, gross=1_234_567, tax=89_012, fee=345), at=AT)
        wallet, income = account("552", "wave:SN", currency=currency), account("7065", currency=currency)
        lines = [credit(wallet, 65), debit(income, 65)]
        operations.reverse(entry_ref=first.id, key=f"undo:{currency}", reason="Trop perçu", at=AT, lines=lines)
        owed = account("4011", "pye_01hx", currency=currency)
        posted([debit(account("4081", "pye_01hx", currency=currency), 9_000), credit(owed, 9_000)])
        for end in ("paid", "void", "open"):
            out = draft([debit(owed, 1_000), credit(wallet, 1_000)])
            hold = operations.hold(draft=out, expires_at=None, at=AT)
            if end == "paid":
                operations.post_hold(hold_ref=hold.id, key=f"paid:{currency}", at=AT)
            elif end == "void":
                operations.void_hold(hold_ref=hold.id, reason="numéro inconnu", at=AT)
    operations.reverse(entry_ref=posted().id, key="undo", reason='Payé « deux fois » ; "oui" | {deux}', at=AT)
    convert("EUR", "XOF", 99_99, RateFact("EUR", "XOF", DAY, path("EUR", "XOF", parities(DAY))))
    convert("XAF", "EUR", 70_001, RateFact("XAF", "EUR", DAY, path("XAF", "EUR", parities(DAY))))
    convert("USD", "TND", 1_000_01, RateFact.stated("USD", "TND", Fraction("3.1234"), on=DAY, source="BCT"))
    operations.start_closing(entity="coko-sn", month=date(2026, 7, 1), by="awa", at=AT)
    late = replace(draft(happened_at=AT - timedelta(days=120)), when_closed=WhenClosed.COUNT_LATER)
    operations.post(draft=late, at=AT)
    other = [debit(account("552", "mtn:CI", entity="coko-ci"), 90), credit(account("7065", entity="coko-ci"), 90)]
    operations.post(draft=draft(other), at=AT + timedelta(days=3))


def convert(base: str, quote: str, minor: int, rate: RateFact) -> None:
    done = conversion.convert(
        source=account("521", currency=base), target=account("521", currency=quote), amount_minor=minor, rate=rate
    )
    made = done.draft(key=f"change:{base}:{quote}", journal="OD", happened_at=AT, description="Change", source_ref="x")
    operations.post(draft=made, at=AT)


def written(folder: Path, language: str) -> Path:
    file = folder / f"books.{language}"
    call_command("ledger_export", "--format", language, "--output", str(file))
    return file


def ours(language: ModuleType) -> Balances:
    """Our balances under the names the export gives to accounts: each account has a name of its own."""
    names: dict[str, AccountKey] = {}
    for key, _ in queries.balances_now():
        one = AccountKey(key.entity, key.code, "", key.holder)
        assert names.setdefault(language.account_name(key), one) == one
    return {
        (language.account_name(key), key.currency): Decimal(plain(minor, key.currency))
        for key, minor in queries.balances_now()
        if minor
    }


@needs_hledger
class TestHledger:
    def test_accepts_the_books_and_finds_our_balances(self, books, tmp_path):
        file = written(tmp_path, "hledger")
        done = hledger_check(file)
        assert done.returncode == 0, done.stderr
        assert {currency for _, currency in ours(hledger)} == {"XOF", "XAF", "EUR", "USD", "TND"}
        assert hledger_balances(file) == ours(hledger)


@needs_beancount
class TestBeancount:
    def test_accepts_the_books_and_finds_our_balances(self, books, tmp_path):
        file = written(tmp_path, "beancount")
        done = bean_check(file)
        assert (done.returncode, done.stderr) == (0, "")
        assert beancount_balances(file) == ours(beancount)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text.replace(" 3465 XOF\n", " 3466 XOF\n", 1),
            lambda text: text.replace(" 3465 XOF\n", " 3466 XOF\n", 1).replace(" 35 XOF\n", " 34 XOF\n", 1),
        ],
        ids=["an entry that is off by one", "two accounts off by one each"],
    )
    def test_notices_a_wrong_amount(self, books, tmp_path, damage: Callable[[str], str]):
        file = written(tmp_path, "beancount")
        file.write_text(damage(file.read_text()))
        assert bean_check(file).returncode != 0
