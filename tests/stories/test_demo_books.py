"""The demo world's books, made by its own checkout, providers, royalties and statements, checked by other programs."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from billing.ledger import chart
from billing.ledger.draft import AccountKey
from billing.ledger.exports import beancount, hledger
from billing.money import plain
from tests.billing.ledger import bookkeepers
from tests.faults.stack import Stack

pytestmark = [pytest.mark.stack]

_BALANCES = """
import json
from billing.ledger.queries import balances_now
print(json.dumps([[key.entity, key.code, key.currency, key.holder, minor] for key, minor in balances_now()]))
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    """The whole world as `make run` builds it, once, in databases of its own; nothing of it runs."""
    stack = Stack(tmp_path_factory.mktemp("demo"), f"coko_books_{worker_id}", 14)
    stack.drop_databases()
    stack.empty_the_broker()
    stack.manage("prepare", "--demo")
    yield stack
    stack.drop_databases()


@pytest.fixture(scope="module")
def ours(demo) -> list[tuple[AccountKey, int]]:
    told = demo.manage("shell", "--verbosity", "0", "--command", _BALANCES)
    return [(AccountKey(*row[:4]), row[4]) for row in json.loads(told.strip().splitlines()[-1])]


def export(demo: Stack, language: str) -> Path:
    file = demo.folder / f"books.{language}"
    demo.manage("ledger_export", "--format", language, "--output", str(file))
    return file


_MONEY = """
import json
from billing.invoices.queries import invoices_of
from billing.payments.queries import in_review, payments_of_invoice
from billing.payouts.queries import batches
from billing.refunds.queries import open_disputes, refunds_of, waiting_for_payout
paid = [p for i in invoices_of(owner_ref="demo-wallets", limit=100) for p in payments_of_invoice(i.id)]
print(json.dumps({
    "ends": sorted({(p.market, p.provider, p.state) for p in paid}),
    "reasons": sorted({p.failure_reason for p in paid if p.failure_reason}),
    "batches": [(b.state, b.payout_count, b.refusal_count) for b in batches()],
    "refunds": sorted((r.way, r.state) for p in paid for r in refunds_of(p.id)),
    "waits": [len(waiting_for_payout()), len(in_review()), len(open_disputes())],
}))
"""


class TestDemoMoney:
    @pytest.fixture
    def money(self, demo) -> dict:
        return json.loads(demo.manage("shell", "--verbosity", "0", "--command", _MONEY).strip().splitlines()[-1])

    def test_comes_by_every_wallet_in_its_countries_and_fails_in_every_way(self, money):
        ends = {(market, provider) for market, provider, state in money["ends"] if state == "succeeded"}
        assert ends == {
            ("SN", "wave"), ("SN", "orange_sonatel"), ("CI", "wave"), ("CI", "orange"), ("CI", "mtn"),
            ("ML", "orange"), ("ML", "moov"), ("BF", "moov"), ("BJ", "mtn"), ("BJ", "moov"), ("CM", "mtn"),
            ("CM", "orange_core"),
        }  # fmt: skip
        assert {state for *_, state in money["ends"]} >= {"succeeded", "failed", "expired", "needs_review"}
        wanted = {"payer_insufficient_funds", "payer_limit_reached", "payer_not_found", "cancelled"}
        assert set(money["reasons"]) >= wanted

    def test_goes_back_and_out_by_two_people(self, money):
        assert money["batches"] == [["prepared", 2, 0], ["approved", 2, 0]]
        assert money["refunds"].count(["payout", "succeeded"]) == 2
        assert money["refunds"].count(["operation", "succeeded"]) == 1
        assert money["refunds"].count(["payout", "paying_out"]) == 2
        assert money["waits"] == [1, 1, 1]


class TestDemoBooks:
    def test_are_large_enough_to_prove_something(self, ours):
        assert len(ours) > 20
        assert {"552", "4011", "4081", "6346", "7065"} <= {key.code for key, _ in ours}

    def test_agree(self, demo):
        assert "The books agree." in demo.manage("ledger_verify")

    def test_use_accounts_of_our_chart_alone(self, ours):
        assert {key.code for key, _ in ours} <= chart.ACCOUNTS.keys()

    @bookkeepers.needs_hledger
    def test_are_accepted_by_hledger_to_the_last_unit(self, demo, ours):
        file = export(demo, "hledger")
        done = bookkeepers.hledger_check(file)
        assert done.returncode == 0, done.stderr
        assert bookkeepers.hledger_balances(file) == named(hledger.account_name, ours)

    @bookkeepers.needs_beancount
    def test_are_accepted_by_beancount_to_the_last_unit(self, demo, ours):
        file = export(demo, "beancount")
        done = bookkeepers.bean_check(file)
        assert (done.returncode, done.stderr) == (0, "")
        assert bookkeepers.beancount_balances(file) == named(beancount.account_name, ours)


def named(name_of, balances: list[tuple[AccountKey, int]]) -> bookkeepers.Balances:
    """Under the names the export gives to accounts; each has one of its own."""
    assert len({(name_of(key), key.currency) for key, _ in balances}) == len(balances)
    return {(name_of(key), key.currency): Decimal(plain(minor, key.currency)) for key, minor in balances if minor}
