"""Users, roles, keys, and a trail nobody can change."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, transaction

from config.identity import operations
from config.identity.models import ApiKey, AuditEvent, User
from config.identity.roles import ROLES
from sync.models import CrossServiceEvent
from tests.factories import identity

pytestmark = pytest.mark.django_db(databases=["default", "auth"])

PERMISSIONS = {"see_finance", "close_books", "move_money", "approve_payouts", "operate", "use_payment_api"}
MATRIX = {
    "reader": set(),
    "author": set(),
    "finance": {"see_finance", "close_books", "move_money", "approve_payouts"},
    "operator": {"operate", "see_finance", "close_books", "move_money", "approve_payouts"},
    "client": {"use_payment_api"},
}


class TestAddUser:
    def test_tells_the_other_databases(self):
        who = identity.person(email="Awa@Example.ORG", name="Awa")
        event = CrossServiceEvent.objects.using("auth").get(topic="identity.user")
        assert event.subject_ref == who.id
        assert event.payload == {"id": who.id, "name": "Awa", "email": "awa@example.org", "language": "fr"}

    def test_refuses_an_address_that_is_taken_whatever_its_capitals(self):
        identity.person(email="awa@example.org")
        with pytest.raises(operations.EmailTaken):
            identity.person(email="AWA@example.org")
        assert User.objects.count() == 1
        assert CrossServiceEvent.objects.using("auth").count() == 1

    def test_refuses_a_role_that_does_not_exist_and_keeps_nothing(self):
        with pytest.raises(operations.UnknownRole):
            identity.person(roles=("reader", "king"))
        assert not User.objects.exists()

    def test_keeps_nothing_when_the_event_cannot_be_told(self, monkeypatch):
        def fail(**_kwargs: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(operations.sync, "publish", fail)
        with pytest.raises(RuntimeError):
            identity.person()
        assert not User.objects.exists()

    def test_without_a_password_nobody_can_sign_in_with_one(self):
        who = identity.person(password=None)
        assert not User.objects.get(pk=who.id).check_password("")


class TestRoles:
    def test_are_all_in_the_matrix(self):
        assert set(MATRIX) == set(ROLES)

    @pytest.mark.parametrize("role", MATRIX)
    def test_give_these_permissions_and_no_others(self, role):
        user = User.objects.get(pk=identity.person(roles=(role,)).id)
        assert {code for code in PERMISSIONS if user.has_perm(f"identity.{code}")} == MATRIX[role]

    def test_are_brought_up_to_date_where_they_were_there_before(self):
        user = identity.person(roles=("finance",))
        group = User.objects.get(pk=user.id).groups.get()
        group.permissions.remove(group.permissions.get(codename="close_books"))
        assert not User.objects.get(pk=user.id).has_perm("identity.close_books")
        operations.define_roles()
        assert User.objects.get(pk=user.id).has_perm("identity.close_books")

    def test_give_nothing_to_somebody_kept_out(self, at):
        who = identity.person(roles=("operator",))
        operations.set_active(user_ref=who.id, active=False, actor_ref="", at=at)
        assert not User.objects.get(pk=who.id).has_perm("identity.operate")


class TestSetPassword:
    def test_refuses_a_password_that_is_easy_to_guess_and_changes_nothing(self, at):
        who = identity.person()
        with pytest.raises(ValidationError):
            operations.set_password(user_ref=who.id, password="12345678", at=at)
        assert User.objects.get(pk=who.id).token_version == 1

    def test_refuses_nobody(self, at):
        with pytest.raises(operations.NoSuchUser):
            operations.set_password(user_ref="usr_none", password="autre-phrase-77", at=at)


class TestKeys:
    def test_are_refused_to_nobody(self, at):
        with pytest.raises(operations.NoSuchUser):
            operations.issue_key(owner_ref="usr_none", label="x", at=at)

    def test_are_revoked_by_their_owner_only(self, at):
        issued, other = identity.key(), identity.person()
        with pytest.raises(operations.NoSuchKey):
            operations.revoke_key(key_ref=issued.key.id, owner_ref=other.id, at=at)
        assert ApiKey.objects.get().revoked_at is None

    def test_keep_the_first_moment_of_revocation(self, at):
        issued = identity.key()
        for moment in (at, at.replace(year=2027)):
            fact = operations.revoke_key(key_ref=issued.key.id, owner_ref=issued.key.owner_ref, at=moment)
        assert fact.revoked_at == at
        assert AuditEvent.objects.filter(action="key_revoked").count() == 1


class TestAudit:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE identity_auditevent SET action = 'nothing'",
            "DELETE FROM identity_auditevent",
            "TRUNCATE identity_auditevent",
        ],
    )
    def test_cannot_be_changed(self, statement):
        identity.person()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="auth"):
            connections["auth"].cursor().execute(statement)
        assert AuditEvent.objects.count() == 1

    def test_goes_when_the_action_is_rolled_back(self):
        with pytest.raises(operations.EmailTaken):
            [identity.person(email="awa@example.org") for _ in range(2)]
        assert AuditEvent.objects.count() == 1

    def test_says_who_issued_which_key(self):
        issued = identity.key()
        event = AuditEvent.objects.get(action="key_issued")
        assert (event.actor_ref, event.subject_ref) == (issued.key.owner_ref, issued.key.id)
