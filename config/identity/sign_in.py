"""Signing in with e-mail and password: counted, equally slow for everybody, recorded. One door for pages and tokens."""

from datetime import datetime

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest

from config.identity import limits, operations
from config.identity.models import User


class SignInRefused(Exception):
    """Unknown e-mail, wrong password or closed account: nobody is told which."""


def with_password(*, request: HttpRequest, email: str, password: str, address: str, at: datetime) -> User:
    """Who this is.

    Django's own `authenticate` hashes a password for unknown e-mails too, so the answer takes as long.

    :raises SignInRefused: see there.
    :raises limits.TooManyAttempts: tried too often; the password was not looked at.
    """
    limits.count_sign_in(email=email, address=address, at=at)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        _record_refusal(email, address, at)
        raise SignInRefused
    with transaction.atomic(using=operations.ALIAS):
        limits.forgive_sign_in(email=email, address=address)
        operations.record(actor_ref=user.pk, action="signed_in", subject_ref=user.pk, at=at, address=address)
    return user


def _record_refusal(email: str, address: str, at: datetime) -> None:
    known = User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()
    operations.record(actor_ref="", action="sign_in_refused", subject_ref=known or "", at=at, address=address)
