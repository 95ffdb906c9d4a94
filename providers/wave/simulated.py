"""What Wave does with checkout sessions, without HTTP: inside the simulator."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from providers.rehearsal.stage import NoSuchSession, Stage, TooLate
from providers.wave.simulated_wallets import NAME, History, Wallet, fee_of, shown, stamp

Session = dict[str, Any]

_LIFE = timedelta(minutes=30)
_KIND = "wave.session"


class NotOpen(TooLate):
    """The session was already completed or has expired."""


class NotRefundable(Exception):
    """Nothing was paid through that session."""


class SimulatedSessions:
    """Sessions, over the stage's book."""

    def __init__(self, stage: Stage, history: History) -> None:
        self._stage = stage
        self._book = stage.book
        self._history = history

    def create(self, wallet: Wallet, order: Mapping[str, Any], *, pay_url: str) -> Session:
        """A new open session; Wave does not care whether the reference was used before."""
        now, session_id = self._stage.clock.now(), f"cos-{secrets.token_hex(8)}"
        session = {
            "id": session_id,
            "market": wallet.market,
            "amount": order["amount"],
            "currency": order["currency"],
            "checkout_status": "open",
            "payment_status": "processing",
            "client_reference": order.get("client_reference"),
            "restrict_payer_mobile": order.get("restrict_payer_mobile"),
            "business_name": wallet.business_name,
            "last_payment_error": None,
            "success_url": order["success_url"],
            "error_url": order["error_url"],
            "wave_launch_url": f"{pay_url}/c/{session_id}?a={order['amount']}&c={order['currency']}&m=Coko",
            "when_created": stamp(now),
            "when_expires": stamp(now + _LIFE),
        }
        self._save(session)
        return session

    def session(self, session_id: str, wallet: Wallet | None = None) -> Session:
        """The session as it is now, expired if its time is over.

        :raises NoSuchSession: unknown, or another wallet's.
        """
        with self._book.writing():
            session = self._book.get(_KIND, session_id)
            if session is None or (wallet and session["market"] != wallet.market):
                raise NoSuchSession(session_id)
            if session["checkout_status"] == "open" and stamp(self._stage.clock.now()) >= session["when_expires"]:
                self._close(session, "expired", "cancelled", when=session["when_expires"])
        return session

    def search(self, wallet: Wallet, reference: str) -> list[Session]:
        found = self._book.find(_KIND, reference=reference)
        return [self.session(one["id"]) for one in found if one["market"] == wallet.market]

    def of_transaction(self, wallet: Wallet, transaction_id: str) -> Session:
        """:raises NoSuchSession: no session of the wallet was paid by it."""
        for session in self._book.every(_KIND):
            if session.get("transaction_id") == transaction_id and session["market"] == wallet.market:
                return session
        raise NoSuchSession(transaction_id)

    def open_sessions(self) -> list[Session]:
        """Those that wait for their payer, the latest first; a hundred at most."""
        found = [self.session(one["id"]) for one in self._book.latest(_KIND, limit=100)]
        return [session for session in found if session["checkout_status"] == "open"]

    def approve(self, session_id: str, *, late: bool = False) -> Session:
        """The payer pays.

        :raises NotOpen: too late, unless `late` asks for just that.
        """
        with self._open(session_id, late=late) as session:
            session["transaction_id"] = f"T_{secrets.token_hex(5).upper()}"
            self._close(session, "complete", "succeeded")
            self._move("api_checkout", session, Decimal(session["amount"]))
            self._tell("checkout.session.completed", session)
        return session

    def refuse(self, session_id: str) -> Session:
        """The payer says no, for good."""
        with self._open(session_id) as session:
            self._close(session, "complete", "cancelled")
            self._tell("checkout.session.payment_failed", session)
        return session

    def fail(self, session_id: str, *, code: str) -> Session:
        """One try of the payer fails; the session stays open for another."""
        with self._open(session_id) as session:
            session["last_payment_error"] = {"code": code, "message": f"Simulated: {code}"}
            self._save(session)
            self._tell("checkout.session.payment_failed", session)
        return session

    def expire(self, wallet: Wallet, session_id: str) -> None:
        """:raises NotOpen: already complete or expired."""
        self.session(session_id, wallet)
        with self._open(session_id) as session:
            self._close(session, "expired", "cancelled")

    def refund(self, wallet: Wallet, session_id: str) -> None:
        """Give everything back, once.

        :raises NotRefundable: nothing was paid.
        """
        with self._book.writing():
            session = self.session(session_id, wallet)
            if (session["checkout_status"], session["payment_status"]) != ("complete", "succeeded"):
                raise NotRefundable(session_id)
            if "when_refunded" not in session:
                session["when_refunded"] = stamp(self._stage.clock.now())
                self._save(session)
                self._move("api_checkout_refund", session, -Decimal(session["amount"]))

    @contextmanager
    def _open(self, session_id: str, *, late: bool = False) -> Iterator[Session]:
        with self._book.writing():
            session = self.session(session_id)
            if session["checkout_status"] != "open" and not (late and session["checkout_status"] == "expired"):
                raise NotOpen(session_id)
            yield session

    def _close(self, session: Session, checkout: str, payment: str, *, when: str | None = None) -> None:
        session["checkout_status"], session["payment_status"] = checkout, payment
        session["when_completed"] = when or stamp(self._stage.clock.now())
        self._save(session)

    def _save(self, session: Session) -> None:
        self._book.put(_KIND, session["id"], reference=session["client_reference"], body=session)

    def _move(self, kind: str, session: Session, amount: Decimal) -> None:
        self._history.move(kind, session, amount, fee_of(amount), session["transaction_id"])

    def _tell(self, kind: str, session: Session) -> None:
        event = {"id": f"EV_{secrets.token_hex(6)}", "type": kind, "data": shown(session)}
        self._stage.courier.publish(provider=NAME, market=session["market"], event=event)
