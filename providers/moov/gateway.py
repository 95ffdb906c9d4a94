"""M2 and M3: the JSON gateways. M2 has one address for all operations, M3 a path for each; both want `command-id`."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers import http
from providers.contract import PaymentRequest, PayoutRequest
from providers.errors import OutcomeUnknown
from providers.moov import json_wire, msisdn
from providers.moov.codes import Operation, Table
from providers.moov.markets import Terms, Variant
from providers.moov.msisdn import MsisdnForm
from providers.moov.told import Told, identifier, understood, without_numbers

_TRANSFER = "transfer-api-transaction"
_HOLDER = "process-check-subscriber"
_SEND_CODE = "process-create-mror-otp"
_CONFIRM = "process-commit-otppay"
_BY_CODE = "MERCHOTPPAY"
_M3_PATHS = {
    "status": "/apiaccess/SearchTransactionByExtID",
    "transfer": "/apiaccess/OnlineMerchantTransferMoneytoCustomer",
    "holder": "/apiaccess/QueryCustomerStatus",
}


@dataclass(frozen=True, slots=True)
class Signing:
    """How requests prove whose they are."""

    username: str
    password: str = field(repr=False)
    scheme: str
    hashes_body: bool

    def headers(self, body: bytes) -> dict[str, str]:
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        hashed = {"hash": hashlib.sha256(self.username.encode() + body).hexdigest()} if self.hashes_body else {}
        return {"Authorization": f"{self.scheme} {pair}", **hashed}


class Gateway:
    """Speaks M2 or M3 for one merchant. The request id is our reference."""

    def __init__(self, client: http.Client, *, terms: Terms, signing: Signing, path: str, table: Table) -> None:
        self._client = client
        self._terms = terms
        self._signing = signing
        self._path = path
        self._table = table

    def push(self, request: PaymentRequest) -> Told:
        document = {
            **self._order(request.reference, request.payer_phone or "", request),
            "message": _remark(request.description),
            "extended-data": {},
        }
        return self._told(Operation.PUSH, self._terms.push_command, self._terms.collect_path, document)

    def send_code(self, request: PaymentRequest) -> Told:
        """Let the payer be sent a code; nothing is paid before it is handed in."""
        order = self._order(request.reference, request.payer_phone or "", request)
        return self._told(Operation.SEND_CODE, _SEND_CODE, self._path, {**order, "extended-data": {"module": _BY_CODE}})

    def confirm(self, commit_id: str, *, order: Mapping[str, Any], trans_ref: str, code: str) -> Told:
        """Hand the payer's code in, under a request id of its own. `order` is the first step's, from `order_of`."""
        extended = {"module": _BY_CODE, "otp": code, "trans-id": trans_ref, "ext1": "", "ext2": ""}
        document = {**order, "request-id": commit_id, "extended-data": extended}
        return self._told(Operation.CONFIRM, _CONFIRM, self._path, document)

    def payment_status(self, request_id: str) -> Told:
        return self._status(Operation.STATUS, request_id)

    def transfer(self, request: PayoutRequest) -> Told:
        order = self._order(request.reference, request.payee_phone, request)
        return self._told(Operation.TRANSFER, _TRANSFER, _M3_PATHS["transfer"], {**order, "extended-data": {}})

    def transfer_status(self, request_id: str) -> Told:
        return self._status(Operation.TRANSFER_STATUS, request_id)

    def holder(self, phone: str) -> Told:
        # The id of a question moves nothing, so it may repeat; it must have five characters.
        digest = hashlib.sha256(phone.encode()).hexdigest()[:16]
        document = {"request-id": f"holder-{digest}", "destination": self._number(phone)}
        return self._told(Operation.HOLDER, _HOLDER, _M3_PATHS["holder"], document)

    def subscriber(self, told: Told) -> Mapping[str, Any]:
        return json_wire.subscriber(told.details)

    def _status(self, operation: Operation, request_id: str) -> Told:
        """Failed counts only when the answer is about a transaction: 12 is also how refused credentials were seen.

        :raises OutcomeUnknown: a bare 12.
        """
        document = {"request-id": request_id}
        told = self._told(operation, self._terms.status_command, _M3_PATHS["status"], document)
        if told.code == "12" and not (told.their_ref or told.trans_ref):
            raise OutcomeUnknown("a failure of no transaction, perhaps of our question", code="12")
        return told

    def order_of(self, request: PaymentRequest) -> Mapping[str, Any]:
        """What the second step by code must say again."""
        return self._order(request.reference, request.payer_phone or "", request)

    def _order(self, request_id: str, phone: str, request: PaymentRequest | PayoutRequest) -> dict[str, Any]:
        return {
            "request-id": request_id,
            "destination": self._number(phone),
            "amount": json_wire.amount(request.amount, self._terms.amount_form),
            "remarks": _remark(request.description),
        }

    def _number(self, phone: str) -> str:
        return msisdn.written(phone, MsisdnForm(self._terms.msisdn_form))

    def _told(self, operation: Operation, command: str, path: str, document: Mapping[str, Any]) -> Told:
        body = json_wire.written(document)
        call = http.Call(
            operation=operation.value,
            method="POST",
            path=path if self._terms.variant is Variant.M3 else self._path,
            headers={"Content-Type": "application/json", "command-id": command, **self._signing.headers(body)},
            body=body,
            reference=str(document["request-id"]),
        )
        said = json_wire.answer(self._client.send(call).document)
        code = json_wire.status(said)
        return understood(
            self._table,
            operation,
            code,
            lambda meaning, is_known: Told(
                code=code,
                meaning=meaning,
                is_known=is_known,
                their_ref=identifier(json_wire.data(said).get("reference-id")),
                trans_ref=identifier(said.get("trans-id")),
                echo=json_wire.text(said, "request-id"),
                details=said,
                raw=without_numbers(json_wire.kept(said)),
            ),
        )


def _remark(description: str) -> str:
    return description[: json_wire.REMARK_CHARACTERS]
