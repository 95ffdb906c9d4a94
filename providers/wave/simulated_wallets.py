"""The simulator's wallets and what moved in them, from the book.

Like all of the simulator's inside it was written from the documentation on its own and shares no code with the
adapter: a misreading made once must not agree with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from providers.rehearsal.book import Movement
from providers.rehearsal.stage import Stage

NAME = "wave"
_FEE_RATE = Decimal("0.01")
_OF_CHECKOUT = ("api_checkout", "api_checkout_refund")


@dataclass(frozen=True, slots=True)
class Wallet:
    """One business wallet, its secrets, and how far below zero it may go (a real one: not at all)."""

    market: str
    currency: str
    business_name: str
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)  # set: every request with that key must be signed
    webhook_strategy: str = "signature"  # or `shared_secret`
    overdraft: Decimal | None = Decimal(0)  # None: any


class History:
    """What moved. Amounts in the book are gross, Wave shows them net: what the wallet gained."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def move(self, kind: str, thing: Mapping[str, Any], amount: Decimal, fee: Decimal, transaction_id: str) -> None:
        """Write down money that moves for a session or payout now."""
        self._stage.book.move(
            Movement(
                provider=NAME,
                market=thing["market"],
                kind=kind,
                session=thing["id"],
                client_reference=thing.get("client_reference"),
                transaction_id=transaction_id,
                amount=str(amount),
                fee=str(fee),
                currency=thing["currency"],
                at=stamp(self._stage.clock.now()),
            )
        )

    def lines(self, wallet: Wallet) -> list[dict[str, Any]]:
        """The wallet's transactions, oldest first."""
        balance, items = Decimal(0), []
        for movement in self._stage.book.movements():
            if (movement.provider, movement.market) == (NAME, wallet.market):
                net = Decimal(movement.amount) - Decimal(movement.fee)
                balance += net
                items.append({**_shown(movement), "amount": str(net), "balance": str(balance)})
        return items

    def balance(self, wallet: Wallet) -> Decimal:
        lines = self.lines(wallet)
        return Decimal(lines[-1]["balance"]) if lines else Decimal(0)


def fee_of(amount: Decimal) -> Decimal:
    """One percent, to the whole unit."""
    return (amount * _FEE_RATE).quantize(Decimal(1), rounding=ROUND_HALF_UP)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(thing: Mapping[str, Any], *hidden: str) -> dict[str, Any]:
    """A session or payout as the API shows it."""
    return {key: value for key, value in thing.items() if key not in {"market", *hidden}}


def _shown(movement: Movement) -> dict[str, Any]:
    return {
        "timestamp": movement.at,
        "transaction_id": movement.transaction_id,
        "transaction_type": movement.kind,
        "fee": movement.fee,
        "currency": movement.currency,
        "is_reversal": movement.kind.endswith(("_refund", "_reversal")),
        "client_reference": movement.client_reference,
        "checkout_api_session_id": movement.session if movement.kind in _OF_CHECKOUT else None,
    }
