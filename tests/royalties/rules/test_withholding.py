"""Which rate holds on the day of payment, and who is paid."""

from datetime import date
from fractions import Fraction as F

import pytest

from royalties.rules import withholding
from royalties.rules.refusals import NoTaxRule
from royalties.rules.withholding import PayoutQuestion, Residence, Taxpayer, TaxRule, WithholdingQuestion

START = date(2020, 1, 1)
DAY = date(2026, 11, 30)
# Rates of the reference sheet, section 6.3; the treaty's is made up.
RULES = (
    TaxRule("ci-residents", "CI", F("0.075"), "Annexe fiscale", START, residence=Residence.RESIDENT),
    TaxRule("ci-abroad", "CI", F("0.25"), "CGI", START, residence=Residence.NON_RESIDENT, base=F("0.8")),
    TaxRule("ci-fr", "CI", F("0.1"), "Convention", START, date(2026, 12, 1), payee_countries=("FR",), treaty=True),
    TaxRule("bj-with", "BJ", F("0.03"), "AIB", START, tax_id=True),
    TaxRule("bj-without", "BJ", F("0.05"), "AIB", START, tax_id=False),
)


def chosen(country: str, *, payer: str = "CI", tax_id: bool = True, treaty: bool = False, on: date = DAY) -> str:
    payee = Taxpayer("p", country, tax_id, treaty)
    return withholding.rule_for(RULES, payer_country=payer, payee=payee, on=on, currency="XOF").id


class TestRuleFor:
    def test_tells_residents_from_others(self):
        assert (chosen("CI"), chosen("FR")) == ("ci-residents", "ci-abroad")

    def test_prefers_the_treaty_of_those_who_prove_it_while_it_lasts(self):
        assert chosen("FR", treaty=True) == "ci-fr"
        assert chosen("FR", treaty=True, on=date(2026, 12, 1)) == "ci-abroad"
        assert chosen("SN", treaty=True) == "ci-abroad"

    def test_looks_at_the_tax_number(self):
        assert (chosen("BJ", payer="BJ"), chosen("BJ", payer="BJ", tax_id=False)) == ("bj-with", "bj-without")

    @pytest.mark.parametrize(("payer", "on"), [("GA", DAY), ("CI", date(2019, 12, 31))])
    def test_refuses_when_no_rule_is_known(self, payer, on):
        with pytest.raises(NoTaxRule):
            chosen("CI", payer=payer, on=on)

    def test_refuses_when_two_rules_hold_alike(self):
        twice = (*RULES, TaxRule("again", "CI", F(0), "?", START, residence=Residence.RESIDENT))
        with pytest.raises(NoTaxRule, match="alike"):
            withholding.rule_for(
                twice, payer_country="CI", payee=Taxpayer("p", "CI", True, False), on=DAY, currency="XOF"
            )


class TestWithheld:
    @pytest.mark.parametrize(
        ("gross", "rate", "base", "start", "tax"),
        [
            (10_000, "0.075", "1", 0, 750),
            (10_000, "0.25", "0.8", 0, 2000),  # 20 % as 25 % of 80 %
            (49_999, "0.05", "1", 50_000, 0),
            (50_000, "0.05", "1", 50_000, 2500),
            (10, "0.05", "1", 0, 1),  # half a franc goes up
        ],
    )
    def test_is_rounded_once(self, gross, rate, base, start, tax):
        assert withholding.withheld(WithholdingQuestion(gross, F(rate), F(base), start)) == tax


class TestPayout:
    @pytest.mark.parametrize(("balance", "threshold", "paid"), [(4999, 5000, 0), (5000, 5000, 5000), (-10, 0, 0)])
    def test_begins_at_the_threshold_and_never_claims_a_debt(self, balance, threshold, paid):
        assert withholding.payout(PayoutQuestion(balance, threshold)) == paid
