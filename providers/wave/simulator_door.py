"""Wave's door, played on this machine: whose key it is, how it refuses, what can be told to go wrong."""

import functools
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, jsonify, request

from providers.rehearsal.book import Delivery
from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.stage import NoSuchSession, Stage
from providers.wave.simulated_wallets import NAME, History, Wallet

_WORDS = Words(status=("checkout_status", "payment_status", "status"), amount=("amount", "receive_amount"))
_SOMEBODY_ELSES = "wave_xx_WHS_of_somebody_else"


def demo_wallets() -> tuple[Wallet, ...]:
    """The wallets this simulator knows, one of them with a shared secret. Their secrets are public and open nothing."""
    return tuple(
        Wallet(
            market=market,
            currency="XOF",
            business_name="Coko (démo)",
            api_key=f"wave_{market.lower()}_prod_demo_this_key_is_not_real",
            webhook_secret=f"wave_{market.lower()}_WHS_demo_this_secret_is_not_real",
            webhook_strategy=strategy,
            overdraft=None,  # so that payouts can be tried before anything came in
        )
        for market, strategy in (("SN", "signature"), ("CI", "signature"), ("ML", "shared_secret"))
    )


class Refused(Exception):
    """The API says no. `shape` is one of the three that Wave's documents show."""

    def __init__(self, status: int, code: str, message: str = "", *, loc: str = "", shape: str = "code") -> None:
        super().__init__(code)
        self.status = status
        self.document: dict[str, Any] = {shape: code}
        self.document["error_message" if shape == "error_code" else "message"] = message or code
        if loc:
            self.document["details"] = [{"loc": ["body", loc], "msg": message}]


def operation(
    name: str, *, unknown: str = "checkout-session-not-found"
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """An API call that can be told to go wrong under this name; `unknown` is its word for an id it does not know."""

    def mark(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def answer(self: "Door", **kwargs: str) -> Response:
            def work() -> Response:
                try:
                    return view(self, self.wallet(), **kwargs)
                except Refused as refused:
                    return answer_with(refused.document, refused.status)
                except NoSuchSession:
                    return answer_with(Refused(404, unknown).document, 404)

            fault = self.stage.faults.take(name, request.full_path + request.get_data(as_text=True))
            return perform(fault, work, words=_WORDS, stopping=self.stage.stopping) if fault else work()

        return answer

    return mark


class Door:
    """Knows the wallets by their keys, and proves notifications as each was registered."""

    def __init__(self, stage: Stage, wallets: tuple[Wallet, ...] = (), page_size: int = 1000) -> None:
        self.stage = stage
        self.history = History(stage)
        self.page_size = page_size
        self._wallets = wallets or demo_wallets()
        stage.courier.signs(NAME, self._proof)

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
        secret = _SOMEBODY_ELSES if delivery.forged else wallet.webhook_secret
        if wallet.webhook_strategy == "shared_secret":
            return {"Authorization": f"Bearer {secret}"}
        stamp = str(int(time.time()))
        return {"Wave-Signature": f"t={stamp},v1={_hmac(secret, stamp.encode() + delivery.body.encode())}"}


def asked() -> dict[str, Any]:
    """The request's document.

    :raises Refused: it is none.
    """
    order = request.get_json(silent=True)
    if not isinstance(order, dict):
        raise Refused(400, "request-not-json", "The body is no JSON object")
    return order


def check(order: Mapping[str, Any], fits: Mapping[str, Callable[[Any], bool]]) -> None:
    """:raises Refused: a field is missing or malformed; it is named."""
    for name, fit in fits.items():
        if not fit(order.get(name)):
            raise Refused(400, "request-validation-error", f"{name} is missing or malformed", loc=name)


def is_text(letters: int) -> Callable[[Any], bool]:
    """Nothing, or a text of at most so many letters."""
    return lambda value: value is None or (isinstance(value, str) and len(value) <= letters)


def spoken(session: Mapping[str, Any]) -> str:
    """`1 500 F CFA`, with the spaces that do not break."""
    figures = f"{int(session['amount']):,}".replace(",", "\u202f")
    unit = "F\u00a0CFA" if session["currency"] == "XOF" else session["currency"]
    return f"{figures}\u00a0{unit}"


def answer_with(document: Mapping[str, Any], status: int = 200) -> Response:
    answer = jsonify(document)
    answer.status_code = status
    return answer


def _check_signed(wallet: Wallet) -> None:
    header = request.headers.get("Wave-Signature", "")
    stamp, _, given = header.removeprefix("t=").partition(",v1=")
    if not header:
        raise Refused(401, "missing-signature")
    if not hmac.compare_digest(given, _hmac(wallet.signing_secret, stamp.encode() + request.get_data())):
        raise Refused(401, "invalid-auth")


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
