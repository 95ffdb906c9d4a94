"""Money received, as ledger entries."""

from collections import defaultdict
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import chart
from billing.ledger.draft import EntryDraft
from billing.payments import postings

AT = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)


def received(*, gross: int = 1500, fee: int = 15) -> postings.Received:
    return postings.Received(
        payment_ref="pay_1",
        invoice_number="SN-2026-000001",
        entity="coko-sn",
        provider="wave",
        market="SN",
        currency="XOF",
        gross_minor=gross,
        fee_minor=fee,
        received_at=AT,
    )


def told(draft: EntryDraft) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in draft.lines:
        sums[line.account.code, line.account.holder] += line.amount_minor
    return dict(sums)


class TestCaptured:
    def test_books_wallet_and_fee_against_revenue_and_tax(self):
        draft = postings.captured(received(), net_minor=1271, tax_minor=229)
        assert told(draft) == {("552", "wave:SN"): 1485, ("6317", ""): 15, ("7065", ""): -1271, ("4432", ""): -229}
        assert (draft.key, draft.journal, draft.source_ref) == ("payment:pay_1:captured", "BQ", "pay_1")

    def test_has_no_empty_lines(self):
        draft = postings.captured(received(fee=0), net_minor=1500, tax_minor=0)
        assert told(draft) == {("552", "wave:SN"): 1500, ("7065", ""): -1500}

    @given(net=st.integers(1, 10**12), tax=st.integers(0, 10**12), percent=st.integers(0, 100))
    def test_always_balances(self, net, tax, percent):
        gross = net + tax
        draft = postings.captured(received(gross=gross, fee=gross * percent // 100), net_minor=net, tax_minor=tax)
        assert sum(line.amount_minor for line in draft.lines) == 0


class TestCapturedTwice:
    def test_owes_the_whole_sum_back(self):
        assert told(postings.captured_twice(received())) == {
            ("552", "wave:SN"): 1485,
            ("6317", ""): 15,
            ("4198", "pay_1"): -1500,
        }


class TestMismatch:
    def test_keeps_the_sum_apart(self):
        assert told(postings.mismatch(received(gross=900, fee=0))) == {("552", "wave:SN"): 900, ("4712", ""): -900}


def test_every_account_is_in_the_chart():
    codes = (postings.WALLET, postings.FEES, postings.REVENUE, postings.TAX, postings.SUSPENSE, postings.REFUNDS_DUE)
    assert set(codes) <= set(chart.ACCOUNTS)
