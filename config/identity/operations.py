"""Everything that changes users, roles and keys, and what the audit trail keeps. Reads no clock: callers pass `at`."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from billing.ids import new_id
from config.identity import keys
from config.identity.addresses import masked
from config.identity.facts import ApiKeyFact, IssuedKey, PersonFact
from config.identity.models import ApiKey, AuditEvent, User
from config.identity.roles import ROLES
from sync import operations as sync

ALIAS = "auth"
# `last_used_at` answers "is this key still in use?"; a write on every call would be a price without a buyer.
_LAST_USED_STEP = timedelta(hours=1)


class EmailTaken(Exception):
    """Somebody with this e-mail address is already there."""


class UnknownRole(Exception):
    """There is no such role; see roles.ROLES."""


class NoSuchUser(Exception):
    """No user has this id."""


class NoSuchKey(Exception):
    """This owner has no key with this id."""


class KeyRefused(Exception):
    """The text is no key of ours, or the key was revoked, or its owner may not enter any more."""


# Users


@transaction.atomic(using=ALIAS)
def add_user(
    *, email: str, name: str, password: str | None, roles: Collection[str], language: str, at: datetime
) -> PersonFact:
    """Somebody new, told to the other databases in the same transaction. Without a password: API keys only.

    :raises EmailTaken: nothing was changed.
    :raises UnknownRole: nothing was changed.
    """
    if unknown := set(roles) - set(ROLES):
        raise UnknownRole(", ".join(sorted(unknown)))
    try:
        with transaction.atomic(using=ALIAS):
            user = User.objects.create_user(
                email, password, id=new_id("usr", at), name=name, language=language, created_at=at
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error
    define_roles()
    user.groups.set(Group.objects.filter(name__in=roles))
    _publish(user, at)
    record(actor_ref=user.pk, action="user_added", subject_ref=user.pk, at=at)
    return user.as_fact()


def set_password(*, user_ref: str, password: str, at: datetime) -> None:
    """A new password, which ends every session and every token of the user.

    :raises NoSuchUser: nobody has this id.
    :raises django.core.exceptions.ValidationError: the password is too easy to guess.
    """
    with transaction.atomic(using=ALIAS):
        user = _locked_user(user_ref)
        validate_password(password, user)
        user.set_password(password)
        user.token_version += 1
        user.save(update_fields=["password", "token_version"])
        record(actor_ref=user_ref, action="password_changed", subject_ref=user_ref, at=at)


@transaction.atomic(using=ALIAS)
def set_active(*, user_ref: str, active: bool, actor_ref: str, at: datetime) -> None:
    """Let somebody in again, or keep them out from this moment on.

    :raises NoSuchUser: nobody has this id.
    """
    user = _locked_user(user_ref)
    user.is_active = active
    user.token_version += 1
    user.save(update_fields=["is_active", "token_version"])
    action = "user_let_in" if active else "user_kept_out"
    record(actor_ref=actor_ref, action=action, subject_ref=user_ref, at=at)


@transaction.atomic(using=ALIAS)
def end_sessions(*, user_ref: str, actor_ref: str, at: datetime) -> None:
    """End every session and every token of a user."""
    User.objects.filter(pk=user_ref).update(token_version=F("token_version") + 1)
    record(actor_ref=actor_ref, action="sessions_ended", subject_ref=user_ref, at=at)


@transaction.atomic(using=ALIAS)
def define_roles() -> None:
    """Make the groups what roles.ROLES says. Costs one read when they are so already."""
    wanted = {(role, code) for role, codes in ROLES.items() for code in codes or (None,)}
    if set(Group.objects.filter(name__in=ROLES).values_list("name", "permissions__codename")) == wanted:
        return
    for role, codes in ROLES.items():
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(content_type__app_label="identity", codename__in=codes))


def _locked_user(user_ref: str) -> User:
    user = User.objects.select_for_update().filter(pk=user_ref).first()
    if user is None:
        raise NoSuchUser(user_ref)
    return user


def _publish(user: User, at: datetime) -> None:
    payload = {"id": user.pk, "name": user.name, "email": user.email, "language": user.language}
    sync.publish(using=ALIAS, topic="identity.user", subject_ref=user.pk, payload=payload, at=at)


# Keys


@transaction.atomic(using=ALIAS)
def issue_key(*, owner_ref: str, label: str, at: datetime, actor_ref: str = "") -> IssuedKey:
    """A fresh key that acts as its owner. The secret is in the answer and nowhere else.

    :raises NoSuchUser: nobody has this id.
    """
    if not User.objects.filter(pk=owner_ref).exists():
        raise NoSuchUser(owner_ref)
    secret = keys.make()
    key = ApiKey.objects.create(
        id=new_id("key", at),
        owner_id=owner_ref,
        label=label,
        prefix=keys.prefix_of(secret),
        secret_hash=keys.digest(secret),
        created_at=at,
    )
    record(actor_ref=actor_ref or owner_ref, action="key_issued", subject_ref=key.pk, at=at)
    return IssuedKey(key=key.as_fact(), secret=secret)


@transaction.atomic(using=ALIAS)
def revoke_key(*, key_ref: str, owner_ref: str, at: datetime, actor_ref: str = "") -> ApiKeyFact:
    """The key opens nothing from now on. Revoking twice keeps the first moment.

    :raises NoSuchKey: unknown, or somebody else's.
    """
    key = ApiKey.objects.select_for_update().filter(pk=key_ref, owner_id=owner_ref).first()
    if key is None:
        raise NoSuchKey(key_ref)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        record(actor_ref=actor_ref or owner_ref, action="key_revoked", subject_ref=key.pk, at=at)
    return key.as_fact()


def use_key(*, secret: str, at: datetime) -> tuple[User, ApiKeyFact]:
    """Who enters with this key.

    :raises KeyRefused: see there.
    """
    key = ApiKey.objects.select_related("owner").filter(prefix=keys.prefix_of(secret), revoked_at=None).first()
    if key is None or not keys.matches(secret, key.secret_hash) or not key.owner.is_active:
        raise KeyRefused
    stale = Q(last_used_at=None) | Q(last_used_at__lt=at - _LAST_USED_STEP)
    if key.last_used_at is None or key.last_used_at < at - _LAST_USED_STEP:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)
    return key.owner, key.as_fact()


# Audit


def record(*, actor_ref: str, action: str, subject_ref: str, at: datetime, address: str = "") -> None:
    """Keep who did what. In the caller's transaction, so what is not recorded did not happen."""
    AuditEvent.objects.create(
        id=new_id("aud", at),
        actor_ref=actor_ref,
        action=action,
        subject_ref=subject_ref,
        address_masked=masked(address),
        happened_at=at,
    )
