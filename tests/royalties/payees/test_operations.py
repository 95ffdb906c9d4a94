"""Payees: one a user, found by the user."""

import pytest

from royalties.payees import access, operations, queries
from tests.factories import royalties

pytestmark = pytest.mark.django_db


class TestAddPayee:
    def test_is_found_by_reference_and_by_user(self, at):
        added = royalties.payee(user_ref="usr_1", at=at)
        assert queries.payee(added.id) == added
        assert queries.payee_of_user("usr_1") == added
        assert queries.payees() == (added,)

    def test_refuses_a_second_payee_for_a_user(self, at):
        royalties.payee(user_ref="usr_1", at=at)
        with pytest.raises(operations.UserIsPayeeAlready):
            royalties.payee(user_ref="usr_1", at=at)
        assert len(queries.payees()) == 1

    def test_allows_many_payees_who_do_not_sign_in(self, at):
        royalties.payee(at=at)
        royalties.payee(at=at)
        assert len(queries.payees()) == 2


class TestPayee:
    def test_refuses_an_unknown_reference(self):
        with pytest.raises(queries.NoSuchPayee):
            queries.payee("pye_nobody")

    def test_of_a_user_who_is_none_is_none(self):
        assert queries.payee_of_user("usr_2") is None


class Person:
    def __init__(self, pk: str, *permissions: str) -> None:
        self.pk = pk
        self.permissions = permissions

    def has_perm(self, perm: str) -> bool:
        return perm in self.permissions


class TestMayRead:
    def test_is_for_the_payee_and_for_finance(self, at):
        added = royalties.payee(user_ref="usr_1", at=at)
        royalties.payee(user_ref="usr_2", at=at)
        assert access.may_read(Person("usr_1"), payee_ref=added.id)
        assert access.may_read(Person("usr_3", "identity.see_finance"), payee_ref=added.id)
        assert not access.may_read(Person("usr_2"), payee_ref=added.id)
        assert not access.may_read(Person("usr_3", "identity.operate"), payee_ref=added.id)
