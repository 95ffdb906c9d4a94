"""Wave's payouts, balance and transactions over HTTP, played on this machine."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request

from providers.wave.simulated_payouts import PayoutRefused, SimulatedPayouts
from providers.wave.simulated_recipients import SimulatedRecipients, TooOften
from providers.wave.simulated_wallets import Wallet
from providers.wave.simulator_door import Door, Refused, answer_with, asked, check, is_text, operation

_WHOLE = re.compile(r"\A[1-9][0-9]{0,11}\Z")
_MOBILE = re.compile(r"\A\+[1-9][0-9]{7,14}\Z")
_UNKNOWN = "not-found"
# Wave's documents show three shapes and do not say which error comes in which; every client must read them all.
_SHAPES = {
    "country-mismatch": (400, "code"),
    "idempotency-mismatch": (409, "code"),
    "insufficient-funds": (422, "error"),
}


class AccountRoutes(Door):
    """What a wallet does besides collecting."""

    @property
    def account_rules(self) -> tuple[tuple[str, Callable[..., Response], str], ...]:
        return (
            ("/v1/payout", self.create_payout, "POST"),
            ("/v1/payout/<payout_id>", self.get_payout, "GET"),
            ("/v1/payout/<payout_id>/reverse", self.reverse_payout, "POST"),
            ("/v1/payouts/search", self.search_payouts, "GET"),
            ("/v1/payout-batch", self.create_batch, "POST"),
            ("/v1/payout-batch/<batch_id>", self.get_batch, "GET"),
            ("/v1/verify_recipient/", self.check_holder, "POST"),
            ("/v1/balance", self.balance, "GET"),
            ("/v1/transactions", self.transactions, "GET"),
        )

    @property
    def payouts(self) -> SimulatedPayouts:
        return SimulatedPayouts(self.stage, self.history)

    @operation("create_payout", unknown=_UNKNOWN)
    def create_payout(self, wallet: Wallet) -> Response:
        key, order = _key(), asked()
        _check_payout(order, wallet)
        try:
            return answer_with(self.payouts.create(wallet, key, order))
        except PayoutRefused as refused:
            status, shape = _SHAPES.get(refused.code, (422, "error_code"))
            raise Refused(status, refused.code, shape=shape) from None

    @operation("get_payout", unknown=_UNKNOWN)
    def get_payout(self, wallet: Wallet, payout_id: str) -> Response:
        return answer_with(self.payouts.payout(wallet, payout_id))

    @operation("search_payouts", unknown=_UNKNOWN)
    def search_payouts(self, wallet: Wallet) -> Response:
        return answer_with({"result": self.payouts.search(wallet, request.args.get("client_reference", ""))})

    @operation("reverse_payout", unknown=_UNKNOWN)
    def reverse_payout(self, wallet: Wallet, payout_id: str) -> Response:
        try:
            self.payouts.reverse(wallet, payout_id)
        except PayoutRefused as refused:
            raise Refused(422, refused.code) from None
        return Response(status=200)

    @operation("create_batch", unknown=_UNKNOWN)
    def create_batch(self, wallet: Wallet) -> Response:
        key, orders = _key(), asked().get("payouts")
        if not isinstance(orders, list) or not orders or not all(isinstance(order, dict) for order in orders):
            raise Refused(400, "request-validation-error", "payouts is missing or malformed", loc="payouts")
        for order in orders:
            _check_payout(order, wallet)
        try:
            return answer_with({"id": self.payouts.create_batch(wallet, key, orders)})
        except PayoutRefused as refused:
            raise Refused(409, refused.code) from None

    @operation("get_batch", unknown=_UNKNOWN)
    def get_batch(self, wallet: Wallet, batch_id: str) -> Response:
        return answer_with(self.payouts.batch(wallet, batch_id))

    @operation("check_holder", unknown=_UNKNOWN)
    def check_holder(self, wallet: Wallet) -> Response:
        order = asked()
        is_amount = order.get("amount") is None or order.get("currency") == wallet.currency
        check(order, {"mobile": _is_mobile, "name": is_text(255), "amount": lambda _: is_amount})
        try:
            return answer_with(SimulatedRecipients(self.stage).check(wallet, order))
        except TooOften:
            raise Refused(429, "too-many-requests") from None

    @operation("balance", unknown=_UNKNOWN)
    def balance(self, wallet: Wallet) -> Response:
        return answer_with({"amount": str(self.history.balance(wallet)), "currency": wallet.currency})

    @operation("transactions", unknown=_UNKNOWN)
    def transactions(self, wallet: Wallet) -> Response:
        date = request.args.get("date") or self.stage.clock.now().date().isoformat()
        items = [self._told(item) for item in self.history.lines(wallet) if item["timestamp"].startswith(date)]
        start = int(request.args.get("after") or 0)
        end = start + int(request.args.get("first") or self.page_size)
        page = {
            "start_cursor": str(start) if start else None,
            "end_cursor": str(end),
            "has_next_page": end < len(items),
        }
        return answer_with({"page_info": page, "date": date, "items": items[start:end]})

    def _told(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Of a payout also to whom, why and in which batch."""
        return {**item, **self.payouts.told_of(item["transaction_id"])}


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 255:
        raise Refused(400, "request-validation-error", "Idempotency-Key is missing or too long", loc="Idempotency-Key")
    return key


def _check_payout(order: Mapping[str, Any], wallet: Wallet) -> None:
    if order.get("currency") != wallet.currency:
        raise Refused(400, "currency-mismatch")
    check(
        order,
        {
            "receive_amount": lambda value: isinstance(value, str) and bool(_WHOLE.match(value)),
            "mobile": _is_mobile,
            "name": is_text(255),
            "national_id": is_text(255),
            "payment_reason": is_text(40),
            "client_reference": is_text(255),
        },
    )


def _is_mobile(value: Any) -> bool:
    return isinstance(value, str) and bool(_MOBILE.match(value))
