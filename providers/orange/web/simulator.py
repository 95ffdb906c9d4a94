"""Web Payment over HTTP, played on this machine: token, payment, status, the payer's page, the notification.

Two liberties, for a machine without a public address: return and notification addresses may be on this machine or its
own network (Orange refuses them with 403), and the payer's page lives on this server. Nothing is sent elsewhere.
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from providers.orange import staging
from providers.orange.staging import Refused, TokenOffice, operation, shown
from providers.orange.web.adapter import Credentials
from providers.orange.web.simulated import NAME, Merchant, Session, SimulatedWebPayment
from providers.rehearsal.book import Delivery
from providers.rehearsal.misbehaviour import Words
from providers.rehearsal.payer import BY_SUFFIX, Prompt
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

_CURRENCIES = {"CI": "XOF", "ML": "XOF"}
_SANDBOX, _FICTITIOUS = "dev", "OUV"
_MESSAGES = {"code": "Code incorrect ou déjà utilisé. Rien n’a été débité.", "late": "Le délai pour payer est passé."}


def demo_merchants() -> tuple[Merchant, ...]:
    """The merchants this simulator knows. Their secrets are public and open nothing."""
    return tuple(
        Merchant(
            market=market,
            currency=currency,
            name="Coko (démo)",
            client_id=f"demo-{market.lower()}",
            client_secret=f"orange_{market.lower()}_client_not_real",
            merchant_key=f"orange_{market.lower()}_merchant_not_real",
        )
        for market, currency in _CURRENCIES.items()
    )


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts."""
    return {
        merchant.market: Credentials(
            client_id=merchant.client_id,
            client_secret=merchant.client_secret,
            merchant_key=merchant.merchant_key,
            callback_secret=f"orange_{merchant.market.lower()}_callback_not_real",
        )
        for merchant in demo_merchants()
    }


class WebPaymentSimulator:
    """The routes. What happens behind them is in `simulated.py`."""

    name = NAME
    words = Words(
        status=("status",),
        amount=("amount",),
        error='{"code":50,"message":"Internal error","description":"Simulated"}',
        slow_down='{"code":53,"message":"Too many requests","description":"Slow down"}',
    )

    def __init__(self, stage: Stage, merchants: tuple[Merchant, ...] = ()) -> None:
        self.stage = stage
        self._orange = SimulatedWebPayment(stage)
        self._merchants = merchants or demo_merchants()
        self._tokens = TokenOffice(stage, seconds=3600)
        self.blueprint = Blueprint(NAME, "providers.orange", template_folder="templates")
        stage.courier.signs(NAME, lambda delivery: {}, forge=_forged)
        api = "/orange-money-webpay/<country>/v1"
        for rule, view, methods in (
            ("/oauth/v3/token", self.token, ["POST"]),
            ("/oauth/v2/token", self.older_token, ["POST"]),
            (f"{api}/webpayment", self.create_session, ["POST"]),
            (f"{api}/transactionstatus", self.get_session, ["POST"]),
            ("/payment/pay_token/<pay_token>", self.payer_page, ["GET"]),
            ("/payment/pay_token/<pay_token>", self.payer_acts, ["POST"]),
        ):
            self.blueprint.add_url_rule(rule, view.__name__, view, methods=methods)

    @operation("token")
    def token(self) -> Response:
        if "application/json" not in request.headers.get("Accept", ""):
            return Response(status=406)
        return self._minted()

    @operation("token")
    def older_token(self) -> Response:
        return self._minted()

    @operation("create_session")
    def create_session(self, country: str) -> Response:
        merchant = self._merchant(country)
        order = _order(merchant, country)
        if self._orange.was_used(merchant, order["order_id"]) and self.stage.faults.take("duplicate_order", ""):
            raise _refused(400, 24, "Invalid body field: order_id was used before")
        session = self._orange.create(merchant, order)
        self.stage.payers.asked(session["order_id"], "", self.act)
        document = {
            "status": 201,
            "message": "OK",
            "pay_token": session["pay_token"],
            "payment_url": f"{request.host_url}payment/pay_token/{session['pay_token']}",
            "notif_token": session["notif_token"],
        }
        return shown(document, 201)

    @operation("get_session")
    def get_session(self, country: str) -> Response:
        merchant = self._merchant(country)
        asked = request.get_json(silent=True) or {}
        for name in ("order_id", "amount", "pay_token"):
            if not asked.get(name):
                raise _refused(400, 23, f"Missing body field: {name}")
        try:
            session = self._orange.session(str(asked["pay_token"]))
        except NoSuchSession:
            raise _refused(404, 60, "Resource not found") from None
        owned = (merchant.market, asked["order_id"], asked["amount"])
        if (session["market"], session["order_id"], session["amount"]) != owned:
            raise _refused(404, 60, "Resource not found")
        return shown({key: session[key] for key in ("status", "order_id", "txnid")}, 201)

    def payer_page(self, pay_token: str, **said: str) -> AnyResponse | str:
        """Orange's page: a number, and the code its owner dialled for."""
        try:
            session = self._orange.session(pay_token)
        except NoSuchSession:
            return Response("Paiement inconnu", 404)
        amount = staging.spoken(session["amount"], session["currency"])
        return render_template("orange_web_payer.html", session=session, amount=amount, **said)

    def payer_acts(self, pay_token: str) -> AnyResponse | str:
        """The payer's choice, then back to the shop."""
        action, phone = request.form.get("action", ""), request.form.get("phone", "").strip()
        try:
            if action == "dial" and phone:
                return self.payer_page(pay_token, phone=phone, code=self._orange.dial(phone))
            if action == "refuse":
                self._orange.fail(pay_token)
            elif not self._orange.takes(phone, request.form.get("code", "").strip()):
                return self.payer_page(pay_token, phone=phone, message=_MESSAGES["code"])
            else:
                self._pay(pay_token, phone)
        except TooLate:
            return self.payer_page(pay_token, message=_MESSAGES["late"])
        except NoSuchSession:
            return self.payer_page(pay_token)
        session = self._orange.session(pay_token)
        return redirect(session["return_url" if session["status"] == "SUCCESS" else "cancel_url"], 303)

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does. See `rehearsal.stage.Simulator`. `session` is an order id."""
        pay_token = self._orange.latest(session)["pay_token"]
        if action == "approve":
            self._orange.approve(pay_token, late=bool(options.get("late")))
        elif action in ("refuse", "fail"):
            self._orange.fail(pay_token)

    def waiting(self) -> list[Prompt]:
        """The open pages."""
        return [_prompt(session) for session in self._orange.open_sessions()]

    def _pay(self, pay_token: str, phone: str) -> None:
        action, _ = BY_SUFFIX.get(phone[-3:], ("approve", ""))
        act: Callable[[str], None] = self._orange.fail if action in ("refuse", "fail") else self._orange.approve
        act(pay_token)

    def _minted(self) -> Response:
        merchant = next((one for one in self._merchants if request.headers.get("Authorization") == _basic(one)), None)
        if merchant is None:
            document = {"error": "invalid_client", "error_description": "The requested service needs credentials"}
            raise Refused(401, document)
        token = self._tokens.mint(merchant.market)
        return shown({"token_type": "Bearer", "access_token": token, "expires_in": self._tokens.seconds})

    def _merchant(self, country: str) -> Merchant:
        if not request.headers.get("Authorization"):
            raise _refused(401, 40, "Missing credentials")
        owner = self._tokens.owner()
        if owner is None:
            raise _refused(401, 42, "Expired credentials")
        if country not in (owner.lower(), _SANDBOX):
            raise _refused(404, 60, "Resource not found")
        return next(merchant for merchant in self._merchants if merchant.market == owner)


def _prompt(session: Session) -> Prompt:
    text = f"{staging.spoken(session['amount'], session['currency'])} à {session['merchant']}"
    return Prompt(session["order_id"], NAME, session["market"], "", text)


def _order(merchant: Merchant, country: str) -> dict[str, Any]:
    order = request.get_json(silent=True)
    if not isinstance(order, dict):
        raise _refused(400, 22, "Invalid body")
    currency = _FICTITIOUS if country == _SANDBOX else merchant.currency
    checks: dict[str, Callable[[Any], bool]] = {
        "merchant_key": lambda value: value == merchant.merchant_key,
        "currency": lambda value: value == currency,
        "order_id": _is_short,
        "amount": lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
        "return_url": _is_address,
        "cancel_url": _is_address,
        "notif_url": _is_address,
        "lang": lambda value: value in ("fr", "en"),
        "reference": _is_short,
    }
    for name, fits in checks.items():
        if order.get(name) is None:
            raise _refused(400, 23, f"Missing body field: {name}")
        if not fits(order[name]):
            raise _refused(400, 24, f"Invalid body field: {name}")
    return order


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 30


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) <= 2000


def _basic(merchant: Merchant) -> str:
    return "Basic " + base64.b64encode(f"{merchant.client_id}:{merchant.client_secret}".encode()).decode()


def _forged(delivery: Delivery) -> Delivery:
    return replace(delivery, body=json.dumps({**json.loads(delivery.body), "notif_token": secrets.token_hex(16)}))


def _refused(status: int, code: int, description: str) -> Refused:
    return Refused(status, {"code": code, "message": description.partition(":")[0], "description": description})
