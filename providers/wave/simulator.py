"""Wave's API over HTTP, played on this machine: the documented paths, the payer's page, signed notifications.

Two liberties, both for a machine without a certificate: return addresses may be plain HTTP on this machine or its own
network, and the payer's page lives on this server instead of pay.wave.com.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from providers.rehearsal.payer import Prompt
from providers.rehearsal.stage import NoSuchSession, Stage
from providers.wave.adapter import Credentials
from providers.wave.simulated import NotOpen, NotRefundable, SimulatedSessions
from providers.wave.simulated_wallets import NAME, Wallet, shown
from providers.wave.simulator_account import AccountRoutes
from providers.wave.simulator_door import (
    Refused,
    answer_with,
    asked,
    check,
    demo_wallets,
    is_text,
    operation,
    spoken,
)

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


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts."""
    return {
        wallet.market: Credentials(wallet.api_key, wallet.webhook_secret, webhook_strategy=wallet.webhook_strategy)
        for wallet in demo_wallets()
    }


class WaveSimulator(AccountRoutes):
    """The routes. What happens behind them is in the modules called `simulated`."""

    name = NAME

    def __init__(self, stage: Stage, wallets: tuple[Wallet, ...] = (), page_size: int = 1000) -> None:
        super().__init__(stage, wallets, page_size)
        self._wave = SimulatedSessions(stage, self.history)
        self.blueprint = Blueprint("wave", __name__, template_folder="templates")
        sessions = "/v1/checkout/sessions"
        for rule, view, method in (
            (sessions, self.create_session, "POST"),
            (sessions, self.session_of_transaction, "GET"),
            (f"{sessions}/search", self.search_sessions, "GET"),
            (f"{sessions}/<session_id>", self.get_session, "GET"),
            (f"{sessions}/<session_id>/expire", self.expire_session, "POST"),
            (f"{sessions}/<session_id>/refund", self.refund_session, "POST"),
            *self.account_rules,
            ("/c/<session_id>", self.payer_page, "GET"),
            ("/c/<session_id>", self.payer_acts, "POST"),
        ):
            self.blueprint.add_url_rule(rule, f"{view.__name__}", view, methods=[method])

    @operation("create_session")
    def create_session(self, wallet: Wallet) -> Response:
        session = self._wave.create(wallet, _order(wallet), pay_url=request.host_url.rstrip("/"))
        self.stage.payers.asked(session["id"], session["restrict_payer_mobile"] or "", self.act)
        return answer_with(shown(session))

    @operation("get_session")
    def get_session(self, wallet: Wallet, session_id: str) -> Response:
        return answer_with(shown(self._wave.session(session_id, wallet)))

    @operation("get_session")
    def session_of_transaction(self, wallet: Wallet) -> Response:
        return answer_with(shown(self._wave.of_transaction(wallet, request.args.get("transaction_id", ""))))

    @operation("search_sessions")
    def search_sessions(self, wallet: Wallet) -> Response:
        found = self._wave.search(wallet, request.args.get("client_reference", ""))
        return answer_with({"result": [shown(session) for session in found]})

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

    def payer_page(self, session_id: str) -> AnyResponse | str:
        """What the payer sees instead of Wave's app."""
        try:
            session = self._wave.session(session_id)
        except NoSuchSession:
            return Response("Session inconnue", 404)
        return render_template("payer.html", session=session, amount=spoken(session), refusals=_REFUSALS)

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
        """Do what the payer does, or end a payout that is stuck. See `rehearsal.stage.Simulator`."""
        if session.startswith("pt-"):
            error = "" if action == "approve" else str(options.get("code") or "payment-failure")
            self.payouts.settle(session, error=error)
        elif action == "approve":
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
                text=f"{spoken(session)} à {session['business_name']}",
            )
            for session in self._wave.open_sessions()
        ]


def _order(wallet: Wallet) -> dict[str, Any]:
    order = asked()
    fits: dict[str, Callable[[Any], bool]] = {
        "amount": lambda value: isinstance(value, str) and bool(_XOF.match(value)),
        "currency": lambda value: value == wallet.currency,
        "success_url": _may_return_to,
        "error_url": _may_return_to,
        "client_reference": is_text(255),
        "restrict_payer_mobile": lambda value: value is None or (isinstance(value, str) and bool(_MOBILE.match(value))),
    }
    check(order, fits)
    return order


def _may_return_to(url: Any) -> bool:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    host = parts.hostname or ""
    here = host in _LOOPBACK or (host != "" and "." not in host)
    return parts.scheme == "https" or (parts.scheme == "http" and here)
