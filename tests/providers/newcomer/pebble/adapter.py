"""Pebble through the port."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from providers.pebble import wire

from providers import http
from providers.amounts import WireAmount
from providers.contract import (
    Capabilities,
    Idempotency,
    Lookup,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PaymentResult,
    RefundKind,
    Trust,
)
from providers.errors import RequestRefused
from providers.phone_forms import PhoneForm

logger = logging.getLogger(__name__)

BASE_URL = "https://pebble.invalid"
CAPABILITIES = Capabilities(
    label="Pebble",
    markets=dict.fromkeys(("BJ", "SN"), frozenset({"XOF"})),
    next_actions=frozenset({NextActionKind.APPROVE_ON_PHONE}),
    session_life=timedelta(minutes=10),
    status_window=timedelta(days=30),
    refunds=RefundKind.NONE,
    trust=Trust.POLL_ONLY,
    idempotency=Idempotency.REFERENCE,
    wire_amount=WireAmount.TEXT,
    phone_form=PhoneForm.E164,
    needs_phone=True,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One wallet's key."""

    api_key: str = field(repr=False)


class PebbleAdapter:
    """One wallet."""

    capabilities = CAPABILITIES
    platform = ""

    def __init__(self, credentials: Credentials, base_url: str = BASE_URL, *, market: str = "", **options: Any) -> None:
        self._credentials = credentials
        self._client = http.Client(
            provider="pebble", market=market, base_url=base_url, read_code=wire.error_code, **options
        )

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Our reference is Pebble's id: asked again, it answers with the first."""
        return self._read("start_payment", "POST", "", request.reference, wire.written(request))

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        return self._known("fetch_payment", "GET", "", lookup.reference)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        return self._known("cancel_payment", "POST", "/end", lookup.reference)

    def _known(self, operation: str, method: str, ending: str, reference: str) -> PaymentResult:
        try:
            return self._read(operation, method, f"/{reference}{ending}", reference)
        except RequestRefused as refused:
            if refused.status != 404:
                raise
            return PaymentResult(Outcome.NOT_FOUND)

    def _read(self, operation: str, method: str, path: str, reference: str, body: bytes | None = None) -> PaymentResult:
        headers = {"X-Pebble-Key": self._credentials.api_key, "Content-Type": "application/json"}
        call = http.Call(operation, method, f"/pebble/requests{path}", headers, body=body, reference=reference)
        read = wire.read(self._client.send(call).document)
        if read.raw.get("state") not in wire.OUTCOMES:
            logger.warning("event=unknown_status provider=pebble payment=%s", reference)
        return read
