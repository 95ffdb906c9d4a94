"""M1 over HTTP, played on this machine: eight SOAP operations at the address the public clients call.

Answers carry the prefixes `soap` and `ns2` to the letter, since those clients look for just these. Requests may claim
UTF-16 in their prolog while they are UTF-8, as those clients' do.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import ParseError

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from defusedxml import ElementTree
from flask import Blueprint, Response, request

from providers.moov.simulated import Refused, Request, SimulatedMoov, Wallet
from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.stage import NoSuchSession, Stage

ADDRESSES = ("/com.tlc.merchant.api/UssdPush", "/com.merchant.api/UssdPush")
KEY = b"tlc12345tlc12345tlc12345tlc12345"

_PUSH_SECONDS = 60
_NUMBER = re.compile(r"\A(229)?(01)?[0-9]{8}\Z")
_CODES = {  # of the simulator's and the payers' reasons
    "payer_not_approved": "92",
    "payer_not_found": "555",
    "payee_not_found": "555",
    "payer_insufficient_funds": "10",
    "merchant_insufficient_funds": "10",
    "payer_limit_reached": "13",
    "unspecified": "95",
    "duplicate": "95",
}
_FAULT = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    "<faultcode>soap:{code}</faultcode><faultstring>{text}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
)
_OPERATIONS = {
    "Push": "create_session",
    "PushWithPending": "create_session",
    "getTransactionStatus": "get_session",
    "transferFlooz": "create_payout",
    "getBalance": "balance",
    "getMobileAccountStatus": "check_holder",
    "cashintrans": "create_payout",
    "airtimetrans": "create_payout",
}


class SoapFault(Exception):
    """What is no answer in Moov's words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def rewritten(answer: Response, changes: Mapping[str, Any]) -> Response:
    """The answer with the text of some elements replaced."""
    text = answer.get_data(as_text=True)
    for name, value in changes.items():
        text = re.sub(rf"<{re.escape(name)}>[^<]*</", f"<{name}>{_escaped(value)}</", text)
    answer.set_data(text)
    return answer


_WORDS = Words(
    status=("status",),
    amount=("amount",),
    rewrite=rewritten,
    mimetype="text/xml",
    error=_FAULT.format(code="Server", text="Internal error"),
    slow_down=_FAULT.format(code="Server", text="Too many requests"),
)


class SoapSimulator:
    """The routes of M1."""

    def __init__(self, stage: Stage, moov: SimulatedMoov, wallets: tuple[Wallet, ...]) -> None:
        self._stage = stage
        self._moov = moov
        self._wallets = wallets

    def add_to(self, blueprint: Blueprint) -> None:
        for number, address in enumerate(ADDRESSES):
            blueprint.add_url_rule(address, f"soap_{number}", self.answer, methods=["POST"])

    def answer(self) -> Response:
        try:
            name, fields = _call(request.get_data())
        except SoapFault as error:
            return _faulted(error, 500)
        text = request.get_data(as_text=True)
        fault = self._stage.faults.take(_OPERATIONS.get(name, name), f"{name} {text}")

        def work() -> Response:
            return self._worked(name, fields)

        return perform(fault, work, words=_WORDS, stopping=self._stage.stopping) if fault else work()

    def _worked(self, name: str, fields: dict[str, str]) -> Response:
        operations: dict[str, tuple[str, Callable[[Wallet, dict[str, str]], dict[str, str]]]] = {
            "Push": ("result", self._push),
            "PushWithPending": ("result", self._push_with_pending),
            "getTransactionStatus": ("response", self._status),
            "transferFlooz": ("return", self._transfer),
            "getBalance": ("return", self._balance),
            "getMobileAccountStatus": ("return", self._account),
            "cashintrans": ("return", self._cash_in),
            "airtimetrans": ("return", self._cash_in),
        }
        try:
            if name not in operations:
                raise SoapFault("Client", f"Unexpected element {name}")
            result, operation = operations[name]
            wallet = self._wallet(fields.get("token", ""))
            told = operation(wallet, fields) if wallet else {"status": "98", "description": "BAD CREDENTIALS"}
        except Refused as refused:
            told = {"status": _CODES[refused.reason], "description": refused.reason}
        except SoapFault as error:
            return _faulted(error, 500)
        return _answered(name, result, told)

    def _push(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        """Holds the line until the payer has typed the PIN, or has not."""
        asked = self._asked(wallet, fields)
        return _final(self._moov.give_up(self._moov.wait(asked, seconds=_PUSH_SECONDS)))

    def _push_with_pending(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        asked = self._moov.wait(self._asked(wallet, fields), seconds=wallet.hold_seconds)
        return _final(asked) if asked["state"] != "waiting" else _pending()

    def _asked(self, wallet: Wallet, fields: dict[str, str]) -> Request:
        phone, amount = fields.get("msisdn", ""), _amount(fields)
        if not _NUMBER.match(phone):
            raise Refused("payer_not_found")
        asked = self._moov.ask(
            wallet,
            reference=fields.get("externaldata1", ""),
            phone=phone,
            amount=amount,
            text=fields.get("message", ""),
        )
        self._stage.payers.asked(asked["id"], phone, self.act)
        return asked

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        self._moov.act(session, action, code=str(options.get("code") or ""), late=bool(options.get("late")))

    def _status(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        try:
            found = self._moov.find(wallet, fields.get("transid", ""), kinds=("push", "transfer"))
        except NoSuchSession:
            return {"status": "94", "description": "TRANSACTION NOT FOUND"}
        return _pending() if found["state"] == "waiting" else _final(found)

    def _transfer(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        amount, reference = _amount(fields), fields.get("referenceid", "")
        before = self._moov.balance(wallet)
        sent = self._moov.send(wallet, reference=reference, phone=fields.get("destination", ""), amount=amount)
        if sent["state"] == "waiting":
            return {"status": "100", "message": "IN PENDING STATE", "referenceid": reference}
        return {
            "status": "0" if sent["state"] == "paid" else _CODES[sent["reason"]],
            "message": "SUCCESS" if sent["state"] == "paid" else sent["reason"],
            "transactionid": sent["id"],
            "referenceid": reference,
            "senderkeycost": str(self._moov.fee_of(amount)),
            "senderbonus": "0",
            "senderbalancebefore": str(before),
            "senderbalanceafter": str(self._moov.balance(wallet)),
        }

    def _cash_in(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        told = self._transfer(wallet, fields)
        return {"status": told["status"], "message": told["message"], "referenceid": told["referenceid"]} | (
            {"transid": told["transactionid"]} if "transactionid" in told else {}
        )

    def _balance(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        if fields.get("msisdn") != wallet.msisdn:
            return {"status": "555", "message": "NOT REGISTERED"}
        balance = self._moov.balance(wallet)
        return {"status": "0", "message": f"Votre solde est de {balance} FCFA", "balance": str(balance)}

    def _account(self, wallet: Wallet, fields: dict[str, str]) -> dict[str, str]:
        phone = fields.get("msisdn", "")
        if not _NUMBER.match(phone) or phone.endswith(("029", "089")):
            return {"status": "555", "message": "NOT REGISTERED"}
        return {
            "status": "0",
            "message": "SUCCESS",
            "msisdn": phone,
            "accounttype": "SUBSCRIBER",
            "allowedtransfer": "true",
            "firstname": "Awa",
            "lastname": "DEMO",
            "secondname": "",
            "dateofbirth": "1990-01-01 00:00:00.0",
            "city": "COTONOU",
            "region": "LITTORAL",
            "street": "",
            "subscriberstatus": "BARRED" if phone.endswith("068") else "ACTIVE",
        }

    def _wallet(self, token: str) -> Wallet | None:
        try:
            cipher = Cipher(algorithms.AES(KEY), modes.CBC(bytes(16))).decryptor()
            padded = cipher.update(base64.b64decode(token, validate=True)) + cipher.finalize()
            plain = padded[: -padded[-1]].decode()
        except (ValueError, IndexError):
            return None
        return next((one for one in self._wallets if plain == f"0:{one.username}:{one.password}"), None)


def _call(body: bytes) -> tuple[str, dict[str, str]]:
    """The operation and all its fields, those under `request` among the others."""
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", body.decode("utf-8", "replace"))
    try:
        envelope = ElementTree.fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError) as error:
        raise SoapFault("Client", f"Error reading XMLStreamReader: {type(error).__name__}") from None
    call = envelope.find("{http://schemas.xmlsoap.org/soap/envelope/}Body/*")
    if call is None or not call.tag.startswith("{http://api.merchant.tlc.com/}"):
        raise SoapFault("Client", "No operation of http://api.merchant.tlc.com/")
    if any("}" in child.tag for child in call.iter() if child is not call):
        raise SoapFault("Client", "Unexpected namespace: children stand in none")
    return call.tag.partition("}")[2], {child.tag: child.text or "" for child in call.iter() if len(child) == 0}


def _amount(fields: dict[str, str]) -> int:
    text = fields.get("amount", "")
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise SoapFault("Server", f'For input string: "{text}"')
    return int(text)


def _pending() -> dict[str, str]:
    return {"status": "100", "description": "IN PENDING STATE"}


def _final(asked: Request) -> dict[str, str]:
    paid = asked["state"] == "paid"
    return {
        "status": "0" if paid else _CODES.get(asked["reason"], asked["reason"]),
        "description": "SUCCESS" if paid else asked["reason"],
        "referenceid": asked["id"],
        "transid": asked["reference"],
    }


def _answered(name: str, result: str, told: Mapping[str, str]) -> Response:
    fields = "".join(f"<{key}>{_escaped(value)}</{key}>" for key, value in sorted(told.items()))
    body = (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<ns2:{name}Response xmlns:ns2="http://api.merchant.tlc.com/"><{result}>{fields}</{result}></ns2:{name}Response>'
        "</soap:Body></soap:Envelope>"
    )
    return Response(body, mimetype="text/xml")


def _faulted(fault: SoapFault, status: int) -> Response:
    return Response(_FAULT.format(code=fault.code, text=_escaped(fault.text)), status, mimetype="text/xml")


def _escaped(text: Any) -> str:
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
