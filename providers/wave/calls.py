"""Calls to Wave for one wallet: its key, its signature, one way to send."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers import http
from providers.errors import ProviderFault, RequestRefused
from providers.wave import fields, webhook

BASE_URL = "https://api.wave.com"

# Wave's documents give these two no HTTP status, only "400 or above".
_REFUSED_REVERSALS = {"payout-reversal-time-limit-exceeded", "payout-reversal-account-terminated"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """One wallet's secrets. Wave's keys belong to one wallet of one country, so there is one set a market."""

    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)  # several, comma-separated, while one replaces the other
    signing_secret: str = field(default="", repr=False)  # only for a key made with request signing
    webhook_strategy: str = webhook.SIGNATURE  # what was chosen in Wave's portal: `signature` or `shared_secret`

    def __post_init__(self) -> None:
        if self.webhook_strategy not in webhook.STRATEGIES:
            known = " or ".join(webhook.STRATEGIES)
            raise ValueError(f"webhook_strategy {self.webhook_strategy!r} is none of Wave's: {known}")

    @property
    def webhook_secrets(self) -> list[str]:
        return [secret.strip() for secret in self.webhook_secret.split(",") if secret.strip()]


class Calls:
    """One wallet's line to Wave."""

    def __init__(
        self,
        credentials: Credentials,
        base_url: str = BASE_URL,
        *,
        market: str = "",
        limits: http.Limits = http.USUAL_LIMITS,
        clock: Callable[[], float] = time.time,  # for the stamp of a signed request, nothing else
    ) -> None:
        self._credentials = credentials
        self._client = http.Client(
            provider="wave",
            market=market,
            base_url=base_url,
            read_code=fields.error_code,
            limits=limits,
            classify=_classify,
        )
        self._clock = clock

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        reference: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        idempotency_key: str = "",
    ) -> Any:
        call = http.Call(
            operation=operation,
            method=method,
            path=path,
            headers=self._headers(body, idempotency_key),
            query=query or {},
            body=body,
            reference=reference,
        )
        return self._client.send(call).document

    def _headers(self, body: bytes | None, idempotency_key: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._credentials.api_key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if self._credentials.signing_secret:
            stamp = str(int(self._clock()))
            signed = webhook.signature(self._credentials.signing_secret, stamp, body or b"")
            headers["Wave-Signature"] = f"t={stamp},v1={signed}"
        return headers


def _classify(status: int, code: str, operation: str) -> type[ProviderFault] | None:
    return RequestRefused if operation == "reverse_payout" and code in _REFUSED_REVERSALS else None
