"""M1: the SOAP service "UssdPush" of the TLC platform, known from Benin."""

from collections.abc import Mapping
from typing import Any

from providers import amounts, http
from providers.amounts import Amount
from providers.contract import PaymentRequest, PayoutRequest
from providers.errors import OutcomeUnknown, ProviderFault, RequestRefused, UnreadableAnswer
from providers.moov import msisdn, soap_wire
from providers.moov.codes import Operation, Table
from providers.moov.msisdn import MsisdnForm
from providers.moov.told import Told, identifier, understood, without_numbers

_MESSAGE_CHARACTERS = 60
_OWN_WALLET = "0"
_SAID_BY_STATUS = frozenset({401, 403, 429})
_PERSONAL = frozenset({"firstname", "lastname", "secondname", "dateofbirth", "city", "region", "street"})


class UssdPush:
    """Speaks M1 for one merchant. `push_operation`: `PushWithPending`, or `Push`, which holds the line for the PIN."""

    def __init__(
        self,
        client: http.Client,
        *,
        token: str,
        path: str,
        table: Table,
        msisdn_form: MsisdnForm,
        push_operation: str,
        content_type: str,
    ) -> None:
        self._client = client
        self._token = token
        self._path = path
        self._table = table
        self._msisdn_form = msisdn_form
        self._push_operation = push_operation
        self._content_type = content_type

    def push(self, request: PaymentRequest) -> Told:
        """The reference goes into `externaldata1`: that is what the answer echoes and the status is asked by."""
        fields = {
            "msisdn": msisdn.written(request.payer_phone or "", self._msisdn_form),
            "message": request.description[:_MESSAGE_CHARACTERS],
            "amount": amounts.to_text(request.amount),
            "externaldata1": request.reference,
            "externaldata2": "",
            "fee": "0",
        }
        return self._told(Operation.PUSH, self._push_operation, fields, request.reference)

    def payment_status(self, request_id: str) -> Told:
        fields = {"request": {"transid": request_id}}
        return self._told(Operation.STATUS, "getTransactionStatus", fields, request_id)

    def transfer(self, request: PayoutRequest) -> Told:
        fields = {
            "destination": msisdn.written(request.payee_phone, self._msisdn_form),
            "amount": amounts.to_text(request.amount),
            "referenceid": request.reference,
            "walletid": _OWN_WALLET,
            "extendeddata": request.description[:_MESSAGE_CHARACTERS],
        }
        return self._told(Operation.TRANSFER, "transferFlooz", {"request": fields}, request.reference)

    def transfer_status(self, request_id: str) -> Told:
        fields = {"request": {"transid": request_id}}
        return self._told(Operation.TRANSFER_STATUS, "getTransactionStatus", fields, request_id)

    def holder(self, phone: str) -> Told:
        fields = {"request": {"msisdn": msisdn.written(phone, self._msisdn_form)}}
        return self._told(Operation.HOLDER, "getMobileAccountStatus", fields, "")

    def subscriber(self, told: Told) -> Mapping[str, Any]:
        return {key: value for key, value in told.details.items() if key != "status"}  # that one is the answer's

    def balance(self, merchant_msisdn: str, currency: str) -> Amount:
        """:raises UnreadableAnswer: it says no amount; its message is not searched for one."""
        told = self._told(Operation.BALANCE, "getBalance", {"request": {"msisdn": merchant_msisdn}}, "")
        try:
            return amounts.from_text(told.details.get("balance", ""), currency)
        except amounts.UnreadableAmount as error:
            raise UnreadableAnswer(f"a balance that cannot be read: {error}", code=told.code) from None

    def _told(self, operation: Operation, name: str, fields: soap_wire.Fields, reference: str) -> Told:
        call = http.Call(
            operation=operation.value,
            method="POST",
            path=self._path,
            headers={"Content-Type": f"{self._content_type}; charset=utf-8", "Accept": "*/*", "SOAPAction": '""'},
            body=soap_wire.written(name, {"token": self._token, **fields}),
            reference=reference,
        )
        result = _result(self._client.send(call).document, name)
        code = result.get("status", "")
        return understood(
            self._table,
            operation,
            code,
            lambda meaning, is_known: Told(
                code=code,
                meaning=meaning,
                is_known=is_known,
                their_ref=_their_ref(operation, result, reference),
                echo=_echo(operation, result, reference),
                details=result,
                raw=without_numbers({key: value for key, value in result.items() if key not in _PERSONAL}),
            ),
        )


def classified(status: int, code: str, operation: str) -> type[ProviderFault] | None:
    """The fault behind a SOAP fault: only a malformed call is certain to have done nothing."""
    if not code or status in _SAID_BY_STATUS:
        return None
    return RequestRefused if code.rpartition(":")[2] == "Client" else OutcomeUnknown


def _result(document: Any, name: str) -> Mapping[str, str]:
    if not isinstance(document, dict) or document.get("operation") != f"{name}Response":
        raise UnreadableAnswer(f"no answer to {name}", code=soap_wire.fault_code(document))
    result: Mapping[str, str] = document["result"]
    return result


def _their_ref(operation: Operation, result: Mapping[str, str], reference: str) -> str | None:
    if operation is not Operation.TRANSFER:
        return identifier(result.get("referenceid"))
    # Ours in the request, but samples show Moov's own in the answer: take what is not ours.
    given = (identifier(result.get("referenceid")), identifier(result.get("transactionid")))
    return next((value for value in given if value and value != reference), None)


def _echo(operation: Operation, result: Mapping[str, str], reference: str) -> str | None:
    if operation is Operation.TRANSFER:
        return reference if reference in (result.get("referenceid"), result.get("transactionid")) else None
    return result.get("transid") or None
