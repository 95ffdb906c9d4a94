"""Which clause is meant."""

from datetime import date
from fractions import Fraction as F

import pytest

from royalties.rules import record, terms, tiers
from royalties.rules.bases import Basis
from royalties.rules.refusals import AmbiguousTerms, BadTerms, NoTerms
from royalties.rules.splits import Of, SplitStep
from royalties.rules.terms import Clause, CounterScope, Kind, Scope, Traits, Version

SPLITS = (SplitStep("a", Of.SHARE, F(1)),)


def clause(name: str, **scope: object) -> Clause:
    return Clause(name, Kind.SALE, Scope(**scope), Basis.LIST_PRICE, (), tiers.flat(F("0.1")), CounterScope.CLAUSE)


def version(*clauses: Clause, number: int = 1, start: str = "2026-01-01", end: str | None = None) -> Version:
    last = date.fromisoformat(end) if end else None
    return Version(number, date.fromisoformat(start), last, clauses, SPLITS)


class TestClauseFor:
    VERSION = version(
        clause("any"),
        clause("ebook", formats=("ebook",)),
        clause("ebook abroad", formats=("ebook",), territories=("FR", "BE")),
        clause("cheap", price_from_minor=F(100), price_to_minor=F(299), formats=("print",)),
    )

    @pytest.mark.parametrize(
        ("traits", "name"),
        [
            (Traits("e", "audio"), "any"),
            (Traits("e", "ebook", territory="SN"), "ebook"),
            (Traits("e", "ebook", territory="FR"), "ebook abroad"),
            (Traits("e", "print", price_minor=F(299)), "cheap"),
            (Traits("e", "print", price_minor=F(300)), "any"),
        ],
    )
    def test_is_the_most_specific(self, traits, name):
        assert self.VERSION.clause_for(Kind.SALE, traits).id == name

    def test_is_refused_when_none_or_two_are_meant(self):
        with pytest.raises(NoTerms):
            self.VERSION.clause_for(Kind.TIP, Traits("e"))
        two = version(clause("fr", languages=("fr",)), clause("sn", territories=("SN",)))
        with pytest.raises(AmbiguousTerms):
            two.clause_for(Kind.SALE, Traits("e", language="fr", territory="SN"))


class TestInForce:
    VERSIONS = (version(end="2026-07-01"), version(number=2, start="2026-07-01"))

    @pytest.mark.parametrize(("day", "number"), [("2026-06-30", 1), ("2026-07-01", 2)])
    def test_is_the_version_of_the_day(self, day, number):
        assert terms.in_force(self.VERSIONS, date.fromisoformat(day)).number == number

    def test_refuses_a_day_nobody_agreed_on(self):
        with pytest.raises(NoTerms):
            terms.in_force(self.VERSIONS, date(2025, 12, 31))

    def test_refuses_versions_that_overlap(self):
        with pytest.raises(BadTerms):
            terms.refuse_overlaps((version(), version(number=2, start="2026-07-01")))


class TestRecord:
    def test_brings_a_version_back_as_it_was(self):
        one = version(clause("any"), clause("ebook", formats=("ebook",)), end="2026-07-01")
        assert record.load(Version, record.dump(one)) == one

    @pytest.mark.parametrize("spoil", [{"number": 1.0}, {"number": "1"}, {"colour": 1}, {"valid_from": "soon"}])
    def test_refuses_what_it_did_not_write(self, spoil):
        with pytest.raises(record.UnreadableRecord):
            record.load(Version, record.dump(version(clause("any"))) | spoil)
