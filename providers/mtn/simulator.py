"""MTN's API over HTTP, played on this machine: both platforms, the sandbox, three markets.

The legacy gateway and the sandbox answer at the root, as their hosts do; the new platform's host is a path here,
`/momoapi.momo.africa`. Two liberties for a machine without a certificate: callbacks may be plain HTTP, and only this
machine or its own network is called.

| switch (`sim.fault(name, "switch")`) | effect |
|---|---|
| `stuck` | a payment stays pending although its five minutes are over, once a look |
| `token_refused` | 401 for a token that is good; `matching` is a part of the path |
| `not_yet_readable` | 404 for a request that was accepted |
| `nameless` | 500 `NOT_ALLOWED` for the basic data of a holder |
| `unlisted` | 404 for the list of a payer's pre-approvals |
| `empty_note` | 500 without a body for an empty `payerMessage` or `payeeNote` |
| `callback_host` | 500 `INVALID_CALLBACK_URL_HOST` |
| `callback_insists` | the callback is repeated until it is answered (MTN's documents contradict each other) |
| `uncapped_refund` | more is given back than was paid |

The rest are faults of `rehearsal.faults`: a slow token is `sim.fault("token", "late", seconds=20)`, a callback by the
other method `sim.fault("webhook", "method", method="PUT")`, a status that lags behind its callback
`sim.fault("get_session", "rewrite", fields={"status": "PENDING"})`. A token ends when the clock is moved by an hour.
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from providers.mtn import sandbox
from providers.mtn import simulated_orders as orders
from providers.mtn.demo import NEW_PREFIX, PRODUCTS, demo_wallets
from providers.mtn.demo import demo_credentials as demo_credentials
from providers.mtn.simulated import NAME, PAYMENT, PREAPPROVAL, REFUND, Duplicate, SimulatedMtn, listed, shown
from providers.mtn.simulated_access import LEGACY, NEW, SANDBOX, Access, Caller, Refused, Wallet
from providers.rehearsal.book import Delivery
from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.payer import Prompt
from providers.rehearsal.stage import NoSuchSession, Stage

_WORDS = Words(
    status=("status",),
    amount=("amount",),
    error='{"message":"An internal error occurred while processing.","code":"INTERNAL_PROCESSING_ERROR"}',
    slow_down='{"statusCode":429,"message":"Rate limit is exceeded. Try again later."}',
)
_WORD_OF = {  # of the habits of `rehearsal.payer`
    "payer_not_found": "PAYER_NOT_FOUND",
    "payer_insufficient_funds": "NOT_ENOUGH_FUNDS",
    "payer_limit_reached": "PAYER_LIMIT_REACHED",
    "unspecified": "INTERNAL_PROCESSING_ERROR",
}
_PERSON = {"sub": "0", "birthdate": "1976-08-13", "locale": "sv_SE", "gender": "MALE", "updated_at": "1583232000"}
_SANDBOX_NAME = ("Sand", "Box")
_NAMES = (  # by a number's last digit
    ("Awa", "Demo"),
    ("Koffi", "Démo"),
    ("Mariam", "Exemple"),
    ("Serge", "Exemple"),
    ("Aïcha", "Modèle"),
    ("Yao", "Modèle"),
    ("Fatou", "Essai"),
    ("Jean-Paul", "Essai"),
    ("Adjoua", "Fiction"),
    ("Ibrahim", "Fiction"),
)


def operation(name: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A call that can be told to go wrong under this name."""

    def mark(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def answer(self: "MtnSimulator", **kwargs: str) -> Response:
            def work() -> Response:
                try:
                    return view(self, **kwargs)
                except Refused as refused:
                    return refused.answer()
                except Duplicate:
                    message = "Duplicated reference id. Creation of resource failed."
                    return Refused(409, "RESOURCE_ALREADY_EXIST", message).answer()
                except NoSuchSession:
                    return _not_found().answer()

            seen = f"{request.full_path} {request.headers.get('X-Reference-Id', '')} {request.get_data(as_text=True)}"
            fault = self.stage.faults.take(name, seen)
            return perform(fault, work, words=_WORDS, stopping=self.stage.stopping) if fault else work()

        return answer

    return mark


def for_caller(view: Callable[..., Response]) -> Callable[..., Response]:
    """A call that needs a token of its product."""

    @functools.wraps(view)
    def known(self: "MtnSimulator", *, platform: str, product: str, **kwargs: str) -> Response:
        return view(self, self.access.caller(platform, product), **kwargs)

    return known


class MtnSimulator:
    """The routes. What happens behind them is in `simulated.py`, who may call in `simulated_access.py`."""

    name = NAME

    def __init__(self, stage: Stage, wallets: tuple[Wallet, ...] = ()) -> None:
        self.stage = stage
        self.access = Access(stage, wallets or demo_wallets())
        self._mtn = SimulatedMtn(stage)
        self.blueprint = Blueprint("mtn", __name__)
        stage.courier.signs(NAME, _headers)
        for platform, prefix in ((LEGACY, ""), (NEW, NEW_PREFIX)):
            for product in PRODUCTS:
                self._serve(platform, product, f"{prefix}/{product}")
        self._rule("", "/v1_0/apiuser", self.create_user, "POST")
        self._rule("", "/v1_0/apiuser/<user>", self.show_user, "GET")
        self._rule("", "/v1_0/apiuser/<user>/apikey", self.create_key, "POST")

    def _serve(self, platform: str, product: str, root: str) -> None:
        for_both = (
            ("/token/", self.token, "POST"),
            ("/v1_0/account/balance", self.balance, "GET"),
            ("/v1_0/account/balance/<currency>", self.balance, "GET"),
            ("/v1_0/accountholder/<kind>/<holder>/active", self.active, "GET"),
            ("/v1_0/accountholder/<kind>/<holder>/basicuserinfo", self.basic_data, "GET"),
        )
        collecting = (
            ("/v1_0/requesttopay", self.request_to_pay, "POST"),
            ("/v1_0/requesttopay/<ref>", self.payment, "GET"),
            ("/v1_0/requesttopay/<ref>/deliverynotification", self.tell_payer, "POST"),
            ("/v2_0/preapproval", self.ask_approval, "POST"),
            ("/v2_0/preapproval/<ref>", self.approval, "GET"),
            ("/v1_0/preapprovals/<kind>/<holder>", self.approvals, "GET"),
            ("/v1_0/preapproval/<approval>", self.end_approval, "DELETE"),
        )
        paying = (
            ("/<any(v1_0):version>/<any(transfer):kind>", self.pay_out, "POST"),
            ("/<any(v1_0, v2_0):version>/<any(deposit):kind>", self.pay_out, "POST"),
            ("/v1_0/<any(transfer, deposit):kind>/<ref>", self.payout, "GET"),
            ("/<any(v1_0, v2_0):version>/refund", self.give_back, "POST"),
            ("/v1_0/refund/<ref>", self.refund, "GET"),
        )
        for path, view, method in (*for_both, *(collecting if product == "collection" else paying)):
            self._rule(root, path, view, method, platform=platform, product=product)

    def _rule(self, root: str, path: str, view: Callable[..., Response], method: str, **defaults: str) -> None:
        endpoint = f"{method} {root}{path}".replace(".", "_")
        self.blueprint.add_url_rule(root + path, endpoint, view, methods=[method], defaults=defaults)

    @operation("provision")
    def create_user(self) -> Response:
        return self.access.provision()

    @operation("provision")
    def create_key(self, user: str) -> Response:
        return self.access.make_key(user)

    @operation("provision")
    def show_user(self, user: str) -> Response:
        return self.access.show_user(user)

    @operation("token")
    def token(self, platform: str, product: str) -> Response:
        return self.access.issue_token(platform, product)

    @operation("create_session")
    @for_caller
    def request_to_pay(self, caller: Caller) -> Response:
        ref = self._take(caller, PAYMENT, "v1_0", role="payer")
        self._ask_payer(ref)
        return Response(status=202)

    @operation("get_session")
    @for_caller
    def payment(self, caller: Caller, ref: str) -> Response:
        return self._status(caller, PAYMENT, ref)

    @operation("tell_payer")
    @for_caller
    def tell_payer(self, caller: Caller, ref: str) -> Response:
        if self._mtn.request(caller, PAYMENT, ref)["status"] != "SUCCESSFUL":
            raise _not_found()
        self.stage.book.put("mtn.note", ref, reference=None, body={"note": orders.delivery_note()})
        return Response(status=200)

    @operation("create_payout")
    @for_caller
    def pay_out(self, caller: Caller, version: str, kind: str) -> Response:
        self._take(caller, kind, version, role="payee")
        return Response(status=202)

    @operation("get_payout")
    @for_caller
    def payout(self, caller: Caller, kind: str, ref: str) -> Response:
        return self._status(caller, kind, ref)

    @operation("refund_session")
    @for_caller
    def give_back(self, caller: Caller, version: str) -> Response:
        self._take(caller, REFUND, version, role="")
        return Response(status=202)

    @operation("get_refund")
    @for_caller
    def refund(self, caller: Caller, ref: str) -> Response:
        return self._status(caller, REFUND, ref)

    @operation("create_mandate")
    @for_caller
    def ask_approval(self, caller: Caller) -> Response:
        ref = orders.reference_id()
        callback = orders.callback(caller, self.stage.faults, version="v2_0")
        self._mtn.take(caller, PREAPPROVAL, ref, orders.preapproval(caller), callback=callback)
        self._ask_payer(ref)
        return Response(status=202)

    @operation("get_mandate")
    @for_caller
    def approval(self, caller: Caller, ref: str) -> Response:
        return self._status(caller, PREAPPROVAL, ref)

    @operation("list_mandates")
    @for_caller
    def approvals(self, caller: Caller, kind: str, holder: str) -> Response:
        if self.stage.faults.switched("unlisted", holder):
            raise _not_found()
        return _json([listed(one) for one in self._mtn.preapprovals(caller, holder)])

    @operation("cancel_mandate")
    @for_caller
    def end_approval(self, caller: Caller, approval: str) -> Response:
        self._mtn.end_preapproval(caller, approval)
        return Response(status=200)

    @operation("balance")
    @for_caller
    def balance(self, caller: Caller, currency: str = "") -> Response:
        if currency and currency != caller.wallet.currency:
            raise Refused(500, "INVALID_CURRENCY", "Currency not supported.")
        left = self._mtn.balance(caller.wallet.market, caller.product)
        return _json({"availableBalance": str(left), "currency": caller.wallet.currency})

    @operation("check_holder")
    @for_caller
    def active(self, caller: Caller, kind: str, holder: str) -> Response:
        return _json({"result": _holds(caller, kind, holder)})

    @operation("check_holder_name")
    @for_caller
    def basic_data(self, caller: Caller, kind: str, holder: str) -> Response:
        _holds(caller, kind, holder)
        if self.stage.faults.switched("nameless", holder):
            raise Refused(500, "NOT_ALLOWED", "Not part of the contract.")
        given, family = _SANDBOX_NAME if caller.is_sandbox else _NAMES[int(holder[-1])]
        names = {"name": f"{given} {family}", "given_name": given, "family_name": family}
        return _json({**_PERSON, **names})

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does. See `rehearsal.stage.Simulator`."""
        if action == "approve":
            self._mtn.approve(session, late=bool(options.get("late")))
        elif action == "refuse":
            self._mtn.fail(session, code="APPROVAL_REJECTED")
        elif action == "fail":
            code = options.get("code") or "NOT_ENOUGH_FUNDS"
            self._mtn.fail(session, code=_WORD_OF.get(code, code))

    def waiting(self) -> list[Prompt]:
        """The prompts on the payers' phones."""
        return [
            Prompt(
                session=one["id"],
                provider=NAME,
                market=one["market"],
                phone=f"+{one['payer']['partyId']}",
                text=_spoken(one),
            )
            for one in self._mtn.waiting()
        ]

    def _take(self, caller: Caller, kind: str, version: str, *, role: str) -> str:
        ref = orders.reference_id()
        callback = orders.callback(caller, self.stage.faults, version=version)
        order = orders.transaction(caller, self.stage.faults, role=role)
        self._mtn.take(caller, kind, ref, order, callback=callback)
        return ref

    def _ask_payer(self, ref: str) -> None:
        asked = self._mtn.session(ref)
        if asked["status"] == "PENDING" and asked["environment"] != SANDBOX:
            self.stage.payers.asked(ref, asked["payer"]["partyId"], self.act)

    def _status(self, caller: Caller, kind: str, ref: str) -> Response:
        if self.stage.faults.switched("not_yet_readable", ref):
            raise _not_found()
        return _json(shown(self._mtn.request(caller, kind, ref)))


def _holds(caller: Caller, kind: str, holder: str) -> bool:
    """Whether somebody holds that wallet.

    :raises Refused: nobody, or the sandbox's number is one for errors.
    """
    if kind.lower() not in ("msisdn", "email", "party_code"):
        raise Refused(400)
    if caller.is_sandbox and holder in sandbox.HOLDERS:
        status, code = sandbox.HOLDERS[holder]
        if code:
            raise Refused(status, code)
        return False
    if not caller.is_sandbox and (not holder.startswith(caller.wallet.dial) or holder.endswith("029")):
        raise _not_found()
    return True


def _headers(delivery: Delivery) -> Mapping[str, str]:
    """Nothing is signed; only the address proves that somebody was told it."""
    return {"User-Agent": "LWAC Http Client 1.0", "Content-Type": "application/json; charset=utf-8"}


def _spoken(one: Mapping[str, Any]) -> str:
    """`1500 XOF à Coko (démo) — Un livre`."""
    if one["kind"] == PREAPPROVAL:
        return f"Autoriser {one['business_name']} à débiter — {one['payerMessage']}"
    return f"{one['amount']} {one['currency']} à {one['business_name']} — {one['payerMessage']}"


def _not_found() -> Refused:
    return Refused(404, "RESOURCE_NOT_FOUND", "Requested resource was not found.")


def _json(document: Any) -> Response:
    return Response(json.dumps(document), mimetype="application/json")
