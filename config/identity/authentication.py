"""How the API knows who calls: an API key, a JWT, or the session of a signed-in page."""

import re

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from config.identity import keys, operations, tokens
from config.identity.facts import ApiKeyFact
from config.identity.models import User

_JWT_SHAPE = re.compile(r"\A[A-Za-z0-9_-]{2,500}\.[A-Za-z0-9_-]{2,4000}\.[A-Za-z0-9_-]{2,1000}\Z")
_CHALLENGE = 'Bearer realm="coko"'


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer ck_…` or `X-Api-Key: ck_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKeyFact] | None:
        secret = _presented_key(request)
        if secret is None:
            return None
        try:
            return operations.use_key(secret=secret, at=timezone.now())
        except operations.KeyRefused as refused:
            raise exceptions.AuthenticationFailed(_("Cette clé d’API n’est pas valable.")) from refused

    def authenticate_header(self, request: Request) -> str:
        # The first class of the list decides: with a challenge, DRF answers 401 and not 403.
        return _CHALLENGE


def _presented_key(request: Request) -> str | None:
    if key := request.META.get("HTTP_X_API_KEY"):
        return str(key).strip()
    scheme, _space, value = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    value = value.strip()
    return value if scheme.lower() == "bearer" and value.startswith(keys.MARK) else None


class JwtAuthentication(JWTAuthentication):
    """A bearer access token whose user, token version and family are good at this moment, not only when signed."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:  # type: ignore[override]
        scheme, _space, value = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = self._validated(value.strip())
        user = tokens.owner(token)
        if user is None:
            raise exceptions.AuthenticationFailed(_("Ce jeton n’est plus valable."))
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE

    def _validated(self, raw: str) -> AccessToken:
        """Checks algorithm, signature, audience, issuer, type and times (settings.SIMPLE_JWT names each)."""
        try:
            if not _JWT_SHAPE.match(raw):
                raise TokenError("not three parts of base64url without padding")
            return AccessToken(raw)  # type: ignore[arg-type]  # the stubs want a token, the code an encoded one
        except (TokenError, ValueError, TypeError, OverflowError) as error:
            # A signed token with absurd claims (an expiry of 10^400) makes the library raise more than its own errors.
            raise exceptions.AuthenticationFailed(_("Ce jeton n’est pas valable.")) from error


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a signed-in page; changes need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE
