"""Sonatel's API over HTTP, played on this machine: codes, one-step payments, cash-ins, the search, signed callbacks.

Two liberties, for a machine without a certificate: callback addresses may be plain HTTP on this machine or its own
network, and the page behind a code lives on this server. Callbacks go nowhere else.
"""

import base64
import hashlib
import hmac
import io
import time
import uuid
from collections.abc import Mapping
from typing import Any

import segno
from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from providers.orange import staging
from providers.orange.sonatel.adapter import Credentials
from providers.orange.sonatel.simulated import NAME, Document, Merchant, SimulatedSonatel
from providers.orange.sonatel.vault import Vault
from providers.orange.staging import Refused, TokenOffice, is_near, operation, shown
from providers.rehearsal.book import Delivery
from providers.rehearsal.misbehaviour import Words
from providers.rehearsal.payer import BY_SUFFIX, Prompt
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

_WALLET = "/api/eWallet/v1"
_REASONS = {"payer_insufficient_funds": "2020", "payer_limit_reached": "2024", "payer_not_found": "2000"}
_NOBODY = "000000000"  # the number of no customer


def demo_merchant() -> Merchant:
    """The merchant this simulator knows. Its secrets are public and open nothing."""
    return Merchant(
        market="SN",
        currency="XOF",
        name="Coko (démo)",
        code="123456",
        client_id="demo-sn",
        msisdn="781234567",
        client_secret="orange_sn_client_not_real",  # noqa: S106
        pin="0000_not_real",
        signing_secret="orange_sn_signing_not_real",  # noqa: S106
        callback_key="orange_sn_callback_key_not_real",
    )


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts."""
    merchant = demo_merchant()
    return {
        merchant.market: Credentials(
            client_id=merchant.client_id,
            client_secret=merchant.client_secret,
            merchant_code=merchant.code,
            callback_secret="orange_sn_callback_not_real",  # noqa: S106
            merchant_name=merchant.name,
            signing_secret=merchant.signing_secret,
            callback_key=merchant.callback_key,
            partner_id=merchant.msisdn,
            pin=merchant.pin,
        )
    }


def _searched() -> str:
    """What a search is about, for the faults: a payout's reference begins as such."""
    if "reference" not in request.args:
        return "transactions"
    return "get_payout" if request.args["reference"].startswith(("out_", "ptx_", "pyo_")) else "get_session"


class SonatelSimulator:
    """The routes. What happens behind them is in `simulated.py`."""

    name = NAME
    words = Words(
        status=("status",),
        amount=("value",),
        mimetype="application/problem+json",
        error='{"title":"Internal Server Error","status":"500","code":"50","detail":"Simulated"}',
        slow_down='{"title":"Too Many Requests","status":"429","code":"9","detail":"Rate limit exceeded"}',
    )

    def __init__(self, stage: Stage, merchant: Merchant | None = None) -> None:
        self.stage = stage
        self._merchant = merchant or demo_merchant()
        self._sonatel = SimulatedSonatel(stage, self._merchant)
        self._vault = Vault()
        # 299 is what was observed; the specification says 3600.
        self._tokens = TokenOffice(stage, seconds=299)
        self.blueprint = Blueprint(NAME, "providers.orange", template_folder="templates")
        stage.courier.signs(NAME, self._proof, ends=lambda answer: answer[:1] in ("2", "4"))
        for rule, view, method in (
            ("/oauth/v1/token", self.token, "POST"),
            ("/oauth/token", self.older_token, "POST"),
            ("/api/account/v1/publicKeys", self.public_key, "GET"),
            ("/api/eWallet/v4/qrcode", self.create_session, "POST"),
            (f"{_WALLET}/payments/otp", self.make_otp, "POST"),
            (f"{_WALLET}/payments/onestep", self.one_step, "POST"),
            (f"{_WALLET}/cashins", self.create_payout, "POST"),
            (f"{_WALLET}/transactions", self.search, "GET"),
            (f"{_WALLET}/transactions/<transaction>/status", self.status, "GET"),
            (f"{_WALLET}/account/retailer/balance", self.balance, "POST"),
            (f"{_WALLET}/account", self.check_holder, "GET"),
            ("/api/notification/v1/merchantcallback", self.register_callback, "POST"),
            ("/api/notification/v1/merchantcallback", self.callbacks, "GET"),
            ("/mp/<code_id>", self.payer_page, "GET"),
            ("/mp/<code_id>", self.payer_acts, "POST"),
        ):
            self.blueprint.add_url_rule(rule, view.__name__, view, methods=[method])

    @operation("token")
    def token(self) -> Response:
        return self._minted()

    @operation("token")
    def older_token(self) -> Response:
        return self._minted()

    @operation("public_key")
    def public_key(self) -> Response:
        self._authorize()
        return shown(self._vault.public_key())

    @operation("create_session")
    def create_session(self) -> Response:
        self._authorize()
        order = _fields("code", "name")
        if order["code"] != self._merchant.code or not _is_money(order.get("amount"), 10):
            raise _refused(400, "24", "Invalid body field")
        if not isinstance(order.get("validity"), int) or not 0 < order["validity"] <= 86_400:
            raise _refused(400, "24", "Invalid body field: validity")
        callback_url = request.headers.get("X-Callback-Url", "")
        if callback_url and not callback_url.startswith("https://") and not is_near(callback_url):
            raise _refused(400, "26", "Invalid header value: X-Callback-Url")
        code = self._sonatel.make_code(order, callback_url=callback_url)
        self.stage.payers.asked(code["id"], code["payer"], self.act)
        return shown(_qr(code, f"{request.host_url}mp/{code['id']}"))

    @operation("make_otp")
    def make_otp(self) -> Response:
        """What the sandbox has instead of a customer who dials."""
        self._authorize()
        asked = _fields("id", "idType", "encryptedPinCode")
        if self._vault.opened(asked["encryptedPinCode"]) is None:
            raise _refused(400, "4003", "Failed to decrypt received message")
        return shown({"otp": self._sonatel.make_otp(asked["id"]), "validFor": {}})

    @operation("create_session")
    def one_step(self) -> Response:
        self._authorize()
        order = _fields("customer", "partner", "amount")
        if not _is_money(order["amount"], 10) or order["partner"].get("id") != self._merchant.code:
            raise _refused(400, "24", "Invalid body field")
        customer = order["customer"]
        if customer.get("id") == _NOBODY:
            raise _refused(400, "2000", "Customer account does not exist")
        if not self._sonatel.takes_otp(str(customer.get("id")), str(customer.get("otp"))):
            raise _refused(400, "2052", "OTP is expired, already used, or invalid")
        action, reason = BY_SUFFIX.get(customer["id"][-3:], ("approve", ""))
        if action in ("refuse", "fail"):
            raise _refused(400, _REASONS.get(reason, "2050"), "Simulated")
        return self._recorded("MP", "MERCHANT_PAYMENT", order, stuck=action == "nothing")

    @operation("create_payout")
    def create_payout(self) -> Response:
        self._authorize()
        order = _fields("customer", "partner", "amount")
        if not _is_money(order["amount"], 1) or len(str(order.get("reference", ""))) > 50:
            raise _refused(400, "24", "Invalid body field")
        if self.stage.faults.take("rotate_key", ""):
            self._vault.rotate()
        self._check_pin(order["partner"])
        if order["customer"].get("id") == _NOBODY:
            raise _refused(400, "2000", "Customer account does not exist")
        if order["amount"]["value"] > self._sonatel.balance():
            raise _refused(400, "2020", "Balance insufficient")
        return self._recorded("CI", "CASHIN", order, stuck=False)

    @operation(_searched)
    def search(self) -> Response:
        self._authorize()
        if self.stage.faults.take("no_search", ""):
            raise _refused(404, "60", "Resource not found")
        if "type" in request.args:  # observed: this filter finds nothing, whatever there is
            return shown([])
        wanted, page, size = request.args, int(request.args.get("page", 0)), int(request.args.get("size", 20))
        found = [one for one in self._sonatel.transactions() if _matches(one, wanted)]
        return shown([_public(one) for one in found[page * size : (page + 1) * size]])

    @operation("get_status")
    def status(self, transaction: str) -> Response:
        self._authorize()
        found = self._sonatel.transaction(transaction)
        if found is None:
            raise _refused(404, "60", "Resource not found")
        return shown({"status": found["status"]})

    @operation("balance")
    def balance(self) -> Response:
        self._authorize()
        self._check_pin(_fields("id", "idType", "encryptedPinCode"))
        return shown({"value": self._sonatel.balance() * 1.0, "unit": self._merchant.currency})

    @operation("check_holder")
    def check_holder(self) -> Response:
        self._authorize()
        if request.args.get("msisdn") == _NOBODY:
            raise _refused(400, "2000", "Customer account does not exist")
        names = {"firstName": "Awa", "lastName": "Démo", "grade": "FULL"}
        return shown({"barred": "No", "suspended": "No", **names})

    @operation("register_callback")
    def register_callback(self) -> Response:
        self._authorize()
        asked = _fields("code", "callbackUrl")
        if not asked["callbackUrl"].startswith("https://") and not is_near(asked["callbackUrl"]):
            raise _refused(400, "24", "Invalid body field: callbackUrl")
        self._sonatel.registered = asked["callbackUrl"]
        return Response(status=200)

    @operation("callbacks")
    def callbacks(self) -> Response:
        self._authorize()
        if not self._sonatel.registered:
            return shown([])
        known = {"code": self._merchant.code, "msisdn": None, "name": self._merchant.name}
        # In the specification the key is never shown; in production it is.
        return shown([{**known, "callbackUrl": self._sonatel.registered, "apiKey": self._merchant.callback_key}])

    def payer_page(self, code_id: str) -> AnyResponse | str:
        """What the payer sees instead of the app."""
        try:
            code = self._sonatel.code(code_id)
        except NoSuchSession:
            return Response("Code inconnu", 404)
        amount = staging.spoken(code["value"], self._merchant.currency)
        return render_template("orange_app.html", code=code, amount=amount, merchant=self._merchant.name)

    def payer_acts(self, code_id: str) -> AnyResponse | str:
        """The payer's choice, then back to the shop."""
        try:
            self.act(code_id, request.form.get("action", ""), {})
        except (TooLate, NoSuchSession):
            return self.payer_page(code_id)
        code = self._sonatel.code(code_id)
        return redirect(code["success_url" if code["transaction"] else "cancel_url"] or "./", 303)

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does with a code, or end a transaction that is under way."""
        reason = str(options.get("code") or "")
        try:
            self._sonatel.code(session)
        except NoSuchSession:
            words = {"approve": "SUCCESS", "refuse": "CANCELLED", "fail": "FAILED"}
            self._sonatel.finish(session, status=words[action], reason=_REASONS.get(reason, reason))
            return
        if action == "approve":
            self._sonatel.pay_code(session, late=bool(options.get("late")))
        elif action == "refuse":
            self._sonatel.refuse_code(session)
        elif action == "fail":
            self._sonatel.refuse_code(session, status="FAILED", reason=_REASONS.get(reason, reason or "2020"))

    def waiting(self) -> list[Prompt]:
        """The open codes, and the payments under way."""
        market, currency = self._merchant.market, self._merchant.currency
        codes = [(code["id"], code["payer"], code["value"]) for code in self._sonatel.open_codes()]
        under_way = [
            (one["transactionId"], one["customer"]["id"], int(one["amount"]["value"]))
            for one in self._sonatel.pending()
        ]
        return [
            Prompt(session, NAME, market, phone, f"{staging.spoken(value, currency)} à {self._merchant.name}")
            for session, phone, value in codes + under_way
        ]

    def _recorded(self, prefix: str, kind: str, order: Document, *, stuck: bool) -> Response:
        pending_51 = bool(self.stage.faults.take("answer_51", ""))
        status = "PENDING" if stuck or pending_51 else "SUCCESS"
        done = self._sonatel.record(prefix, kind, order, status=status)
        if pending_51:
            raise _refused(500, "51", "Due to some technical problems, your request is in a pending state")
        answer = {key: done[key] for key in ("status", "transactionId", "reference")}
        return shown(
            {**answer, "requestId": str(uuid.uuid4()), "description": "Simulated", "metadata": done["metadata"]}
        )

    def _check_pin(self, party: Mapping[str, Any]) -> None:
        pin = self._vault.opened(str(party.get("encryptedPinCode", "")))
        if pin is None:
            raise _refused(400, "4003", "Failed to decrypt received message")
        if code := self._vault.refusal(pin, self._merchant.pin):
            raise _refused(400, code, "Invalid PIN code")

    def _minted(self) -> Response:
        own, form = self._merchant, request.form
        if form.get("client_id") != own.client_id or form.get("client_secret") != own.client_secret:
            raise Refused(401, {"error": "invalid_client", "error_description": "Unknown client"})
        if self.stage.faults.take("not_activated", ""):
            raise Refused(401, {"error": "unauthorized_client", "error_description": "INVALID_CREDENTIALS"})
        life = {"expires_in": self._tokens.seconds, "refresh_expires_in": 1800, "refresh_token": "none"}
        return shown(
            {"access_token": self._tokens.mint(own.market), "token_type": "bearer", "scope": "apimanagement", **life}
        )

    def _authorize(self) -> None:
        if self._tokens.owner() is None:
            raise _refused(401, "10", "Full authentication is required to access this resource")
        if request.mimetype != "application/json":  # observed, also without a body
            raise _refused(415, "26", "Unsupported Media Type")

    def _proof(self, delivery: Delivery) -> Mapping[str, str]:
        secret = "of_somebody_else" if delivery.forged else self._merchant.signing_secret
        stamp = str(int(time.time()))
        signed = hmac.new(secret.encode(), f"{stamp},{delivery.body}".encode(), hashlib.sha256).hexdigest()
        return {
            "Authorization": f"Basic {self._merchant.callback_key}",
            "User-Agent": "Sonatel-Client/1.0",
            "X-Sonatel-Idempotency-Key": str(uuid.uuid5(uuid.NAMESPACE_URL, delivery.body)),
            "X-Sonatel-Signature": f"t={stamp},v1={signed}",
        }


def _qr(code: Document, link: str) -> Document:
    picture = io.BytesIO()
    segno.make(link).save(picture, kind="png", scale=4)
    return {
        "deepLink": link,
        "deepLinks": {"MAXIT": link, "OM": link},
        "qrCode": base64.b64encode(picture.getvalue()).decode(),
        "shortLink": link,
        "qrId": code["id"],
        "validity": code["validity"],
        "metadata": code["metadata"],
        "validFor": {"startDateTime": code["starts"], "endDateTime": code["ends"]},
    }


def _matches(one: Document, wanted: Mapping[str, str]) -> bool:
    exact = all(one[key] == wanted[key] for key in ("reference", "transactionId", "status") if key in wanted)
    since, until = wanted.get("fromDateTime", ""), wanted.get("toDateTime", "9999")
    return exact and since <= one["createdAt"] <= until


def _public(one: Document) -> Document:
    return {key: value for key, value in one.items() if key != "callback_url"}


def _fields(*names: str) -> Document:
    order = request.get_json(silent=True)
    if not isinstance(order, dict):
        raise _refused(400, "22", "Invalid body")
    for name in names:
        if not order.get(name):
            raise _refused(400, "23", f"Missing body field: {name}")
    return order


def _is_money(value: Any, minimum: int) -> bool:
    if not isinstance(value, dict) or value.get("unit") != "XOF":
        return False
    number = value.get("value")
    return isinstance(number, int) and not isinstance(number, bool) and number >= minimum


def _refused(status: int, code: str, detail: str) -> Refused:
    document = {"type": f"https://developers.orange-sonatel.com/errors/{code}", "title": detail, "status": str(status)}
    return Refused(status, {**document, "code": code, "detail": detail, "instance": request.path})
