"""Wave's API over HTTP, played on this machine: the documented paths, the payer's page, signed notifications.

Two liberties, both for a machine without a certificate: return addresses may be plain HTTP on this machine or its own
network, and the payer's page lives on this server instead of pay.wave.com.
"""

import functools
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from providers.rehearsal.book import Delivery
from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.payer import Prompt
from providers.rehearsal.stage import NoSuchSession, Stage
from providers.wave.adapter import Credentials
from providers.wave.simulated import NAME, NotOpen, NotRefundable, SimulatedWave, Wallet, shown

_WORDS = Words(status=("checkout_status", "payment_status"), amount=("amount",))
_XOF = re.compile(r"\A[1-9][0-9]{0,11}\Z")
_MOBILE = re.compile(r"\A\+[1-9][0-9]{7,14}\Z")
_LOOPBACK = {"127.0.0.1", "::1"}
_WORD_OF = {  # of the habits of `rehearsal.payer`
    "payer_insufficient_funds": "insufficient-funds",
    "payer_limit_reached": "kyb-limits-exceeded",
    "payer_not_found": "blocked-account",
    "unspecified": "payment-failure",
}
_REFUSALS = {"insufficient-funds": "Solde insuffisant", "payment-failure": "Panne technique"}


def demo_wallets() -> tuple[Wallet, ...]:
    """The wallets this simulator knows. Their secrets are public and open nothing."""
    return tuple(
        Wallet(
            market=market,
            currency="XOF",
            business_name="Coko (démo)",
            api_key=f"wave_{market.lower()}_prod_demo_this_key_is_not_real",
            webhook_secret=f"wave_{market.lower()}_WHS_demo_this_secret_is_not_real",
        )
        for market in ("SN", "CI")
    )


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts."""
    return {wallet.market: Credentials(wallet.api_key, wallet.webhook_secret) for wallet in demo_wallets()}


class Refused(Exception):
    """The API says no."""

    def __init__(self, status: int, code: str, message: str = "", *, loc: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.document: dict[str, Any] = {"code": code, "message": message or code}
        if loc:
            self.document["details"] = [{"loc": ["body", loc], "msg": message}]


def operation(name: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """An API call that can be told to go wrong under this name."""

    def mark(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def answer(self: "WaveSimulator", **kwargs: str) -> Response:
            def work() -> Response:
                try:
                    return view(self, self.wallet(), **kwargs)
                except Refused as refused:
                    return _json(refused.document, refused.status)
                except NoSuchSession:
                    return _json(Refused(404, "checkout-session-not-found").document, 404)

            fault = self.stage.faults.take(name, request.full_path + request.get_data(as_text=True))
            return perform(fault, work, words=_WORDS, stopping=self.stage.stopping) if fault else work()

        return answer

    return mark


class WaveSimulator:
    """The routes. What happens behind them is in `simulated.py`."""

    name = NAME

    def __init__(self, stage: Stage, wallets: tuple[Wallet, ...] = ()) -> None:
        self.stage = stage
        self._wave = SimulatedWave(stage)
        self._wallets = wallets or demo_wallets()
        self.blueprint = Blueprint("wave", __name__, template_folder="templates")
        stage.courier.signs(NAME, self._proof)
        sessions = "/v1/checkout/sessions"
        for rule, view, method in (
            (sessions, self.create_session, "POST"),
            (sessions, self.session_of_transaction, "GET"),
            (f"{sessions}/search", self.search_sessions, "GET"),
            (f"{sessions}/<session_id>", self.get_session, "GET"),
            (f"{sessions}/<session_id>/expire", self.expire_session, "POST"),
            (f"{sessions}/<session_id>/refund", self.refund_session, "POST"),
            ("/v1/balance", self.balance, "GET"),
            ("/v1/transactions", self.transactions, "GET"),
            ("/c/<session_id>", self.payer_page, "GET"),
            ("/c/<session_id>", self.payer_acts, "POST"),
        ):
            self.blueprint.add_url_rule(rule, f"{view.__name__}", view, methods=[method])

    @operation("create_session")
    def create_session(self, wallet: Wallet) -> Response:
        session = self._wave.create(wallet, _order(wallet), pay_url=request.host_url.rstrip("/"))
        self.stage.payers.asked(session["id"], session["restrict_payer_mobile"] or "", self.act)
        return _json(shown(session))

    @operation("get_session")
    def get_session(self, wallet: Wallet, session_id: str) -> Response:
        return _json(shown(self._wave.session(session_id, wallet)))

    @operation("get_session")
    def session_of_transaction(self, wallet: Wallet) -> Response:
        return _json(shown(self._wave.of_transaction(wallet, request.args.get("transaction_id", ""))))

    @operation("search_sessions")
    def search_sessions(self, wallet: Wallet) -> Response:
        found = self._wave.search(wallet, request.args.get("client_reference", ""))
        return _json({"result": [shown(session) for session in found]})

    @operation("expire_session")
    def expire_session(self, wallet: Wallet, session_id: str) -> Response:
        try:
            self._wave.expire(wallet, session_id)
        except NotOpen:
            raise Refused(409, "checkout-session-not-open", "Already complete or expired") from None
        return Response(status=200)

    @operation("refund_session")
    def refund_session(self, wallet: Wallet, session_id: str) -> Response:
        try:
            self._wave.refund(wallet, session_id)
        except NotRefundable:
            raise Refused(422, "checkout-refund-failed", "Nothing to give back") from None
        return Response(status=200)

    @operation("balance")
    def balance(self, wallet: Wallet) -> Response:
        items = self._wave.transactions(wallet)
        return _json({"amount": items[-1]["balance"] if items else "0", "currency": wallet.currency})

    @operation("transactions")
    def transactions(self, wallet: Wallet) -> Response:
        date = request.args.get("date") or self.stage.clock.now().date().isoformat()
        items = [item for item in self._wave.transactions(wallet) if item["timestamp"].startswith(date)]
        start = int(request.args.get("after") or 0)
        end = start + int(request.args.get("first") or 1000)
        page = {"start_cursor": str(start), "end_cursor": str(end), "has_next_page": end < len(items)}
        return _json({"page_info": page, "date": date, "items": items[start:end]})

    def payer_page(self, session_id: str) -> AnyResponse | str:
        """What the payer sees instead of Wave's app."""
        try:
            session = self._wave.session(session_id)
        except NoSuchSession:
            return Response("Session inconnue", 404)
        return render_template("payer.html", session=session, amount=_spoken(session), refusals=_REFUSALS)

    def payer_acts(self, session_id: str) -> AnyResponse | str:
        """The payer's choice, then back to the shop; what the shop believes of it is its own affair."""
        action, code = request.form.get("action", ""), request.form.get("code", "")
        try:
            self.act(session_id, action, {"code": code})
        except (NotOpen, NoSuchSession):
            return self.payer_page(session_id)
        session = self._wave.session(session_id)
        return redirect(session["success_url" if session["payment_status"] == "succeeded" else "error_url"], 303)

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does. See `rehearsal.stage.Simulator`."""
        if action == "approve":
            self._wave.approve(session, late=bool(options.get("late")))
        elif action == "refuse":
            self._wave.refuse(session)
        elif action == "fail":
            code = options.get("code") or "insufficient-funds"
            self._wave.fail(session, code=_WORD_OF.get(code, code))

    def waiting(self) -> list[Prompt]:
        """The open sessions."""
        return [
            Prompt(
                session=session["id"],
                provider=NAME,
                market=session["market"],
                phone=session["restrict_payer_mobile"] or "",
                text=f"{_spoken(session)} à {session['business_name']}",
            )
            for session in self._wave.open_sessions()
        ]

    def wallet(self) -> Wallet:
        """Whose key this is.

        :raises Refused: nobody's.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            raise Refused(401, "missing-auth-header")
        if scheme != "Bearer":
            raise Refused(401, "invalid-auth")
        wallet = next((wallet for wallet in self._wallets if wallet.api_key == key), None)
        if wallet is None:
            raise Refused(401, "no-matching-api-key")
        if wallet.signing_secret:
            _check_signed(wallet)
        return wallet

    def _proof(self, delivery: Delivery) -> Mapping[str, str]:
        wallet = next(wallet for wallet in self._wallets if wallet.market == delivery.market)
        secret = "wave_xx_WHS_of_somebody_else" if delivery.forged else wallet.webhook_secret
        stamp = str(int(time.time()))
        return {"Wave-Signature": f"t={stamp},v1={_hmac(secret, stamp.encode() + delivery.body.encode())}"}


def _order(wallet: Wallet) -> dict[str, Any]:
    order = request.get_json(silent=True)
    if not isinstance(order, dict):
        raise Refused(400, "request-not-json", "The body is no JSON object")
    checks: dict[str, Callable[[Any], bool]] = {
        "amount": lambda value: isinstance(value, str) and bool(_XOF.match(value)),
        "currency": lambda value: value == wallet.currency,
        "success_url": _may_return_to,
        "error_url": _may_return_to,
        "client_reference": lambda value: value is None or (isinstance(value, str) and len(value) <= 255),
        "restrict_payer_mobile": lambda value: value is None or (isinstance(value, str) and bool(_MOBILE.match(value))),
    }
    for name, fits in checks.items():
        if not fits(order.get(name)):
            raise Refused(400, "request-validation-error", f"{name} is missing or malformed", loc=name)
    return order


def _may_return_to(url: Any) -> bool:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    host = parts.hostname or ""
    here = host in _LOOPBACK or (host != "" and "." not in host)
    return parts.scheme == "https" or (parts.scheme == "http" and here)


def _check_signed(wallet: Wallet) -> None:
    header = request.headers.get("Wave-Signature", "")
    stamp, _, given = header.removeprefix("t=").partition(",v1=")
    if not header:
        raise Refused(401, "missing-signature")
    if not hmac.compare_digest(given, _hmac(wallet.signing_secret, stamp.encode() + request.get_data())):
        raise Refused(401, "invalid-auth")


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _spoken(session: Mapping[str, Any]) -> str:
    """`1 500 F CFA`, with the spaces that do not break."""
    figures = f"{int(session['amount']):,}".replace(",", "\u202f")
    unit = "F\u00a0CFA" if session["currency"] == "XOF" else session["currency"]
    return f"{figures}\u00a0{unit}"


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    answer = jsonify(document)
    answer.status_code = status
    return answer
