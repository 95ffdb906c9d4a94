"""What Sonatel does with codes, payments and payouts, without HTTP: the inside of the simulator.

Shares no code with the adapter.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from providers.orange.staging import is_near, stamp, transaction_id
from providers.rehearsal.book import Movement
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

Document = dict[str, Any]

NAME = "orange_sonatel"
_CODES = f"{NAME}.qr"
_TRANSACTIONS = f"{NAME}.transaction"
_OTPS = f"{NAME}.otp"
_OTP_LIFE = timedelta(minutes=10)
_FLOAT = 1_000_000  # what the wallet began with


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant with a wallet that can pay out."""

    market: str
    currency: str
    name: str
    code: str
    client_id: str
    msisdn: str
    client_secret: str = field(repr=False)
    pin: str = field(repr=False)
    signing_secret: str = field(repr=False)
    callback_key: str = field(repr=False)


class SimulatedSonatel:
    """Codes, transactions and the money that moved, over the stage's book. One merchant."""

    def __init__(self, stage: Stage, merchant: Merchant) -> None:
        self._stage = stage
        self._book = stage.book
        self._merchant = merchant
        self.registered = ""

    def make_code(self, order: Mapping[str, Any], *, callback_url: str) -> Document:
        """A code that can be paid until it ends, once if it is so restricted."""
        now = self._now()
        restrictions = order.get("restrictions") or {}
        code = {
            "id": secrets.token_urlsafe(15),
            "reference": order.get("reference"),
            "value": int(order["amount"]["value"]),
            "payer": restrictions.get("payerMsisdn") or "",
            "single": bool(restrictions.get("isSingleUse")),
            "success_url": order.get("callbackSuccessUrl", ""),
            "cancel_url": order.get("callbackCancelUrl", ""),
            "callback_url": callback_url,
            "metadata": order.get("metadata") or {},
            "status": "OPEN",
            "transaction": "",
            "validity": order["validity"],
            "starts": stamp(now),
            "ends": stamp(now + timedelta(seconds=order["validity"])),
        }
        self._book.put(_CODES, code["id"], reference=code["reference"], body=code)
        return code

    def code(self, code_id: str) -> Document:
        """The code as it is now.

        :raises NoSuchSession: there is none.
        """
        code = self._book.get(_CODES, code_id)
        if code is None:
            raise NoSuchSession(code_id)
        if code["status"] == "OPEN" and stamp(self._now()) >= code["ends"]:
            code["status"] = "OVER"
        return code

    def open_codes(self) -> list[Document]:
        """Those that wait for their payer, the latest first; a hundred at most."""
        found = [self.code(one["id"]) for one in self._book.latest(_CODES, limit=100)]
        return [code for code in found if code["status"] == "OPEN"]

    def pay_code(self, code_id: str, *, late: bool = False) -> None:
        """:raises TooLate: used up or over, unless `late` asks for just that."""
        with self._open(code_id, late=late) as code:
            done = self._record("MP", "MERCHANT_PAYMENT", code, status="SUCCESS", method="QRCODE")
            code["status"] = "USED" if code["single"] else "OPEN"
            code["transaction"] = done["transactionId"]

    def refuse_code(self, code_id: str, *, status: str = "CANCELLED", reason: str = "") -> None:
        """:raises TooLate: used up or over."""
        with self._open(code_id) as code:
            self._record("MP", "MERCHANT_PAYMENT", code, status=status, method="QRCODE", reason=reason)
            code["status"] = "REFUSED"

    def make_otp(self, msisdn: str) -> str:
        otp = f"{secrets.randbelow(10**6):06d}"
        ends = stamp(self._now() + _OTP_LIFE)
        self._book.put(_OTPS, msisdn, reference=None, body={"otp": otp, "ends": ends})
        return otp

    def takes_otp(self, msisdn: str, otp: str) -> bool:
        """Whether that is the number's code, still good; a right one is used up."""
        with self._book.writing():
            known = self._book.get(_OTPS, msisdn)
            right = known is not None and known["otp"] == otp and stamp(self._now()) < known["ends"]
            if right:
                self._book.put(_OTPS, msisdn, reference=None, body={"otp": "", "ends": ""})
        return right

    def record(self, prefix: str, kind: str, order: Mapping[str, Any], *, status: str) -> Document:
        """A payment by code, or a cash-in, done or under way."""
        wanted = {
            "value": int(order["amount"]["value"]),
            "reference": order.get("reference"),
            "payer": order["customer"]["id"],
            "callback_url": "",
            "metadata": order.get("metadata") or {},
        }
        with self._book.writing():
            return self._record(prefix, kind, wanted, status=status, method="OTP" if kind != "CASHIN" else "CASHIN")

    def finish(self, transaction: str, *, status: str, reason: str = "") -> None:
        """End one that is under way.

        :raises NoSuchSession: nobody knows it.
        :raises TooLate: it has ended.
        """
        with self._book.writing():
            found = self._book.get(_TRANSACTIONS, transaction)
            if found is None:
                raise NoSuchSession(transaction)
            if found["status"] != "PENDING":
                raise TooLate(transaction)
            found |= {"status": status, "updatedAt": stamp(self._now()), "statusReason": reason}
            self._save(found)
            self._settle(found)

    def pending(self) -> list[Document]:
        found = self._book.latest(_TRANSACTIONS, limit=100)
        return [one for one in found if one["status"] == "PENDING" and one["type"] != "CASHIN"]

    def transactions(self) -> list[Document]:
        """Oldest first."""
        return self._book.every(_TRANSACTIONS)

    def of_reference(self, reference: str) -> list[Document]:
        return self._book.find(_TRANSACTIONS, reference=reference)

    def transaction(self, transaction: str) -> Document | None:
        return self._book.get(_TRANSACTIONS, transaction)

    def balance(self) -> int:
        moved = (int(one.amount) - int(one.fee) for one in self._book.movements() if one.provider == NAME)
        return _FLOAT + sum(moved)

    @contextmanager
    def _open(self, code_id: str, *, late: bool = False) -> Iterator[Document]:
        with self._book.writing():
            code = self.code(code_id)
            if code["status"] != "OPEN" and not (late and code["status"] == "OVER"):
                raise TooLate(code_id)
            yield code
            self._book.put(_CODES, code["id"], reference=code["reference"], body=code)

    def _record(
        self, prefix: str, kind: str, wanted: Mapping[str, Any], *, status: str, method: str, reason: str = ""
    ) -> Document:
        now = stamp(self._now())
        done: Document = {
            "transactionId": transaction_id(prefix, self._now()),
            "reference": wanted["reference"],
            "type": kind,
            "status": status,
            "statusReason": reason,
            "amount": {"value": wanted["value"] * 1.0, "unit": self._merchant.currency},  # `10.0`, as observed
            "customer": {
                "idType": "MSISDN",
                "id": wanted["payer"] or "770000000",
                "firstName": "Awa",
                "lastName": "Démo",
            },
            "partner": {"idType": "CODE", "id": self._merchant.code},
            "channel": "API",
            "paymentMethod": method,
            "metadata": {**wanted["metadata"], "scope": "online-payment"},  # Orange adds keys of its own
            "createdAt": now,
            "updatedAt": now,
            "callback_url": wanted["callback_url"],
        }
        self._save(done)
        self._settle(done)
        return done

    def _save(self, done: Document) -> None:
        self._book.put(_TRANSACTIONS, done["transactionId"], reference=done["reference"], body=done)

    def _settle(self, done: Document) -> None:
        if done["status"] == "PENDING":
            return
        if done["status"] == "SUCCESS":
            value = int(done["amount"]["value"])
            self._book.move(
                Movement(
                    provider=NAME,
                    market=self._merchant.market,
                    kind=done["type"].lower(),
                    session=done["transactionId"],
                    client_reference=done["reference"],
                    transaction_id=done["transactionId"],
                    amount=str(-value if done["type"] == "CASHIN" else value),
                    fee="0",
                    currency=self._merchant.currency,
                    at=done["updatedAt"],
                )
            )
        self._tell(done)

    def _tell(self, done: Document) -> None:
        url = done["callback_url"] or self.registered
        if done["type"] == "CASHIN" or not is_near(url):
            return
        told = ("partner", "customer", "reference", "type", "channel", "transactionId", "paymentMethod")
        event = {key: done[key] for key in told}
        event["amount"] = {"value": int(done["amount"]["value"]), "unit": done["amount"]["unit"]}
        event["status"] = "SUCCESS" if done["status"] == "SUCCESS" else "FAILED"
        self._stage.courier.publish(provider=NAME, market=self._merchant.market, event=event, url=url)

    def _now(self) -> datetime:
        return self._stage.clock.now()
