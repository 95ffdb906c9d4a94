"""Calls to Sonatel for one wallet: with a token, and with our PIN where one is needed."""

from collections.abc import Callable, Mapping
from typing import Any

from providers import http
from providers.errors import CredentialsRefused, OutcomeUnknown, ProviderFault, RequestRefused, UnreadableAnswer
from providers.orange.sonatel import wire
from providers.orange.sonatel.pin import REFUSALS, Pin
from providers.orange.tokens import Tokens

TRANSACTIONS = "/api/eWallet/v1/transactions"
_STALE_KEY = "4003"
_QUESTION = "fetch_"  # how operations that only ask are called
_NOT_FOUND = 404


class Calls:
    """One wallet's line to Sonatel."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        oauth_path: str,
        pin: Pin,
        base_url: str,
        market: str,
        limits: http.Limits,
    ) -> None:
        client = http.Client(
            provider="orange_sonatel",
            market=market,
            base_url=base_url,
            read_code=wire.error_code,
            limits=limits,
            classify=classify,
        )
        form = {"client_id": client_id, "client_secret": client_secret}
        self._tokens = Tokens(client, path=oauth_path, headers={}, form=form)
        self._pin = pin
        self._key = ""

    def get(
        self, operation: str, path: str, reference: str = "", query: Mapping[str, str] | None = None
    ) -> http.Answer:
        return self._send(operation, "GET", path, reference, query=query)

    def post(
        self, operation: str, path: str, reference: str, document: Any, headers: Mapping[str, str] | None = None
    ) -> http.Answer:
        return self._send(operation, "POST", path, reference, body=wire.body(document), headers=headers)

    def post_with_pin(self, operation: str, path: str, reference: str, document: Callable[[str], Any]) -> http.Answer:
        """Post what `document` makes of the encrypted PIN. A stale key is fetched again, once.

        :raises CredentialsRefused: the PIN was refused, now or before; it is not tried again.
        """
        self._pin.check()
        try:
            return self.post(operation, path, reference, document(self._encrypted()))
        except RequestRefused as refused:
            if refused.code != _STALE_KEY:
                raise
        except CredentialsRefused as refused:
            self._stop_on(refused)
            raise
        self._key = ""
        try:
            return self.post(operation, path, reference, document(self._encrypted()))
        except CredentialsRefused as refused:
            self._stop_on(refused)
            raise

    def search(self, reference: str) -> tuple[tuple[wire.Transaction, ...], http.Answer]:
        """Every movement with that reference. A code that nobody has paid is not among them."""
        # Never with `type`: that filter finds nothing, whatever there is.
        answer = self.get("fetch_transactions", TRANSACTIONS, reference, query={"reference": reference})
        return wire.read_search(answer.document, reference=reference), answer

    def _stop_on(self, refused: CredentialsRefused) -> None:
        if refused.code in REFUSALS:
            self._pin.stop(refused.code)

    def _encrypted(self) -> str:
        if not self._key:
            document = self.get("fetch_key", "/api/account/v1/publicKeys").document
            key = document.get("key") if isinstance(document, dict) else None
            if not isinstance(key, str) or not key:
                raise UnreadableAnswer("a public key that is none")
            self._key = key
        return self._pin.encrypted(self._key)

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        reference: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.Answer:
        return self._tokens.send(
            lambda token: http.Call(
                operation=operation,
                method=method,
                path=path,
                # The content type also without content: Sonatel answers 415 otherwise.
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", **(headers or {})},
                query=query or {},
                body=body,
                reference=reference,
            )
        )


def classify(status: int, code: str, operation: str) -> type[ProviderFault] | None:
    """What Sonatel's code says beyond the HTTP status."""
    if code in REFUSALS:
        return CredentialsRefused
    if status == _NOT_FOUND and operation.startswith(_QUESTION):
        return OutcomeUnknown  # contracts without the search answer so; it says nothing of any payment
    return None
