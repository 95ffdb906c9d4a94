"""Orange Cameroon's core API over HTTP, played on this machine: tickets, prompts, cash-ins, unsigned callbacks.

One liberty: callback addresses may be on this machine or its own network, and nothing is sent elsewhere.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from providers.orange import staging
from providers.orange.core.adapter import Credentials
from providers.orange.core.simulated import NAME, Channel, SimulatedCore, Ticket, Used
from providers.orange.staging import Refused, TokenOffice, operation, shown
from providers.rehearsal.book import Delivery
from providers.rehearsal.misbehaviour import Words
from providers.rehearsal.payer import BY_SUFFIX, Prompt
from providers.rehearsal.stage import NoSuchSession, Stage

_API = "/omcoreapis/1.0.2"
_SHORT = ("60019", "Le solde du compte du payeur est insuffisant")
_SHOWN = (
    "id", "createtime", "subscriberMsisdn", "amount", "payToken", "txnid", "txnmode", "inittxnmessage", "inittxnstatus",
    "confirmtxnstatus", "confirmtxnmessage", "status", "notifUrl", "description", "channelUserMsisdn",
)  # fmt: skip


def demo_channel() -> Channel:
    """The channel user this simulator knows. Its secrets are public and open nothing."""
    return Channel(
        market="CM",
        currency="XAF",
        name="Coko (démo)",
        msisdn="691234567",
        consumer_key="orange_cm_consumer_key_not_real",
        consumer_secret="orange_cm_consumer_not_real",  # noqa: S106
        api_user="demo-cm",
        api_password="orange_cm_api_not_real",  # noqa: S106
        pin="0000_not_real",
    )


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts."""
    channel = demo_channel()
    return {
        channel.market: Credentials(
            consumer_key=channel.consumer_key,
            consumer_secret=channel.consumer_secret,
            api_user=channel.api_user,
            api_password=channel.api_password,
            channel_msisdn=channel.msisdn,
            pin=channel.pin,
            callback_secret="orange_cm_callback_not_real",  # noqa: S106
        )
    }


class CoreSimulator:
    """The routes. What happens behind them is in `simulated.py`."""

    name = NAME
    words = Words(
        status=("status",),
        amount=("amount",),
        error='{"fault":{"code":101503,"message":"Runtime Error","description":"Error connecting to the back end"}}',
        slow_down='{"fault":{"code":900800,"message":"Message throttled out","description":"Slow down"}}',
    )

    def __init__(self, stage: Stage, channel: Channel | None = None) -> None:
        self.stage = stage
        self._channel = channel or demo_channel()
        self._core = SimulatedCore(stage, self._channel)
        # The remaining life of a token that others use, too: never a round number.
        self._tokens = TokenOffice(stage, seconds=2496)
        self.blueprint = Blueprint(NAME, "providers.orange")
        stage.courier.signs(NAME, lambda delivery: {}, forge=_forged)
        for rule, view, method in (
            ("/token", self.token, "POST"),
            (f"{_API}/mp/init", self.create_session, "POST"),
            (f"{_API}/mp/pay", self.pay, "POST"),
            (f"{_API}/mp/push/<pay_token>", self.push, "GET"),
            (f"{_API}/mp/paymentstatus/<pay_token>", self.get_session, "GET"),
            (f"{_API}/cashin/init", self.create_payout, "POST"),
            (f"{_API}/cashin/pay", self.pay_payout, "POST"),
            (f"{_API}/cashin/paymentstatus/<pay_token>", self.get_payout, "GET"),
        ):
            self.blueprint.add_url_rule(rule, view.__name__, view, methods=[method])

    @operation("token")
    def token(self) -> Response:
        own = self._channel
        if request.headers.get("Authorization") != f"Basic {_base64(own.consumer_key, own.consumer_secret)}":
            document = {"error": "invalid_client", "error_description": "Client Authentication failed."}
            raise Refused(401, document)
        token = {"access_token": self._tokens.mint(own.market), "expires_in": self._tokens.seconds}
        return shown({**token, "scope": "am_application_scope default", "token_type": "Bearer"})

    @operation("create_session")
    def create_session(self) -> Response:
        return self._ticket("mp")

    @operation("create_payout")
    def create_payout(self) -> Response:
        return self._ticket("cashin")

    @operation("pay")
    def pay(self) -> Response:
        order = self._order()
        action, _ = BY_SUFFIX.get(order["subscriberMsisdn"][-3:], ("", ""))
        refusal = _SHORT if action == "fail" else None
        ticket = self._used(lambda: self._core.prompt(order["payToken"], order, refusal=refusal))
        if refusal:
            raise Refused(417, _envelope(f"{refusal[0]} :: {refusal[1]}", ticket))
        self.stage.payers.asked(ticket["payToken"], ticket["subscriberMsisdn"], self.act)
        return shown(_envelope("Merchant payment successfully initiated", ticket))

    @operation("pay_payout")
    def pay_payout(self) -> Response:
        order = self._order()
        refusal = _SHORT if int(order["amount"]) > self._core.balance() else None
        ticket = self._used(lambda: self._core.cash_in(order["payToken"], order, refusal=refusal))
        if refusal:
            raise Refused(417, _envelope(f"{refusal[0]} :: {refusal[1]}", ticket))
        return shown(_envelope("Cash in successfully done", ticket))

    @operation("push")
    def push(self, pay_token: str) -> Response:
        return shown(_envelope("Push sent to customer", self._found(pay_token, "mp")))

    @operation("get_session")
    def get_session(self, pay_token: str) -> Response:
        return shown(_envelope("Transaction retrieved successfully", self._found(pay_token, "mp")))

    @operation("get_payout")
    def get_payout(self, pay_token: str) -> Response:
        return shown(_envelope("Transaction retrieved successfully", self._found(pay_token, "cashin")))

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does. See `rehearsal.stage.Simulator`. `session` is a payToken."""
        self._core.found(session, "mp")
        if action == "approve":
            self._core.approve(session, late=bool(options.get("late")))
        elif action == "refuse":
            self._core.refuse(session)
        elif action == "fail":
            code, text = _SHORT if options.get("code") in ("", None, "payer_insufficient_funds") else ("", "Failed")
            self._core.refuse(session, code=code, text=text)

    def waiting(self) -> list[Prompt]:
        """The open prompts."""
        own = self._channel
        return [
            Prompt(
                session=ticket["payToken"],
                provider=NAME,
                market=own.market,
                phone=ticket["subscriberMsisdn"],
                text=f"{staging.spoken(ticket['amount'], own.currency)} à {own.name}, {ticket['txnmode']}",
            )
            for ticket in self._core.prompts()
        ]

    def _ticket(self, family: str) -> Response:
        self._authorize()
        token = self._core.ticket(family)["payToken"]
        return shown({"message": "Payment request successfully initiated", "data": {"payToken": token}})

    def _used(self, use: Any) -> Ticket:
        try:
            ticket: Ticket = use()
        except NoSuchSession:
            raise _fault(404, 900404, "No such payToken") from None
        except Used:
            raise Refused(400, {"message": "60099 :: payToken already used", "data": None}) from None
        return ticket

    def _found(self, pay_token: str, family: str) -> Ticket:
        self._authorize()
        try:
            return self._core.found(pay_token, family)
        except NoSuchSession:
            raise _fault(404, 900404, "No such payToken") from None

    def _order(self) -> dict[str, Any]:
        self._authorize()
        order = request.get_json(silent=True)
        names = ("subscriberMsisdn", "channelUserMsisdn", "amount", "orderId", "pin", "payToken")
        if not isinstance(order, dict) or not all(isinstance(order.get(name), str) for name in names):
            raise _fault(400, 900400, "A field is missing, or is no text")
        if not order["amount"].isdigit() or int(order["amount"]) < 1:
            raise _fault(400, 900400, "amount")
        if not order["subscriberMsisdn"].isdigit() or len(order["subscriberMsisdn"]) != 9:
            raise _fault(400, 900400, "subscriberMsisdn")
        if (order["channelUserMsisdn"], order["pin"]) != (self._channel.msisdn, self._channel.pin):
            raise Refused(400, {"message": "00410 :: Wrong channel user or PIN", "data": None})
        return order

    def _authorize(self) -> None:
        own = self._channel
        if self._tokens.owner() is None:
            raise _fault(401, 900901, "Invalid Credentials")
        if request.headers.get("X-AUTH-TOKEN") != _base64(own.api_user, own.api_password):
            raise _fault(401, 900902, "X-AUTH-TOKEN")


def _envelope(message: str, ticket: Ticket) -> dict[str, Any]:
    return {"message": message, "data": {key: ticket[key] for key in _SHOWN}}


def _fault(status: int, code: int, description: str) -> Refused:
    return Refused(status, {"fault": {"code": code, "message": "Refused", "description": description}})


def _base64(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _forged(delivery: Delivery) -> Delivery:
    """An address that was guessed."""
    last = "A" if delivery.url[-2] != "A" else "B"
    return replace(delivery, url=f"{delivery.url[:-2]}{last}{delivery.url[-1]}")
