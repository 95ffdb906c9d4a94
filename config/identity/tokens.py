"""JSON Web Tokens: short access tokens, and refresh tokens of which each may be used once.

Every token names its family (one sign-in) and the user's token version. Both are looked up on every request, so a
token dies with its user, its password or its family and not only when its time is up. A refresh token that comes a
second time is in two hands: the whole family ends.

simplejwt's own denylist is not used: it keeps whole tokens in plain text and knows no families.
"""

from datetime import datetime

from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from billing.ids import new_id
from config.identity.facts import TokenPair
from config.identity.models import TokenFamily, User

FAMILY = "fam"
VERSION = "ver"
ALIAS = "auth"


class TokenRefused(Exception):
    """The refresh token is not ours, too old, or its family has ended."""


class TokenReplayed(Exception):
    """A refresh token was used a second time; its family has just been ended."""

    def __init__(self, user_ref: str, family_ref: str) -> None:
        super().__init__(f"a refresh token of {family_ref} was used twice")
        self.user_ref = user_ref
        self.family_ref = family_ref


@transaction.atomic(using=ALIAS)
def start(*, user_ref: str, at: datetime) -> TokenPair:
    """The first pair of a new family."""
    user = User.objects.get(pk=user_ref)
    refresh = RefreshToken.for_user(user)
    refresh[FAMILY] = new_id("fam", at)
    refresh[VERSION] = user.token_version
    TokenFamily.objects.create(
        id=refresh[FAMILY],
        user=user,
        current_jti=refresh["jti"],
        started_at=at,
        expires_at=at + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def rotate(*, refresh: str, at: datetime) -> TokenPair:
    """A new pair for a refresh token that was not used before.

    :raises TokenRefused: see there.
    :raises TokenReplayed: see there; the family's end is committed.
    """
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]  # the stubs want a token, the code an encoded one
    except TokenError as error:
        raise TokenRefused(str(error)) from error
    with transaction.atomic(using=ALIAS):
        family = _open_family(token)
        if family.current_jti == token["jti"]:
            return _next_pair(family, token, at)
        family.revoked_at = at
        family.save(update_fields=["revoked_at"])
    raise TokenReplayed(family.user_id, family.pk)


def end_family(*, refresh: str, at: datetime) -> None:
    """Sign out: no token of this family opens anything any more. An unknown token changes nothing."""
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]  # as above
    except TokenError:
        return
    TokenFamily.objects.filter(pk=token.get(FAMILY), revoked_at=None).update(revoked_at=at)


def forget_expired(*, at: datetime) -> int:
    """Remove families whose last token has expired: nothing can be said about them any more."""
    return TokenFamily.objects.filter(expires_at__lt=at).delete()[0]


def owner(token: AccessToken) -> User | None:
    """The user an access token stands for, if user, version and family are all still good."""
    return User.objects.filter(
        pk=_text(token.get(api_settings.USER_ID_CLAIM)),
        token_version=_number(token.get(VERSION)),
        is_active=True,
        token_families__pk=_text(token.get(FAMILY)),
        token_families__revoked_at=None,
    ).first()


def _open_family(token: RefreshToken) -> TokenFamily:
    family = (
        TokenFamily.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=_text(token.get(FAMILY)), revoked_at=None)
        .first()
    )
    if family is None or not family.user.is_active or family.user.token_version != token.get(VERSION):
        raise TokenRefused("the sign-in this token belongs to has ended")
    return family


def _next_pair(family: TokenFamily, token: RefreshToken, at: datetime) -> TokenPair:
    token.set_jti()
    token.set_exp()
    token.set_iat()
    family.current_jti = token["jti"]
    family.expires_at = at + api_settings.REFRESH_TOKEN_LIFETIME
    family.save(update_fields=["current_jti", "expires_at"])
    return TokenPair(access=str(token.access_token), refresh=str(token))


def _text(claim: object) -> str:
    return claim if isinstance(claim, str) and "\0" not in claim else ""


def _number(claim: object) -> int:
    # True is an int to Python, and not a version.
    return claim if type(claim) is int and 0 < claim < 2**31 else 0
