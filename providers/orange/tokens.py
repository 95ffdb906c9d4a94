"""Access tokens by OAuth 2 client credentials: minted when needed, renewed before they end, replaced when refused."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from providers import http
from providers.errors import CredentialsRefused, NotSent, OutcomeUnknown, UnreadableAnswer

_MARGIN_SECONDS = 30.0
_UNAUTHORIZED = 401


class Tokens:
    """The token of one wallet, and calls that carry it. Safe for several threads: only one mints."""

    def __init__(
        self,
        client: http.Client,
        *,
        path: str,
        headers: Mapping[str, str],
        form: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._path = path
        self._headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        self._form = urlencode({**form, "grant_type": "client_credentials"}).encode()
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def send(self, call: Callable[[str], http.Call]) -> http.Answer:
        """Make the call that `call` builds around a token; once more with a fresh one when the token is refused.

        A 401 is given before anything is done, so the same request may be sent again.

        :raises ProviderFault: as `http.Client.send`. When no token could be had, nothing was sent.
        """
        token = self._current()
        try:
            return self._client.send(call(token))
        except CredentialsRefused as refused:
            if refused.status != _UNAUTHORIZED:
                raise
            self._discard(token)
            return self._client.send(call(self._current()))

    def _current(self) -> str:
        with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                self._token, life = self._mint()
                self._renew_at = self._clock() + life - min(_MARGIN_SECONDS, life / 4)
            return self._token

    def _discard(self, token: str) -> None:
        with self._lock:
            if self._token == token:  # another thread may have replaced it already
                self._token = ""

    def _mint(self) -> tuple[str, int]:
        try:
            answer = self._client.send(http.Call("token", "POST", self._path, headers=self._headers, body=self._form))
            return read(answer.document)
        except OutcomeUnknown as unknown:
            # That nobody gave us a token says for certain that the request it was for did not leave.
            raise NotSent("no access token was to be had", code=unknown.code, status=unknown.status) from None


def read(document: Any) -> tuple[str, int]:
    """The token and how many seconds it lives: a number, or a number as text; 0 when it does not say.

    :raises UnreadableAnswer: there is none.
    """
    token = document.get("access_token") if isinstance(document, dict) else None
    if not isinstance(token, str) or not token:
        raise UnreadableAnswer("a token answer without a token")
    life = str(document.get("expires_in", ""))
    return token, int(life) if life.isascii() and life.isdigit() and len(life) <= 9 else 0
