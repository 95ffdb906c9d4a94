"""Calls to one product of one wallet on one platform: the headers MTN wants, and a token that is still good."""

import base64
import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers import http
from providers.errors import CredentialsRefused, NotSent, OutcomeUnknown, RequestRefused, UnreadableAnswer
from providers.mtn import reasons, wire
from providers.mtn.platforms import NEW, Account
from providers.mtn.tokens import Token, Tokens

logger = logging.getLogger(__name__)

_TOKEN_READ_SECONDS, _TOKEN_TOTAL_SECONDS = 30.0, 35.0  # the new platform may take 20 s for one
_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Order:
    """One request that does something, and under which id of ours."""

    operation: str  # for the log
    path: str
    request_ref: str
    reference: str
    body: bytes = field(repr=False)
    callback_url: str = field(default="", repr=False)


class Line:
    """Asks and orders. Takes the token from the wallet's `Tokens`."""

    def __init__(self, account: Account, *, market: str, limits: http.Limits, user_agent: str, tokens: Tokens) -> None:
        self._account = account
        self._tokens = tokens
        self._key = (account.platform, account.environment, account.product.value, account.user)
        self._client = self._made(market, limits, user_agent)
        slow = dataclasses.replace(limits, read_seconds=_TOKEN_READ_SECONDS, total_seconds=_TOKEN_TOTAL_SECONDS)
        self._token_client = self._made(market, slow if account.platform == NEW else limits, user_agent)

    def ask(self, operation: str, path: str, *, reference: str = "") -> Any:
        """The document at that path.

        :raises ProviderFault: there is no usable answer.
        """
        call = http.Call(operation, "GET", self._path(path), self._headers(), reference=reference)
        return self._send(call).document

    def order(self, order: Order) -> None:
        """Have it done: 202 and nothing else says that it was taken.

        A callback address that MTN does not know is left out on a second try, under the same id: without it we poll.

        :raises ProviderFault: there is no usable answer.
        """
        try:
            self._order(order)
        except RequestRefused as refused:
            if refused.code != reasons.BAD_CALLBACK_HOST or not order.callback_url:
                raise
            logger.warning("event=callback_host_refused provider=mtn reference=%s", order.reference)
            self._order(dataclasses.replace(order, callback_url=""))

    def do(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        reference: str = "",
    ) -> None:
        """A call whose 2xx says that it was done."""
        own = {**self._headers(), **({"Content-Type": "application/json"} if body else {}), **(headers or {})}
        self._send(http.Call(operation, method, self._path(path), own, body=body, reference=reference))

    def _order(self, order: Order) -> None:
        headers = {**self._headers(), "Content-Type": "application/json", "X-Reference-Id": order.request_ref}
        if order.callback_url:
            headers["X-Callback-Url"] = order.callback_url  # present and empty would be a 400
        call = http.Call(
            order.operation, "POST", self._path(order.path), headers, body=order.body, reference=order.reference
        )
        answer = self._send(call)
        if answer.status != _ACCEPTED:
            raise UnreadableAnswer("neither accepted nor refused", status=answer.status)

    def _send(self, call: http.Call) -> http.Answer:
        token = self._token()
        try:
            return self._client.send(_signed(call, token))
        except CredentialsRefused as refused:
            if refused.status != 401:
                raise
            # Ended early, or withdrawn: nothing was done, so the same call may go once more with a fresh one.
            self._tokens.discard(self._key, token)
        return self._client.send(_signed(call, self._token()))

    def _token(self) -> str:
        return self._tokens.get(self._key, self._mint)

    def _mint(self) -> Token:
        pair = base64.b64encode(f"{self._account.user}:{self._account.secret}".encode()).decode()
        headers = {**self._headers(), "Authorization": f"Basic {pair}"}
        try:
            answer = self._token_client.send(http.Call(reasons.TOKEN, "POST", self._path("token/"), headers))
            return _read_token(answer.document)
        except OutcomeUnknown as fault:
            # Whatever became of the token, what it was wanted for has not left.
            raise NotSent("no token", code=fault.code, status=fault.status) from fault

    def _headers(self) -> dict[str, str]:
        return {
            "Ocp-Apim-Subscription-Key": self._account.key,
            "X-Target-Environment": self._account.environment,
        }

    def _path(self, path: str) -> str:
        return f"/{self._account.product}/{path}"

    def _made(self, market: str, limits: http.Limits, user_agent: str) -> http.Client:
        return http.Client(
            provider="mtn",
            market=market,
            base_url=self._account.base_url,
            read_code=wire.error_code,
            limits=limits,
            classify=reasons.fault,
            user_agent=user_agent,
        )


def _signed(call: http.Call, token: str) -> http.Call:
    return dataclasses.replace(call, headers={**call.headers, "Authorization": f"Bearer {token}"})


def _read_token(document: Any) -> Token:
    text = document.get("access_token") if isinstance(document, dict) else None
    life = document.get("expires_in") if isinstance(document, dict) else None
    if isinstance(life, str) and life.isascii() and life.isdigit():
        life = int(life)
    if not isinstance(text, str) or not text or not isinstance(life, int) or life <= 0:
        raise UnreadableAnswer("no token in the answer")
    return Token(text, life)
