"""M2 and M3 over HTTP, played on this machine: one address with `command-id`, and a path an operation."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from providers.moov.simulated import Refused, Request, SimulatedMoov, Wallet
from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.stage import NoSuchSession, Stage

ONE_ADDRESS = (
    "/tlcfzc_gw_prod/mbs-gateway/gateway/3pp/transaction/process",
    "/tlcfzc_gw/api/gateway/3pp/transaction/process",
)
PATHS = {
    "/apiaccess/Deduction": "mror-transaction-ussd",
    "/apiaccess/CustomerPayOnlineMerchant": "mror-transaction-ussd",
    "/apiaccess/SearchTransactionByExtID": "process-check-transaction",
    "/apiaccess/OnlineMerchantTransferMoneytoCustomer": "transfer-api-transaction",
    "/apiaccess/QueryCustomerStatus": "process-check-subscriber",
}
_OPERATIONS = {
    "mror-transaction-ussd": "create_session",
    "process-mror-transaction": "create_session",
    "process-create-mror-otp": "create_session",
    "process-commit-otppay": "confirm",
    "process-check-transaction": "get_session",
    "process-check-mror-transaction": "get_session",
    "transfer-api-transaction": "create_payout",
    "process-check-subscriber": "check_holder",
}
_WORDS = Words(
    status=("status",),
    amount=("amount",),
    error='{"status":"500","message":"Internal error"}',
    slow_down='{"status":"429","message":"Too many requests"}',
)
_CALLING = {"BJ": "229", "BF": "226", "ML": "223"}
_REQUEST_ID = re.compile(r"\A[A-Za-z0-9_.-]{5,50}\Z")


class Said(Exception):
    """An answer given before anything was done."""

    def __init__(self, status: str, message: str, *, http: int = 200) -> None:
        super().__init__(message)
        self.answer = _json({"status": status, "message": message}, http)


class JsonSimulator:
    """The routes of M2 and M3."""

    def __init__(self, stage: Stage, moov: SimulatedMoov, wallets: tuple[Wallet, ...]) -> None:
        self._stage = stage
        self._moov = moov
        self._wallets = wallets

    def add_to(self, blueprint: Blueprint) -> None:
        for number, path in enumerate((*ONE_ADDRESS, *PATHS)):
            blueprint.add_url_rule(path, f"json_{number}", self.answer, methods=["POST"])

    def answer(self) -> Response:
        command = request.headers.get("command-id", "")
        text = f"{command} {request.get_data(as_text=True)}"
        fault = self._stage.faults.take(_OPERATIONS.get(command, command), text)

        def work() -> Response:
            return self._worked(command)

        return perform(fault, work, words=_WORDS, stopping=self._stage.stopping) if fault else work()

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        self._moov.act(session, action, code=str(options.get("code") or ""), late=bool(options.get("late")))

    def _worked(self, command: str) -> Response:
        operations: dict[str, Callable[[Wallet, Mapping[str, Any]], dict[str, Any]]] = {
            "mror-transaction-ussd": self._push,
            "process-mror-transaction": self._push,
            "process-create-mror-otp": self._send_code,
            "process-commit-otppay": self._commit,
            "process-check-transaction": self._status,
            "process-check-mror-transaction": self._status,
            "transfer-api-transaction": self._transfer,
            "process-check-subscriber": self._subscriber,
        }
        document: dict[str, Any] = {}
        try:
            wallet = self._wallet()
            if command not in operations or PATHS.get(request.path, command) != command:
                raise Said("404", "Unknown command-id", http=404)
            document = _document()
            told = operations[command](wallet, document)
        except Said as said:
            return said.answer
        except Refused as refused:
            told = _told({}, "11" if refused.reason.endswith("not_found") else "12", refused.reason)
        return _json({"request-id": document["request-id"], **told})

    def _push(self, wallet: Wallet, document: Mapping[str, Any]) -> dict[str, Any]:
        asked = self._ask(wallet, document)
        self._stage.payers.asked(asked["id"], asked["phone"], self.act)
        return _told(asked, "0", "USSD push sent", prefix="OMROR")

    def _send_code(self, wallet: Wallet, document: Mapping[str, Any]) -> dict[str, Any]:
        if _extended(document).get("module") != "MERCHOTPPAY":
            raise Said("12", "module missing")
        return _told(self._ask(wallet, document, by_code=True), "0", "OTP sent", prefix="OMROT")

    def _commit(self, wallet: Wallet, document: Mapping[str, Any]) -> dict[str, Any]:
        extended = _extended(document)
        phone, amount = _order(wallet, document)
        try:
            paid = self._moov.hand_in(
                wallet,
                reference=document["request-id"],
                first_id=str(extended.get("trans-id", "")).rpartition(".J")[2],
                code=str(extended.get("otp", "")),
                phone=phone,
                amount=amount,
            )
        except NoSuchSession:
            return _told({}, "11", "Transaction does not exist")
        return _told(paid, "0" if paid["state"] == "paid" else "12", "OTP payment", prefix="OMROC")

    def _status(self, wallet: Wallet, document: Mapping[str, Any]) -> dict[str, Any]:
        """The first step of a payment by code says 0 as long as its code can be handed in: the message is out."""
        kinds = ("push", "code", "commit", "transfer")
        try:
            found = self._moov.find(wallet, document["request-id"], kinds=kinds)
        except NoSuchSession:
            return _told({}, wallet.unheard_says, "Transaction does not exist", trans_id="CHKTRANS.0")
        waiting = "0" if found["kind"] == "code" else "15"
        code = {"waiting": waiting, "paid": "0", "used": "0"}.get(found["state"], "12")
        return _told(found, code, found["reason"] or found["state"], trans_id=f"CHKTRANS{found['id']}")

    def _transfer(self, wallet: Wallet, document: Mapping[str, Any]) -> dict[str, Any]:
        phone, amount = _order(wallet, document)
        sent = self._moov.send(wallet, reference=document["request-id"], phone=phone, amount=amount)
        if sent["reason"] == "payee_not_found":
            return _told(sent, "11", "Subscriber does not exist")
        code = {"paid": "0", "waiting": "15"}.get(sent["state"], "12")
        return _told(sent, code, sent["reason"] or sent["state"], prefix="WCASH")

    def _subscriber(self, wallet: Wallet, document: Mapping[str, Any]) -> dict[str, Any]:
        phone = _destination(wallet, document)
        if phone.endswith(("029", "089")):
            return _told({}, "11", "Subscriber does not exist")
        status = "BARRED" if phone.endswith("068") else "ACTIVE"
        details = json.dumps({"msisdn": phone, "status": status, "firstname": "Awa", "lastname": "DEMO"})
        answer = _told({}, "0", "SUCCESS", trans_id="CHKSUB.1")
        answer["extended-data"] = {"data": {"subscriber-details": details}}
        return answer

    def _ask(self, wallet: Wallet, document: Mapping[str, Any], *, by_code: bool = False) -> Request:
        phone, amount = _order(wallet, document)
        text = str(document.get("message") or document.get("remarks") or "")
        return self._moov.ask(
            wallet, reference=document["request-id"], phone=phone, amount=amount, text=text, by_code=by_code
        )

    def _wallet(self) -> Wallet:
        """Whose credentials these are, with the word and the header that this deployment wants."""
        word, _, pair = request.headers.get("Authorization", "").partition(" ")
        variant = "m3" if request.path in PATHS else "m2"
        theirs = [one for one in self._wallets if one.variant == variant]
        found = next((one for one in theirs if pair == _pair(one) and word == one.scheme), None)
        if found is None or not _hash_fits(found):
            says = theirs[0].refused_credentials_say if theirs else "401"
            raise Said(says, "Authentication failed", http=401 if says == "401" else 200)
        return found


def _document() -> dict[str, Any]:
    document = request.get_json(silent=True)
    if not isinstance(document, dict) or not _REQUEST_ID.match(str(document.get("request-id", ""))):
        raise Said("12", "request-id missing or malformed")
    return document


def _pair(wallet: Wallet) -> str:
    return base64.b64encode(f"{wallet.username}:{wallet.password}".encode()).decode()


def _hash_fits(wallet: Wallet) -> bool:
    given = request.headers.get("hash", "")
    if not given:
        return not wallet.needs_hash
    return hmac.compare_digest(given, hashlib.sha256(wallet.username.encode() + request.get_data()).hexdigest())


def _order(wallet: Wallet, document: Mapping[str, Any]) -> tuple[str, int]:
    amount = document.get("amount")
    if type(amount) not in wallet.amount_types or not re.fullmatch(r"[1-9][0-9]{0,11}", str(amount)):
        raise Said("12", "amount malformed")
    return _destination(wallet, document), int(str(amount))


def _destination(wallet: Wallet, document: Mapping[str, Any]) -> str:
    calling = _CALLING[wallet.market]
    phone = str(document.get("destination", ""))
    national = phone if wallet.national_numbers else phone.removeprefix(calling)
    if not re.fullmatch(r"[0-9]{8}", national) or (not wallet.national_numbers and phone == national):
        raise Said("12", "destination malformed")
    return phone


def _extended(document: Mapping[str, Any]) -> Mapping[str, Any]:
    extended = document.get("extended-data")
    return extended if isinstance(extended, dict) else {}


def _told(
    found: Mapping[str, Any], status: str, message: str, *, prefix: str = "", trans_id: str = ""
) -> dict[str, Any]:
    """`OMROR241120.1439.J1000000001`: what the id ends with is how the second step by code names the first."""
    trans_id = trans_id or (f"{prefix}241120.1439.J{found['id']}" if prefix else "")
    data = {"reference-id": f"WMRCH{found['id']}", "status-description": message} if found else {}
    known = {"trans-id": trans_id} if trans_id else {}
    return {**known, "status": status, "message": message, "extended-data": {"data": data}}


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")
