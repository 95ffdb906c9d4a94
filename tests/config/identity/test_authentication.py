"""Who may enter the API: keys, tokens in every broken form, sessions."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIRequestFactory

from config.identity import keys, operations, tokens
from config.identity.models import ApiKey, TokenFamily
from tests.config.identity.conftest import WhoAmI
from tests.factories import identity

pytestmark = pytest.mark.django_db(databases=["default", "auth"])


class TestAnonymous:
    def test_is_told_401_with_a_challenge(self, knock):
        answer = knock()
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="coko"'


class TestApiKeyAuthentication:
    def test_lets_the_owner_in_by_bearer_header(self, knock):
        issued = identity.key()
        answer = knock(Authorization=f"Bearer {issued.secret}")
        assert answer.data == {"id": issued.key.owner_ref, "by": "ApiKeyFact"}

    def test_lets_the_owner_in_by_its_own_header(self, knock):
        issued = identity.key()
        assert knock(**{"X-Api-Key": issued.secret}).data["id"] == issued.key.owner_ref

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda secret: secret[:-1],
            lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"),
            lambda secret: secret.upper(),
            lambda secret: secret[:11],
            lambda secret: "ck_",
            lambda secret: "ck_" + "0" * 8 + "_" + "0" * 32,
            lambda secret: secret + "\x00",
            lambda secret: secret[:12] + "é" * 32,
        ],
    )
    def test_refuses_a_spoilt_key(self, knock, spoil):
        assert knock(Authorization=f"Bearer {spoil(identity.key().secret)}").status_code == 401

    def test_refuses_a_revoked_key(self, knock, at):
        issued = identity.key()
        operations.revoke_key(key_ref=issued.key.id, owner_ref=issued.key.owner_ref, at=at)
        assert knock(Authorization=f"Bearer {issued.secret}").status_code == 401

    def test_refuses_the_key_of_somebody_kept_out(self, knock, at):
        issued = identity.key()
        operations.set_active(user_ref=issued.key.owner_ref, active=False, actor_ref="", at=at)
        assert knock(Authorization=f"Bearer {issued.secret}").status_code == 401

    def test_keeps_no_secret_in_the_database(self):
        issued = identity.key()
        row = ApiKey.objects.values().get(pk=issued.key.id)
        assert issued.secret[12:] not in json.dumps(row, default=str)

    def test_accepts_a_key_made_under_the_former_secret_key(self, knock, settings):
        issued = identity.key()
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "a new key " * 6
        assert knock(Authorization=f"Bearer {issued.secret}").status_code == 200

    def test_writes_the_last_use_at_most_once_an_hour(self, at):
        issued = identity.key()
        for minutes in (0, 10, 59):
            operations.use_key(secret=issued.secret, at=at + timedelta(minutes=minutes))
        assert ApiKey.objects.get().last_used_at == at
        operations.use_key(secret=issued.secret, at=at + timedelta(minutes=61))
        assert ApiKey.objects.get().last_used_at == at + timedelta(minutes=61)


class TestKeys:
    def test_are_never_alike_and_show_their_prefix(self):
        made = {keys.make() for _ in range(1_000)}
        assert len(made) == 1_000
        assert all(keys.prefix_of(secret) == secret[:11] for secret in made)


@pytest.fixture
def pair():
    return tokens.start(user_ref=identity.person().id, at=timezone.now())


def _claims(pair, **changes):
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


def _signed(claims, *, key=None, algorithm="HS256", headers=None):
    return jwt.encode(claims, settings.JWT_KEY if key is None else key, algorithm=algorithm, headers=headers)


def _unsigned(claims, algorithm):
    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."


CRAFTED = {
    "algorithm none": lambda pair: _unsigned(_claims(pair), "none"),
    "algorithm NONE": lambda pair: _unsigned(_claims(pair), "NONE"),
    "algorithm nOnE": lambda pair: _unsigned(_claims(pair), "nOnE"),
    "right algorithm, no signature": lambda pair: _unsigned(_claims(pair), "HS256"),
    "signed by nobody we know": lambda pair: _signed(_claims(pair), key="x" * 64),
    "signed with Django's key": lambda pair: _signed(_claims(pair), key=settings.SECRET_KEY),
    "signed with a hash of another length": lambda pair: _signed(_claims(pair), algorithm="HS512"),
    "signature of another token": lambda pair: pair.access.rsplit(".", 1)[0] + "." + pair.refresh.rsplit(".", 1)[1],
    "claims of another token": lambda pair: ".".join(
        [pair.access.split(".")[0], pair.refresh.split(".")[1], pair.access.split(".")[2]]
    ),
    "other audience": lambda pair: _signed(_claims(pair, aud="elsewhere")),
    "no audience": lambda pair: _signed(_claims(pair, aud=None)),
    "audience as a part": lambda pair: _signed(_claims(pair, aud="coko-ap")),
    "other issuer": lambda pair: _signed(_claims(pair, iss="elsewhere")),
    "no issuer": lambda pair: _signed(_claims(pair, iss=None)),
    "issuer as a part": lambda pair: _signed(_claims(pair, iss="cok")),
    "refresh used as access": lambda pair: pair.refresh,
    "no type": lambda pair: _signed(_claims(pair, token_type=None)),
    "unknown type": lambda pair: _signed(_claims(pair, token_type="sliding")),
    "expired": lambda pair: _signed(_claims(pair, exp=1)),
    "no expiry": lambda pair: _signed(_claims(pair, exp=None)),
    "expiry as text": lambda pair: _signed(_claims(pair, exp="tomorrow")),
    "expiry beyond all calendars": lambda pair: _signed(_claims(pair, exp=10**40)),
    "not valid yet": lambda pair: _signed(_claims(pair, nbf=4_000_000_000)),
    "issued in the future": lambda pair: _signed(_claims(pair, iat=4_000_000_000)),
    "no id": lambda pair: _signed(_claims(pair, jti=None)),
    "no user": lambda pair: _signed(_claims(pair, user_id=None)),
    "unknown user": lambda pair: _signed(_claims(pair, user_id="usr_nobody")),
    "user as a list": lambda pair: _signed(_claims(pair, user_id=["usr"])),
    "user with a NUL": lambda pair: _signed(_claims(pair, user_id="usr\x00")),
    "older token version": lambda pair: _signed(_claims(pair, ver=0)),
    "token version to come": lambda pair: _signed(_claims(pair, ver=2)),
    "token version as text": lambda pair: _signed(_claims(pair, ver="1")),
    "token version true": lambda pair: _signed(_claims(pair, ver=True)),
    "token version too large": lambda pair: _signed(_claims(pair, ver=2**63)),
    "no token version": lambda pair: _signed(_claims(pair, ver=None)),
    "no family": lambda pair: _signed(_claims(pair, fam=None)),
    "unknown family": lambda pair: _signed(_claims(pair, fam="fam_none")),
    "family of somebody else": lambda pair: _signed(_claims(pair, fam=_family_of_another())),
    "key id that names a file": lambda pair: _signed(_claims(pair), key="0", headers={"kid": "/dev/null"}),
    "key sent along": lambda pair: _signed(_claims(pair), key="k" * 32, headers={"jwk": {"kty": "oct", "k": "a2s"}}),
    "address of a key": lambda pair: _signed(_claims(pair), key="k" * 32, headers={"jku": "http://127.0.0.1/jwks"}),
    "claims that are a list": lambda pair: _unsigned([1], "HS256"),
    "two dots": lambda pair: "..",
    "one part": lambda pair: "abc",
    "nothing": lambda pair: "",
    "two tokens": lambda pair: f"{pair.access} {pair.access}",
    "cut off": lambda pair: pair.access[:-2],
    "letters beyond ASCII": lambda pair: pair.access[:-3] + "éàü",
    "padding added": lambda pair: pair.access + "=",
    "very long": lambda pair: "a" * 100_000,
}


def _family_of_another():
    other = tokens.start(user_ref=identity.person().id, at=timezone.now())
    return jwt.decode(other.access, options={"verify_signature": False})["fam"]


class TestJwtAuthentication:
    def test_lets_the_user_in(self, knock, pair):
        answer = knock(Authorization=f"Bearer {pair.access}")
        assert answer.status_code == 200
        assert answer.data["id"] == TokenFamily.objects.get().user_id

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    @pytest.mark.parametrize("name", CRAFTED)
    def test_refuses_a_crafted_token(self, knock, pair, name):
        answer = knock(Authorization=f"Bearer {CRAFTED[name](pair)}")
        assert answer.status_code == 401
        assert pair.access not in answer.content.decode()

    def test_refuses_a_token_in_the_address(self, pair):
        request = APIRequestFactory().get(f"/who?token={pair.access}&access_token={pair.access}")
        assert WhoAmI.as_view()(request).status_code == 401

    @pytest.mark.parametrize(
        "end",
        [
            lambda user, pair, at: operations.set_password(user_ref=user, password="autre-phrase-77", at=at),
            lambda user, pair, at: operations.set_active(user_ref=user, active=False, actor_ref="", at=at),
            lambda user, pair, at: operations.end_sessions(user_ref=user, actor_ref="", at=at),
            lambda user, pair, at: tokens.end_family(refresh=pair.refresh, at=at),
        ],
        ids=["password changed", "kept out", "sessions ended", "signed out"],
    )
    def test_refuses_a_good_token_from_that_moment_on(self, knock, pair, at, end):
        assert knock(Authorization=f"Bearer {pair.access}").status_code == 200
        end(TokenFamily.objects.get().user_id, pair, at)
        assert knock(Authorization=f"Bearer {pair.access}").status_code == 401


class TestSessionAuthentication:
    @pytest.fixture
    def browser(self) -> Client:
        who = identity.person()
        browser = Client(enforce_csrf_checks=True)
        browser.get("/sign-in/")
        browser.post(
            "/sign-in/",
            {
                "email": who.email,
                "password": identity.PASSWORD,
                "csrfmiddlewaretoken": browser.cookies["csrftoken"].value,
            },
        )
        return browser

    def _knock(self, browser, method, **headers):
        from django.contrib.sessions.backends.db import SessionStore

        from config.identity.models import User

        request = getattr(APIRequestFactory(enforce_csrf_checks=True), method)("/who", headers=headers)
        request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
        request.session = SessionStore(browser.cookies["sessionid"].value)
        request.user = User.objects.get(pk=request.session["_auth_user_id"])
        return WhoAmI.as_view()(request)

    def test_lets_a_signed_in_page_read(self, browser):
        assert self._knock(browser, "get").status_code == 200

    def test_refuses_a_change_without_the_csrf_token(self, browser):
        assert self._knock(browser, "post").status_code == 403

    def test_accepts_a_change_with_the_csrf_token(self, browser):
        answer = self._knock(browser, "post", **{"X-CSRFToken": browser.cookies["csrftoken"].value})
        assert answer.status_code == 200
