"""Users, API keys, token families, counted attempts and the audit trail. Database: auth."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from billing.ids import new_id
from config.identity.facts import ApiKeyFact, PersonFact


def _new_user_id() -> str:
    return new_id("usr", timezone.now())


class UserManager(BaseUserManager["User"]):
    """Finds and makes users by e-mail address, which is kept in lower case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody, or some program, that signs in. The primary key is the public id, `usr_…`.

    Roles are groups (see roles); code asks for permissions, so that packages below need not know this one.
    """

    id = models.CharField(primary_key=True, max_length=30, default=_new_user_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=5, default="fr")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Raised to end every session and token of this user at once.
    token_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        permissions: ClassVar[Any] = [
            ("use_payment_api", "May call the payment API"),
            ("see_finance", "May see and export the books"),
            ("close_books", "May close months of the books and open them again"),
            ("move_money", "May give payments back, prepare payouts and say what became of them"),
            ("approve_payouts", "May approve payouts that somebody else prepared"),
            ("operate", "May act on payments and configuration"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="identity_user_email_lower", condition=models.Q(email=Lower("email"))),
        ]

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own hash covers the password only; sessions must end with the tokens.
        return salted_hmac(
            "config.identity.session", f"{self.password}:{self.token_version}", secret=secret, algorithm="sha256"
        ).hexdigest()

    def as_fact(self) -> PersonFact:
        roles = tuple(self.groups.order_by("name").values_list("name", flat=True))
        return PersonFact(id=self.pk, email=self.email, name=self.name, language=self.language, roles=roles)


class ApiKey(models.Model):
    """A program's way in. Acts as its owner; the secret is kept as a keyed hash only."""

    id = models.CharField(primary_key=True, max_length=30)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    label = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.prefix

    def as_fact(self) -> ApiKeyFact:
        return ApiKeyFact(
            id=self.pk,
            owner_ref=self.owner_id,
            label=self.label,
            prefix=self.prefix,
            created_at=self.created_at,
            last_used_at=self.last_used_at,
            revoked_at=self.revoked_at,
        )


class TokenFamily(models.Model):
    """One sign-in of an API user: the chain of refresh tokens that grew from it. Only the newest may be used."""

    id = models.CharField(primary_key=True, max_length=30)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="token_families")
    current_jti = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.pk


class AttemptCount(models.Model):
    """How often something was tried in the running window. `key` is a keyed hash: no e-mail or address is kept."""

    key = models.CharField(primary_key=True, max_length=64)
    window_started_at = models.DateTimeField(db_index=True)
    attempt_count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.key[:8]}…: {self.attempt_count}"


class AuditEvent(models.Model):
    """Who did what to what, when, from where. Append-only by trigger."""

    id = models.CharField(primary_key=True, max_length=30)
    actor_ref = models.CharField(max_length=30, blank=True)  # empty: nobody we know
    action = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=30, blank=True)
    address_masked = models.CharField(max_length=45, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["actor_ref", "happened_at"], name="identity_audit_actor"),
            models.Index(fields=["subject_ref", "happened_at"], name="identity_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_ref or '?'} {self.action} {self.subject_ref}"
