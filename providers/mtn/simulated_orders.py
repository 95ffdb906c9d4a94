"""What the simulated MTN accepts as a request: headers and bodies, checked in the order the documents suggest."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from providers.mtn.simulated_access import Caller, Refused, is_uuid4, may_call
from providers.rehearsal.faults import Faults

_NO_DECIMALS = {"XOF", "XAF", "GNF", "UGX", "RWF"}
_WHOLE = re.compile(r"\A[1-9][0-9]{0,11}\Z", re.ASCII)
_DECIMAL = re.compile(r"\A[0-9]{1,12}(\.[0-9]{1,2})?\Z", re.ASCII)
_MSISDN = re.compile(r"\A[0-9]{8,15}\Z", re.ASCII)
_SPECIAL = re.compile(r"['’&<>\"]")
_NOTE_CHARACTERS = 160
_DAYS_366 = 366 * 24 * 3600


def reference_id() -> str:
    """:raises Refused: not a UUID of version 4."""
    ref = request.headers.get("X-Reference-Id", "")
    if not is_uuid4(ref):
        raise Refused(400)
    return ref.lower()


def callback(caller: Caller, faults: Faults, *, version: str) -> tuple[str, str]:
    """Where and how the outcome shall be told: operations of version 1 by POST, of version 2 by PUT."""
    url = request.headers.get("X-Callback-Url")
    if url is None:
        return "", ""
    if not url:
        raise Refused(400)
    if not may_call(caller, url) or faults.switched("callback_host", url):
        raise Refused(500, "INVALID_CALLBACK_URL_HOST", "Callback URL with different host name then configured.")
    return url, "PUT" if version == "v2_0" else "POST"


def transaction(caller: Caller, faults: Faults, *, role: str) -> dict[str, Any]:
    """The body of a request to pay (`payer`), a transfer or a deposit (`payee`), or a refund (no role).

    :raises Refused: something in it is not as the documents want it.
    """
    order = _object()
    _check_money(caller, order)
    checks: dict[str, Callable[[Any], bool]] = {"externalId": lambda value: isinstance(value, str)}
    if role:
        checks[role] = _is_party
    else:
        checks["referenceIdToRefund"] = lambda value: isinstance(value, str) and bool(value)
    checks |= dict.fromkeys(("payerMessage", "payeeNote"), _is_note)
    _check(order, checks)
    if not (order["payerMessage"] and order["payeeNote"]) and faults.switched("empty_note", str(order)):
        raise Refused(500)
    return {name: order[name] for name in ("amount", "currency", *checks)}


def preapproval(caller: Caller) -> dict[str, Any]:
    """:raises Refused: something in it is not as the documents want it."""
    order = _object()
    if order.get("payerCurrency") != caller.wallet.currency:
        raise _bad_currency()
    checks: dict[str, Callable[[Any], bool]] = {
        "payer": _is_party,
        "payerMessage": _is_note,
        "validityTime": lambda value: isinstance(value, int) and 0 < value <= _DAYS_366,
    }
    _check(order, checks)
    return {name: order[name] for name in ("payerCurrency", *checks)}


def delivery_note() -> str:
    """:raises Refused: no note, or none that fits."""
    note = request.headers.get("notificationMessage", "")
    if not note or len(note) > _NOTE_CHARACTERS or _object().get("notificationMessage") != note:
        raise Refused(400)
    return note


def _object() -> dict[str, Any]:
    order = request.get_json(silent=True)
    if not isinstance(order, dict):
        raise Refused(400)
    return order


def _check_money(caller: Caller, order: Mapping[str, Any]) -> None:
    if order.get("currency") != caller.wallet.currency:
        raise _bad_currency()
    form = _WHOLE if caller.wallet.currency in _NO_DECIMALS else _DECIMAL
    amount = order.get("amount")
    if not isinstance(amount, str) or not form.match(amount):
        raise Refused(400)


def _check(order: Mapping[str, Any], checks: Mapping[str, Callable[[Any], bool]]) -> None:
    if not all(fits(order.get(name)) for name, fits in checks.items()):
        raise Refused(400)


def _is_party(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("partyId"), str):
        return False
    match value.get("partyIdType"):
        case "MSISDN":
            return bool(_MSISDN.match(value["partyId"]))
        case "EMAIL" | "PARTY_CODE":
            return bool(value["partyId"])
        case _:
            return False


def _is_note(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _NOTE_CHARACTERS and not _SPECIAL.search(value)


def _bad_currency() -> Refused:
    return Refused(500, "INVALID_CURRENCY", "Currency not supported.")
