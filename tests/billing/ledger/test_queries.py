"""Balances, statements of accounts and entries, as others read them; and worked examples a bookkeeper can check."""

from datetime import timedelta

import pytest
from django.utils import translation

from billing.ledger import operations, queries
from billing.ledger.draft import credit, debit
from tests.factories.ledger import AT, account, draft, posted, sale

pytestmark = pytest.mark.django_db

WALLET, FEE, INCOME, VAT = account("552", "wave:SN"), account("6317"), account("7065"), account("4432")
REFUND_DUE, UNKNOWN = account("4198", "pay_2"), account("4712")
ROYALTY, ACCRUED, PAYABLE = account("6346"), account("4081", "pye_awa"), account("4011", "pye_awa")

# What happens | its lines (account, debit, credit) | balances after all of it so far.
BOOKS = [
    (
        "A reader pays 3 500 F CFA by Wave, VAT 18 % within, fee 35",
        [(WALLET, 3465, 0), (FEE, 35, 0), (INCOME, 0, 2966), (VAT, 0, 534)],
        {WALLET: 3465, FEE: 35, INCOME: -2966, VAT: -534},
    ),
    (
        "She pays the same invoice again: we owe it back",
        [(WALLET, 3465, 0), (FEE, 35, 0), (REFUND_DUE, 0, 3500)],
        {WALLET: 6930, FEE: 70, REFUND_DUE: -3500},
    ),
    (
        "900 arrive where 1 000 were asked for: suspense",
        [(WALLET, 900, 0), (UNKNOWN, 0, 900)],
        {WALLET: 7830, UNKNOWN: -900},
    ),
    (
        "The author earns 50 % of the first sale",
        [(ROYALTY, 1483, 0), (ACCRUED, 0, 1483)],
        {ROYALTY: 1483, ACCRUED: -1483},
    ),
    (
        "Her statement is issued",
        [(ACCRUED, 1483, 0), (PAYABLE, 0, 1483)],
        {ACCRUED: 0, PAYABLE: -1483},
    ),
]


def keep(lines, *, day=0):
    made = [debit(key, left) if left else credit(key, right) for key, left, right in lines]
    return operations.post(draft=draft(made, happened_at=AT + timedelta(days=day)), at=AT + timedelta(days=day))


class TestTheBooks:
    def test_follow_the_worked_example_line_by_line(self):
        for what, lines, expected in BOOKS:
            keep(lines)
            for key, balance in expected.items():
                assert queries.balance(key) == balance, what
        assert sum(balance for _, balance in queries.balances_now()) == 0


class TestBalance:
    def test_is_zero_for_an_account_nothing_was_posted_to(self):
        assert queries.balance(WALLET) == 0

    def test_is_one_query(self, django_assert_num_queries):
        posted()
        with django_assert_num_queries(1):
            queries.balance(WALLET)


class TestBalances:
    def test_tells_debit_credit_and_closing(self):
        keep([(WALLET, 100, 0), (INCOME, 0, 100)])
        keep([(INCOME, 40, 0), (WALLET, 0, 40)])
        wallet, income = queries.balances()
        assert (wallet.account, wallet.debit_minor, wallet.credit_minor, wallet.closing_minor) == (WALLET, 100, 40, 60)
        assert (income.opening_minor, income.closing_minor) == (0, -60)

    def test_keeps_to_codes_entity_and_moment(self):
        keep([(WALLET, 100, 0), (INCOME, 0, 100)], day=0)
        keep([(WALLET, 7, 0), (INCOME, 0, 7)], day=1)
        other = account("552", "wave:CI", entity="coko-ci")
        keep([(other, 5, 0), (account("7065", entity="coko-ci"), 0, 5)])
        assert [fact.closing_minor for fact in queries.balances(codes=["552"], entity="coko-sn")] == [107]
        until = AT + timedelta(days=1)
        assert [fact.closing_minor for fact in queries.balances(codes=["552"], entity="coko-sn", until=until)] == [100]
        assert queries.balances(codes=[]) == ()

    def test_is_labelled_in_the_readers_language(self):
        posted()
        with translation.override("en"):
            assert queries.balances(codes=["552"])[0].label == "Electronic money, mobile phone"
        with translation.override("fr"):
            assert queries.balances(codes=["552"])[0].label == "Monnaie électronique, téléphone portable"

    def test_adds_up_beyond_bigint_on_one_side(self):
        for _ in range(2):
            keep([(WALLET, 2**62, 0), (INCOME, 0, 2**62)])
            keep([(INCOME, 2**62, 0), (WALLET, 0, 2**62)])
        assert queries.balances(codes=["552"])[0].debit_minor == 2**63


class TestTrialBalance:
    def test_opens_moves_and_closes_and_sums_to_zero(self):
        keep([(WALLET, 100, 0), (INCOME, 0, 100)], day=-1)
        keep([(WALLET, 30, 0), (INCOME, 0, 30)], day=0)
        keep([(INCOME, 5, 0), (WALLET, 0, 5)], day=1)
        keep([(WALLET, 1, 0), (INCOME, 0, 1)], day=2)
        facts = queries.trial_balance(entity="coko-sn", since=AT, until=AT + timedelta(days=2))
        assert [(f.opening_minor, f.debit_minor, f.credit_minor, f.closing_minor) for f in facts] == [
            (100, 30, 5, 125),
            (-100, 5, 30, -125),
        ]

    def test_months_meet_without_a_gap_or_an_overlap(self):
        for day in range(4):
            keep([(WALLET, 10**day, 0), (INCOME, 0, 10**day)], day=day)
        middle = AT + timedelta(days=2)
        first = queries.trial_balance(entity="coko-sn", since=AT, until=middle)
        second = queries.trial_balance(entity="coko-sn", since=middle, until=AT + timedelta(days=9))
        assert [f.closing_minor for f in first] == [f.opening_minor for f in second]


class TestEntry:
    def test_is_found_by_its_id_and_its_key(self):
        entry = posted(key="k")
        assert queries.entry(entry.id) == entry
        assert queries.entries_by_key(["k", "unknown"]) == {"k": entry}

    @pytest.mark.parametrize("wrong", ["jrn_" + "0" * 26, "inv_1", ""])
    def test_refuses_an_id_that_is_nobodys(self, wrong):
        with pytest.raises(queries.NoSuchEntry):
            queries.entry(wrong)
        assert queries.entry_lines(wrong) == ()


class TestEntryLines:
    def test_gives_debits_first_in_order_of_the_chart(self):
        entry = operations.post(draft=sale(), at=AT)
        lines = queries.entry_lines(entry.id)
        assert [(line.account.code, line.amount_minor) for line in lines] == [
            ("552", 3465),
            ("6317", 35),
            ("4432", -534),
            ("7065", -2966),
        ]
        assert all(line.entry == entry for line in lines)


class TestAccountStatement:
    def test_gives_the_newest_first_each_with_its_balance(self):
        for day, amount in enumerate((5, 7, 11)):
            keep([(WALLET, amount, 0), (INCOME, 0, amount)], day=day)
        statement = queries.account_statement(account=WALLET)
        assert [(line.amount_minor, line.balance_minor) for line in statement] == [(11, 23), (7, 12), (5, 5)]

    def test_keeps_to_its_dates_and_its_limit(self):
        for day in range(5):
            keep([(WALLET, 10**day, 0), (INCOME, 0, 10**day)], day=day)
        since, until = AT + timedelta(days=1), AT + timedelta(days=4)
        statement = queries.account_statement(account=WALLET, since=since, until=until, limit=2)
        assert [line.amount_minor for line in statement] == [1000, 100]

    def test_asks_one_query_however_long_it_is(self, django_assert_num_queries):
        operations.post_many(drafts=[sale() for _ in range(20)], at=AT)
        with django_assert_num_queries(1):
            assert len(queries.account_statement(account=WALLET)) == 20


class TestJournal:
    def test_gives_entries_in_the_order_they_happened(self):
        days = [keep([(WALLET, 1, 0), (INCOME, 0, 1)], day=day).id for day in (3, 1, 2)]
        assert [lines[0].entry.id for lines in queries.journal()] == [days[1], days[2], days[0]]
        assert [len(lines) for lines in queries.journal(entity="coko-sn")] == [2, 2, 2]
        assert list(queries.journal(entity="coko-ci")) == []
