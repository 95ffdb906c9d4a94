"""What may be an entry, before anything is written."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing.ledger.draft import BadDraft, Line, Unbalanced, credit, debit
from billing.money import MINOR_MAX
from tests.factories.ledger import account, draft

amounts = st.integers(1, MINOR_MAX)


class TestEntryDraft:
    @given(st.lists(st.tuples(st.sampled_from(["XOF", "XAF", "EUR"]), amounts), min_size=1, max_size=8))
    def test_accepts_any_lines_that_balance_in_each_currency(self, movements):
        lines = []
        for currency, amount in movements:
            lines += [
                debit(account("552", currency=currency), amount),
                credit(account("7065", currency=currency), amount),
            ]
        assert len(draft(lines).lines) == 2 * len(movements)

    @given(amounts, amounts)
    def test_refuses_what_is_off(self, left, right):
        assume(left != right)
        with pytest.raises(Unbalanced, match=str(left - right)):
            draft([debit(account("552"), left), credit(account("7065"), right)])

    def test_refuses_two_currencies_that_only_balance_together(self):
        with pytest.raises(Unbalanced):
            draft([debit(account("552"), 5), credit(account("7065", currency="XAF"), 5)])

    @pytest.mark.parametrize(
        "lines",
        [
            [],
            [debit(account("552"), 5)],
            [Line(account("552"), 0), Line(account("7065"), 0)],
            [debit(account("552"), MINOR_MAX + 1), credit(account("7065"), MINOR_MAX + 1)],
            [debit(account("552"), 5), credit(account("7065", entity="coko-ci"), 5)],
        ],
        ids=["none", "one", "zero", "beyond BIGINT", "two legal entities"],
    )
    def test_refuses_lines_that_are_no_entry(self, lines):
        with pytest.raises(BadDraft):
            replace(draft(), lines=lines)

    @pytest.mark.parametrize(
        "change",
        [{"key": ""}, {"journal": "XX"}, {"happened_at": datetime(2026, 11, 3)}],  # noqa: DTZ001
        ids=["no key", "no such journal", "no time zone"],
    )
    def test_refuses_a_head_that_is_no_entry(self, change):
        with pytest.raises(BadDraft):
            replace(draft(), **change)


class TestDebitAndCredit:
    @given(amounts)
    def test_are_mirror_images(self, amount):
        assert debit(account("552"), amount).amount_minor == -credit(account("552"), amount).amount_minor == amount
