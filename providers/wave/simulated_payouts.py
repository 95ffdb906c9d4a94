"""What Wave does with payouts, without HTTP: inside the simulator.

The last three digits of a number decide what becomes of a payout to it; any other number receives.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.rehearsal.stage import NoSuchSession, Stage, TooLate
from providers.wave.simulated_wallets import History, Wallet, fee_of, shown, stamp

Payout = dict[str, Any]

STUCK = "129"
TERMINATED = "138"  # receives, and is closed before anybody can call it back
REFUSALS: Mapping[str, str] = {
    "018": "recipient-minor",
    "029": "recipient-account-inactive",
    "039": "recipient-account-blocked",
    "048": "insufficient-funds",
    "058": "recipient-limit-exceeded",
}
FAILURES: Mapping[str, str] = {"068": "payment-failure"}  # accepted, and told as failed in a 200
CALLING_CODES: Mapping[str, str] = {"SN": "+221", "CI": "+225", "ML": "+223"}

_REVERSAL_WINDOW = timedelta(days=3)
_BATCH_SECONDS = 1  # how long a batch says `processing`
_PAYOUT, _BATCH, _KEY, _TRANSACTION = "wave.payout", "wave.batch", "wave.key", "wave.payout_transaction"


class PayoutRefused(Exception):
    """Not carried out; `code` is Wave's word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SimulatedPayouts:
    """Payouts, batches and the keys they were asked under, over the stage's book."""

    def __init__(self, stage: Stage, history: History) -> None:
        self._stage = stage
        self._book = stage.book
        self._history = history

    def create(self, wallet: Wallet, key: str, order: Mapping[str, Any]) -> Payout:
        """Pay once for a key, however often it is asked.

        :raises PayoutRefused: the recipient or the wallet cannot, or the key went with another order.
        """
        with self._book.writing():
            if known := self._under(wallet, key, order):
                return self.payout(wallet, known)
            if code := self._refusal(wallet, order):
                raise PayoutRefused(code)
            payout = self._carried_out(wallet, order)
            self._remember(wallet, key, order, payout["id"])
        return payout

    def create_batch(self, wallet: Wallet, key: str, orders: Sequence[Mapping[str, Any]]) -> str:
        """Each on its own: one that fails does not keep the others.

        :raises PayoutRefused: the key went with another list.
        """
        with self._book.writing():
            if known := self._under(wallet, key, orders):
                return known
            batch_id = f"pb-{secrets.token_hex(8)}"
            payouts = [self._one_of(wallet, order, batch_id) for order in orders]
            body = {
                "id": batch_id,
                "market": wallet.market,
                "payouts": [payout["id"] for payout in payouts],
                "settles": stamp(self._stage.clock.now() + timedelta(seconds=_BATCH_SECONDS)),
            }
            self._book.put(_BATCH, batch_id, reference=None, body=body)
            self._remember(wallet, key, orders, batch_id)
        return batch_id

    def batch(self, wallet: Wallet, batch_id: str) -> dict[str, Any]:
        """:raises NoSuchSession: unknown, or another wallet's."""
        batch = self._book.get(_BATCH, batch_id)
        if batch is None or batch["market"] != wallet.market:
            raise NoSuchSession(batch_id)
        is_settled = self._is_settled(batch)
        payouts = [self.payout(wallet, payout_id) for payout_id in batch["payouts"]]
        return {"id": batch_id, "status": "complete" if is_settled else "processing", "payouts": payouts}

    def payout(self, wallet: Wallet, payout_id: str) -> Payout:
        """The payout as the API shows it.

        :raises NoSuchSession: unknown, or another wallet's.
        """
        payout = self._own(payout_id, wallet)
        batch = self._book.get(_BATCH, payout["batch_id"]) if "batch_id" in payout else None
        if batch and not self._is_settled(batch):
            return {**shown(payout, "transaction_id", "payout_error"), "status": "processing"}
        return shown(payout, "transaction_id")

    def search(self, wallet: Wallet, reference: str) -> list[Payout]:
        found = self._book.find(_PAYOUT, reference=reference)
        return [self.payout(wallet, one["id"]) for one in found if one["market"] == wallet.market]

    def told_of(self, transaction_id: str) -> dict[str, Any]:
        """What a statement says of the payout behind a transaction; nothing when there is none."""
        return self._book.get(_TRANSACTION, transaction_id) or {}

    def reverse(self, wallet: Wallet, payout_id: str) -> None:
        """Take amount and fee back, once.

        :raises PayoutRefused: too late, gone, or nothing arrived.
        """
        with self._book.writing():
            payout = self._own(payout_id, wallet)
            if payout["status"] == "reversed":
                return
            if code := self._irreversible(payout):
                raise PayoutRefused(code)
            amount = Decimal(payout["receive_amount"])
            self._history.move("api_payout_reversal", payout, amount, -Decimal(payout["fee"]), payout["transaction_id"])
            self._save({**payout, "status": "reversed"})

    def settle(self, payout_id: str, *, error: str = "") -> None:
        """End a stuck one: with the money there, or with an error.

        :raises TooLate: it has ended.
        """
        with self._book.writing():
            payout = self._own(payout_id)
            if payout["status"] != "processing":
                raise TooLate(payout_id)
            self._save(self._failed(payout, error) if error else self._paid(payout))

    def _one_of(self, wallet: Wallet, order: Mapping[str, Any], batch_id: str) -> Payout:
        code = self._refusal(wallet, order)
        return self._carried_out(wallet, order, batch_id=batch_id, error=code)

    def _refusal(self, wallet: Wallet, order: Mapping[str, Any]) -> str:
        if not order["mobile"].startswith(CALLING_CODES[wallet.market]):
            return "country-mismatch"
        if code := REFUSALS.get(order["mobile"][-3:], ""):
            return code
        return "insufficient-funds" if self._is_short(wallet, Decimal(order["receive_amount"])) else ""

    def _is_short(self, wallet: Wallet, amount: Decimal) -> bool:
        if wallet.overdraft is None:
            return False
        return self._history.balance(wallet) + wallet.overdraft < amount + fee_of(amount)

    def _carried_out(self, wallet: Wallet, order: Mapping[str, Any], *, batch_id: str = "", error: str = "") -> Payout:
        ending = order["mobile"][-3:]
        payout: Payout = {
            **order,
            "id": f"pt-{secrets.token_hex(8)}",
            "market": wallet.market,
            "fee": str(fee_of(Decimal(order["receive_amount"]))),
            "status": "processing",
            "timestamp": stamp(self._stage.clock.now()),
            **({"batch_id": batch_id} if batch_id else {}),
        }
        if error := error or FAILURES.get(ending, ""):
            payout = self._failed(payout, error)
        elif ending != STUCK:
            payout = self._paid(payout)
        self._save(payout)
        return self.payout(wallet, payout["id"])

    def _paid(self, payout: Payout) -> Payout:
        transaction_id = f"T_{secrets.token_hex(5).upper()}"
        fee = Decimal(payout["fee"])
        self._history.move("api_payout", payout, -Decimal(payout["receive_amount"]), fee, transaction_id)
        told = {"counterparty_mobile": payout["mobile"], "payment_reason": payout.get("payment_reason")}
        told |= {"counterparty_name": payout.get("name"), "batch_id": payout.get("batch_id")}
        self._book.put(_TRANSACTION, transaction_id, reference=None, body=told)
        return {**payout, "status": "succeeded", "transaction_id": transaction_id}

    def _failed(self, payout: Payout, code: str) -> Payout:
        return {
            **payout,
            "status": "failed",
            "payout_error": {"error_code": code, "error_message": f"Simulated: {code}"},
        }

    def _irreversible(self, payout: Payout) -> str:
        if payout["status"] != "succeeded":
            return "payout-not-reversible"
        if payout["mobile"].endswith(TERMINATED):
            return "payout-reversal-account-terminated"
        sent_at = datetime.strptime(payout["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        is_late = self._stage.clock.now() - sent_at > _REVERSAL_WINDOW
        return "payout-reversal-time-limit-exceeded" if is_late else ""

    def _is_settled(self, batch: Mapping[str, Any]) -> bool:
        return bool(stamp(self._stage.clock.now()) >= batch["settles"])

    def _under(self, wallet: Wallet, key: str, order: Any) -> str:
        known = self._book.get(_KEY, f"{wallet.market}:{key}")
        if known and known["order"] != json.dumps(order, sort_keys=True):
            raise PayoutRefused("idempotency-mismatch")
        return known["id"] if known else ""

    def _remember(self, wallet: Wallet, key: str, order: Any, made: str) -> None:
        body = {"order": json.dumps(order, sort_keys=True), "id": made}
        self._book.put(_KEY, f"{wallet.market}:{key}", reference=None, body=body)

    def _own(self, payout_id: str, wallet: Wallet | None = None) -> Payout:
        payout = self._book.get(_PAYOUT, payout_id)
        if payout is None or (wallet and payout["market"] != wallet.market):
            raise NoSuchSession(payout_id)
        return payout

    def _save(self, payout: Payout) -> None:
        self._book.put(_PAYOUT, payout["id"], reference=payout.get("client_reference"), body=payout)
