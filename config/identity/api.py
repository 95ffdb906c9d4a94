"""Tokens for programs and phones that sign in with a person's password. No Idempotency-Key: an answer is never kept."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.identity import limits, operations, sign_in, tokens
from config.identity.facts import TokenPair
from config.identity.pages import address_of


class TokenRequest(serializers.Serializer[dict[str, str]]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1_000, trim_whitespace=False)


class RefreshRequest(serializers.Serializer[dict[str, str]]):
    refresh = serializers.CharField(max_length=4_000)


class TokenResponse(serializers.Serializer[TokenPair]):
    access = serializers.CharField(help_text="Sent as `Authorization: Bearer …`; good for five minutes.")
    refresh = serializers.CharField(help_text="Good once, for one day; used twice, the whole sign-in ends.")


class TokenView(APIView):
    """E-mail and password against a pair of tokens."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=TokenRequest, responses={200: TokenResponse})
    def post(self, request: Request) -> Response:
        asked = TokenRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            user = sign_in.with_password(
                request=request._request,
                email=asked.validated_data["email"],
                password=asked.validated_data["password"],
                address=address_of(request._request),
                at=now,
            )
        except sign_in.SignInRefused as refused:
            raise exceptions.AuthenticationFailed(_("L’adresse ou le mot de passe n’est pas le bon.")) from refused
        except limits.TooManyAttempts as refused:
            raise _throttled(refused, now) from refused
        return _answer(tokens.start(user_ref=user.pk, at=now))

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="coko"'


class RefreshView(APIView):
    """A refresh token against the next pair."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=RefreshRequest, responses={200: TokenResponse})
    def post(self, request: Request) -> Response:
        asked = RefreshRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        address = address_of(request._request)
        try:
            limits.count_refresh(address=address, at=now)
            return _answer(tokens.rotate(refresh=asked.validated_data["refresh"], at=now))
        except limits.TooManyAttempts as refused:
            raise _throttled(refused, now) from refused
        except tokens.TokenRefused as refused:
            raise exceptions.AuthenticationFailed(_("Ce jeton n’est plus valable : reconnectez-vous.")) from refused
        except tokens.TokenReplayed as replayed:
            operations.record(
                actor_ref="", action="token_replayed", subject_ref=replayed.user_ref, at=now, address=address
            )
            raise exceptions.AuthenticationFailed(
                _("Ce jeton a déjà servi. Par sécurité, cette connexion est terminée : reconnectez-vous.")
            ) from replayed

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="coko"'


def _throttled(refused: limits.TooManyAttempts, now: datetime) -> exceptions.Throttled:
    return exceptions.Throttled(wait=max(1.0, (refused.until - now).total_seconds()))


def _answer(pair: TokenPair) -> Response:
    return Response(TokenResponse(pair).data, headers={"Cache-Control": "no-store"})
