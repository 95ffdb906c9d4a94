"""Who may call the simulated MTN: wallets and their keys, API users, tokens, and what each platform insists on.

Written from the documentation on its own; shares no code with the adapter.
"""

import base64
import binascii
import json
import secrets
import urllib.parse
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Response, request

from providers.rehearsal.stage import Stage

LEGACY = "legacy"
NEW = "new"
SANDBOX = "sandbox"
_TOKEN_LIFE = timedelta(seconds=3600)
_USER = "mtn.user"
_TOKEN = "mtn.token"  # noqa: S105  a kind of document
_ANY_HOST = "*"  # of demo users: they may be called anywhere on this machine

Pair = tuple[str, str]


class Refused(Exception):
    """The API says no: with a document, with a page, or with nothing."""

    def __init__(self, status: int, code: str = "", message: str = "", *, page: str = "", **fields: Any) -> None:
        super().__init__(code or str(status))
        self.status = status
        document = {"message": message or code, "code": code} if code else fields
        self._body = page or (json.dumps(document) if document else "")
        self._mimetype = "text/html" if page else "application/json"

    def answer(self) -> Response:
        return Response(self._body, self.status, mimetype=self._mimetype)


@dataclass(frozen=True, slots=True)
class Wallet:
    """One business in one market: its keys, its users of the legacy gateway, its user of the new platform."""

    market: str
    environment: str
    currency: str
    dial: str
    business_name: str
    keys: Mapping[str, str] = field(repr=False)  # product → subscription key
    legacy_users: Mapping[str, Pair] = field(repr=False, default_factory=dict)  # product → user, key
    new_user: Pair = field(repr=False, default=("", ""))


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call this is, once key and token are good."""

    platform: str
    product: str
    wallet: Wallet
    callback_host: str

    @property
    def is_sandbox(self) -> bool:
        return self.wallet.environment == SANDBOX


class Access:
    """Users and tokens, over the stage's book."""

    def __init__(self, stage: Stage, wallets: tuple[Wallet, ...]) -> None:
        self._stage = stage
        self._wallets = wallets

    def provision(self) -> Response:
        """`POST /v1_0/apiuser`: a user of the sandbox under the caller's own id."""
        self._sandbox_key()
        user, order = request.headers.get("X-Reference-Id", ""), request.get_json(silent=True)
        host = order.get("providerCallbackHost") if isinstance(order, dict) else None
        if not is_uuid4(user) or not isinstance(host, str) or not host or "/" in host:
            raise Refused(400)
        with self._stage.book.writing():
            if self._stage.book.get(_USER, user):
                raise Refused(409, "RESOURCE_ALREADY_EXIST", "Duplicated reference id. Creation of resource failed.")
            self._stage.book.put(_USER, user, reference=None, body={"id": user, "host": host, "key": ""})
        return Response(status=201)

    def make_key(self, user: str) -> Response:
        """`POST /v1_0/apiuser/{id}/apikey`: a new key, in place of the old one."""
        self._sandbox_key()
        with self._stage.book.writing():
            body = {**self._user(user), "key": secrets.token_hex(16)}
            self._stage.book.put(_USER, user, reference=None, body=body)
        return Response(json.dumps({"apiKey": body["key"]}), 201, mimetype="application/json")

    def show_user(self, user: str) -> Response:
        self._sandbox_key()
        document = {"providerCallbackHost": self._user(user)["host"], "targetEnvironment": SANDBOX}
        return Response(json.dumps(document), mimetype="application/json")

    def issue_token(self, platform: str, product: str) -> Response:
        """`POST /{product}/token/`."""
        self._admitted(platform)
        if request.headers.get("Content-Length") is None:
            raise Refused(411, page="<h2>Length Required</h2>")
        if request.get_data():
            raise Refused(400)
        wallets = self._by_key(product)
        user, secret = _basic(platform)
        wallet, host = self._wallet_of(wallets, platform, product, user, secret)
        self._check_environment_of_token(platform, wallet)
        token = f"eyJ0eXAiOiJKV1QiLCJhbGciOiJSMjU2In0.{secrets.token_urlsafe(48)}.{secrets.token_urlsafe(24)}"
        body = {
            "platform": platform,
            "product": product,
            "market": wallet.market,
            "host": host,
            "ends": (self._stage.clock.now() + _TOKEN_LIFE).isoformat(),
        }
        self._stage.book.put(_TOKEN, token, reference=None, body=body)
        answer = {"access_token": token, "token_type": "access_token", "expires_in": 3600}
        return Response(json.dumps(answer), mimetype="application/json")

    def caller(self, platform: str, product: str) -> Caller:
        """:raises Refused: key, token or target environment are not good for this product on this platform."""
        self._admitted(platform)
        wallets = self._by_key(product)
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self._stage.book.get(_TOKEN, text) if scheme == "Bearer" else None
        wallet = next((wallet for wallet in wallets if token and wallet.market == token["market"]), None)
        is_good = (
            token is not None
            and (token["platform"], token["product"]) == (platform, product)
            and self._stage.clock.now().isoformat() < token["ends"]
            and not self._stage.faults.switched("token_refused", request.path)
        )
        if token is None or wallet is None or not is_good:
            raise Refused(401, statusCode=401, message="Unauthorized. Access token is missing or invalid.")
        if request.headers.get("X-Target-Environment") != wallet.environment:
            raise Refused(
                500, "NOT_ALLOWED_TARGET_ENVIRONMENT", "Access to target environment is forbidden. Contact us."
            )
        return Caller(platform, product, wallet, token["host"])

    def _admitted(self, platform: str) -> None:
        if platform == NEW and "python-requests" in request.headers.get("User-Agent", ""):
            raise Refused(403, page="<html><head><title>403 Forbidden</title></head><body></body></html>")

    def _by_key(self, product: str) -> list[Wallet]:
        key = request.headers.get("Ocp-Apim-Subscription-Key", "")
        found = [wallet for wallet in self._wallets if key and wallet.keys.get(product) == key]
        if not found:
            raise _bad_key()
        return found

    def _sandbox_key(self) -> None:
        key = request.headers.get("Ocp-Apim-Subscription-Key", "")
        sandboxes = [wallet for wallet in self._wallets if wallet.environment == SANDBOX]
        if not any(key in wallet.keys.values() for wallet in sandboxes):
            raise _bad_key()

    def _user(self, user: str) -> dict[str, Any]:
        found = self._stage.book.get(_USER, user)
        if found is None:
            raise Refused(404, "RESOURCE_NOT_FOUND", "Requested resource was not found.")
        return found

    def _wallet_of(
        self, wallets: list[Wallet], platform: str, product: str, user: str, secret: str
    ) -> tuple[Wallet, str]:
        for wallet in wallets:
            known = wallet.new_user if platform == NEW else wallet.legacy_users.get(product, ("", ""))
            if all(known) and known == (user, secret):
                return wallet, _ANY_HOST
            made = self._stage.book.get(_USER, user) if wallet.environment == SANDBOX and platform == LEGACY else None
            if made and made["key"] and made["key"] == secret:
                return wallet, str(made["host"])
        raise Refused(401, error="invalid_client" if platform == NEW else "login_failed")

    def _check_environment_of_token(self, platform: str, wallet: Wallet) -> None:
        told = request.headers.get("X-Target-Environment")
        if platform == NEW and told != wallet.environment:
            raise Refused(400, error="Invalid or missing X-Target-Environment header")


def may_call(caller: Caller, url: str) -> bool:
    """Whether the host of the callback is the one that was registered."""
    return caller.callback_host in (_ANY_HOST, urllib.parse.urlsplit(url).hostname)


def is_uuid4(text: str) -> bool:
    try:
        known = uuid.UUID(text)
    except ValueError:
        return False
    return known.version == 4 and str(known) == text.lower()


def _basic(platform: str) -> Pair:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(401, error="login_failed") from None
    if scheme != "Basic":
        raise Refused(401, error="login_failed")
    if platform == NEW and urllib.parse.unquote(user) != user:
        raise Refused(500, page="<h1>Internal Server Error</h1>")  # encoded before it was put into base64
    return user, secret


def _bad_key() -> Refused:
    message = (
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
    )
    return Refused(401, statusCode=401, message=message)
