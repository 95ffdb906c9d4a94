"""Contracts: dated, exact, and one set of terms an edition and day."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction

from royalties.contracts import operations, queries
from royalties.contracts.models import Contract, ContractVersion, Share
from tests.factories import royalties

pytestmark = pytest.mark.django_db
EDITION, START = royalties.EDITION, royalties.SIGNED


@pytest.fixture
def author(at):
    return royalties.payee(at=at)


class TestSign:
    def test_keeps_the_rate_exactly(self, author, at):
        royalties.contract(rate=Fraction(1, 3), shares={author.id: 1}, at=at)
        terms = queries.terms(edition_ref=EDITION, on=START)
        assert (terms.rate, terms.version, terms.valid_to) == (Fraction(1, 3), 1, None)
        assert [(share.payee_name, share.weight) for share in terms.shares] == [(author.name, 1)]

    @pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1, 2), Fraction(11, 10), 0.7])
    def test_refuses_a_rate_that_is_no_part(self, author, at, rate):
        with pytest.raises(operations.BadTerms):
            royalties.contract(rate=rate, shares={author.id: 1}, at=at)
        assert not Contract.objects.exists()

    @pytest.mark.parametrize("weight", [0, -1, 1.5, True])
    def test_refuses_a_share_that_is_not_positive_and_whole(self, author, at, weight):
        with pytest.raises(operations.BadTerms):
            royalties.contract(shares={author.id: weight}, at=at)

    def test_refuses_no_shares_and_unknown_payees(self, at):
        for shares in ({}, {"pye_nobody": 1}):
            with pytest.raises(operations.BadTerms):
                royalties.contract(shares=shares, at=at)

    def test_refuses_an_empty_clause(self, author, at):
        with pytest.raises(operations.BadTerms):
            operations.sign(
                title="x",
                edition_ref=EDITION,
                rate=Fraction(1, 2),
                shares={author.id: 1},
                clause=" ",
                valid_from=START,
                at=at,
            )

    def test_refuses_an_edition_under_contract_and_changes_nothing(self, author, at):
        royalties.contract(shares={author.id: 1}, at=at)
        with pytest.raises(operations.EditionUnderContract):
            royalties.contract(shares={author.id: 1}, valid_from=START + timedelta(days=90), at=at)
        assert Contract.objects.count() == 1

    def test_leaves_other_editions_free(self, author, at):
        royalties.contract(shares={author.id: 1}, at=at)
        royalties.contract(shares={author.id: 1}, edition_ref=EDITION[:-1] + "2", at=at)
        assert Contract.objects.count() == 2


class TestAmend:
    def amend(self, contract_ref: str, author_ref: str, on: date, at) -> int:
        return operations.amend(
            contract_ref=contract_ref, rate=Fraction(1, 2), shares={author_ref: 1}, clause="½", valid_from=on, at=at
        )

    def test_changes_the_terms_from_its_first_day_on(self, author, at):
        ref, change = royalties.contract(shares={author.id: 1}, at=at), date(2026, 6, 1)
        assert self.amend(ref, author.id, change, at) == 2
        before, after = (queries.terms(edition_ref=EDITION, on=day) for day in (change - timedelta(days=1), change))
        assert (before.version, before.valid_to, before.rate) == (1, change, Fraction(7, 10))
        assert (after.version, after.valid_to, after.rate) == (2, None, Fraction(1, 2))

    def test_refuses_to_reach_back_before_the_running_version(self, author, at):
        ref = royalties.contract(shares={author.id: 1}, at=at)
        with pytest.raises(operations.AmendmentTooEarly):
            self.amend(ref, author.id, START, at)

    def test_refuses_an_unknown_contract(self, author, at):
        with pytest.raises(operations.NoSuchContract):
            self.amend("ctr_nobody", author.id, START, at)

    def test_leaves_the_running_version_open_when_the_new_terms_are_bad(self, author, at):
        ref = royalties.contract(shares={author.id: 1}, at=at)
        with pytest.raises(operations.BadTerms):
            self.amend(ref, "pye_nobody", date(2026, 6, 1), at)
        assert queries.terms(edition_ref=EDITION, on=date(2026, 7, 1)).valid_to is None


class TestTerms:
    def test_are_refused_before_the_first_day_and_for_other_editions(self, author, at):
        royalties.contract(shares={author.id: 1}, at=at)
        with pytest.raises(queries.NoContract):
            queries.terms(edition_ref=EDITION, on=START - timedelta(days=1))
        with pytest.raises(queries.NoContract):
            queries.terms(edition_ref="edn_none", on=START)


class TestTables:
    @pytest.fixture(autouse=True)
    def signed(self, author, at):
        royalties.contract(shares={author.id: 1}, at=at)
        connection.check_constraints()  # PostgreSQL truncates nothing while foreign keys wait to be checked

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE contracts_contractversion SET rate_numerator = 1",
            "UPDATE contracts_contractversion SET clause = 'x', valid_to = '2027-01-01'",
            "UPDATE contracts_share SET weight = 2",
            "DELETE FROM contracts_share",
            "DELETE FROM contracts_contractversion",
            "TRUNCATE contracts_share",
        ],
    )
    def test_refuse_changes(self, statement):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_refuse_a_zero_weight_and_an_overlap_even_without_the_operation(self, author, at):
        version = ContractVersion.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Share.objects.create(version=version, payee_ref="pye_x", weight=0)
        version.pk, version.version, version._state.adding = None, 2, True
        with pytest.raises(IntegrityError, match="contract_edition_one_version_a_day"), transaction.atomic():
            version.save(force_insert=True)

    def test_end_a_version_once(self):
        version = ContractVersion.objects.get()
        version.valid_to = date(2027, 1, 1)
        version.save(update_fields=["valid_to"])
        version.valid_to = date(2027, 2, 1)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            version.save(update_fields=["valid_to"])
