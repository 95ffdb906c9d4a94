"""What Orange does with Web Payments, without HTTP: the inside of the simulator. Shares no code with the adapter."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from providers.orange.staging import is_near, stamp, transaction_id
from providers.rehearsal.book import Movement
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

Session = dict[str, Any]

NAME = "orange"
_KIND = "orange.session"
_CODES = "orange.otp"
_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant and its secrets."""

    market: str
    currency: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    merchant_key: str = field(repr=False)


class SimulatedWebPayment:
    """Sessions and the money that moved, over the stage's book."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = stage.book

    def create(self, merchant: Merchant, order: Mapping[str, Any]) -> Session:
        """A new session. An order id that was used before makes another one."""
        now = self._stage.clock.now()
        session = {
            "pay_token": secrets.token_hex(32),
            "notif_token": secrets.token_hex(16),
            "market": merchant.market,
            "merchant": merchant.name,
            "status": "INITIATED",
            "txnid": "",
            **{key: order[key] for key in ("order_id", "amount", "currency", "return_url", "cancel_url", "notif_url")},
            "expires": stamp(now + _LIFE),
        }
        self._save(session)
        return session

    def was_used(self, merchant: Merchant, order_id: str) -> bool:
        return any(found["market"] == merchant.market for found in self._book.find(_KIND, reference=order_id))

    def session(self, pay_token: str) -> Session:
        """The session as it is now, expired if its time is over.

        :raises NoSuchSession: there is none.
        """
        with self._book.writing():
            session = self._book.get(_KIND, pay_token)
            if session is None:
                raise NoSuchSession(pay_token)
            if session["status"] == "INITIATED" and stamp(self._stage.clock.now()) >= session["expires"]:
                session["status"] = "EXPIRED"
                self._save(session)
        return session

    def latest(self, order_id: str) -> Session:
        """:raises NoSuchSession: nobody ordered that."""
        found = self._book.find(_KIND, reference=order_id)
        if not found:
            raise NoSuchSession(order_id)
        return self.session(found[-1]["pay_token"])

    def open_sessions(self) -> list[Session]:
        """Those that wait for their payer, the latest first; a hundred at most."""
        found = [self.session(one["pay_token"]) for one in self._book.latest(_KIND, limit=100)]
        return [session for session in found if session["status"] == "INITIATED"]

    def dial(self, phone: str) -> str:
        """The payer dials for a code: six digits, good for one payment."""
        code = f"{secrets.randbelow(10**6):06d}"
        self._book.put(_CODES, phone, reference=None, body={"code": code})
        return code

    def takes(self, phone: str, code: str) -> bool:
        """Whether that is the number's code; a right one is used up."""
        with self._book.writing():
            known = self._book.get(_CODES, phone)
            right = known is not None and known["code"] != "" and known["code"] == code
            if right:
                self._book.put(_CODES, phone, reference=None, body={"code": ""})
        return right

    def approve(self, pay_token: str, *, late: bool = False) -> None:
        """The payer pays.

        :raises TooLate: it has ended, unless `late` asks for just that.
        """
        with self._book.writing():
            session = self._open(pay_token, late=late)
            now = self._stage.clock.now()
            session |= {"status": "SUCCESS", "txnid": transaction_id("MP", now)}
            self._save(session)
            self._book.move(
                Movement(
                    provider=NAME,
                    market=session["market"],
                    kind="payment",
                    session=session["order_id"],
                    client_reference=session["order_id"],
                    transaction_id=session["txnid"],
                    amount=str(session["amount"]),
                    fee="0",
                    currency=session["currency"],
                    at=stamp(now),
                )
            )
            self._tell(session)

    def fail(self, pay_token: str) -> None:
        """The payer says no, or has not the money: this contract has one word for both.

        :raises TooLate: it has ended.
        """
        with self._book.writing():
            session = self._open(pay_token)
            session |= {"status": "FAILED", "txnid": transaction_id("MP", self._stage.clock.now())}
            self._save(session)
            self._tell(session)

    def _open(self, pay_token: str, *, late: bool = False) -> Session:
        session = self.session(pay_token)
        if session["status"] != "INITIATED" and not (late and session["status"] == "EXPIRED"):
            raise TooLate(pay_token)
        return session

    def _save(self, session: Session) -> None:
        self._book.put(_KIND, session["pay_token"], reference=session["order_id"], body=session)

    def _tell(self, session: Session) -> None:
        """Once: nobody documents that Orange insists."""
        if is_near(session["notif_url"]):
            self._stage.courier.publish(
                provider=NAME,
                market=session["market"],
                event={key: session[key] for key in ("status", "notif_token", "txnid")},
                url=session["notif_url"],
                retried=False,
            )
