"""Users and API keys. Database: auth."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

from billing.ids import new_id


def _new_user_id() -> str:
    return new_id("usr", timezone.now())


class UserManager(BaseUserManager["User"]):
    """Finds and makes users by e-mail address."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody, or some program, that signs in. The primary key is the public id, `usr_…`.

    Roles are groups (see operations); code asks for permissions, so that packages below need not know this one.
    """

    id = models.CharField(primary_key=True, max_length=30, default=_new_user_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=5, default="fr")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    token_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        permissions: ClassVar[list[tuple[str, str]]] = [
            ("use_payment_api", "May call the payment API"),
            ("see_finance", "May see and export the books"),
            ("operate", "May act on payments and configuration"),
        ]

    def __str__(self) -> str:
        return self.email
