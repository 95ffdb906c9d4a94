"""The chart of accounts."""

import pytest

from billing.ledger import chart


class TestAccounts:
    def test_holds_every_account_the_books_are_kept_with(self):
        used = {"552", "6317", "7065", "4432", "4712", "4198", "6346", "4081", "4011"}
        assert used <= chart.ACCOUNTS.keys()

    def test_codes_are_numbers_of_the_chart_and_labels_are_there_in_both_languages(self):
        for code, account in chart.ACCOUNTS.items():
            assert code.isdigit()
            assert 3 <= len(code) <= 5
            assert account.french
            assert account.english

    def test_does_not_use_651_for_royalties(self):
        assert "651" not in chart.ACCOUNTS  # bad debts in SYSCOHADA, royalties only in the French chart

    def test_expenses_are_debits_and_income_credits(self):
        assert chart.ACCOUNTS["6346"].side is chart.Side.DEBIT
        assert chart.ACCOUNTS["7065"].side is chart.Side.CREDIT


class TestLabel:
    def test_is_french_unless_english_is_asked_for(self):
        assert chart.label("552") == "Monnaie électronique, téléphone portable"
        assert chart.label("552", "wo") == chart.label("552", "fr")
        assert chart.label("552", "en-gb") == "Electronic money, mobile phone"

    def test_refuses_a_code_outside_the_chart(self):
        with pytest.raises(chart.UnknownAccountCode, match="651"):
            chart.label("651")
