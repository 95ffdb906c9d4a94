"""What Orange Cameroon does with tickets, prompts and cash-ins, without HTTP: the inside of the simulator.

Shares no code with the adapter.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from providers.orange.staging import is_near, stamp, transaction_id
from providers.rehearsal.book import Movement
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

Ticket = dict[str, Any]

NAME = "orange_core"
_KIND = f"{NAME}.ticket"
_LIFE = timedelta(minutes=10)
_FLOAT = 1_000_000
_RECORD = (
    "subscriberMsisdn", "amount", "txnid", "txnmode", "inittxnmessage", "inittxnstatus", "confirmtxnstatus",
    "confirmtxnmessage", "notifUrl", "description", "channelUserMsisdn",
)  # fmt: skip
_PROMPT = "Paiement e la clientele done. Confirmez le paiement en saisissant votre code PIN."


class Used(Exception):
    """A ticket serves once."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel user and its secrets."""

    market: str
    currency: str
    name: str
    msisdn: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    api_user: str = field(repr=False)
    api_password: str = field(repr=False)
    pin: str = field(repr=False)


class SimulatedCore:
    """Tickets and the money that moved, over the stage's book."""

    def __init__(self, stage: Stage, channel: Channel) -> None:
        self._stage = stage
        self._book = stage.book
        self._channel = channel

    def ticket(self, family: str) -> Ticket:
        """A new one, of `mp` or `cashin`."""
        now = self._stage.clock.now()
        made = {
            "family": family,
            "id": secrets.randbelow(10**8),
            "createtime": str(int(now.timestamp())),
            "payToken": f"{'MP' if family == 'mp' else 'CI'}{now:%y%m%d}{secrets.token_hex(10).upper()}",
            "status": "INITIATED",
            "ends": stamp(now + _LIFE),
            **dict.fromkeys(_RECORD),
        }
        self._save(made)
        return made

    def found(self, pay_token: str, family: str = "") -> Ticket:
        """The ticket as it is now; an expired one has forgotten nearly everything.

        :raises NoSuchSession: there is none, or it is of the other family.
        """
        ticket = self._book.get(_KIND, pay_token)
        if ticket is None or (family and ticket["family"] != family):
            raise NoSuchSession(pay_token)
        is_open = ticket["status"] in ("INITIATED", "PENDING") and ticket["family"] == "mp"
        if is_open and stamp(self._stage.clock.now()) >= ticket["ends"]:
            return {**ticket, "status": "EXPIRED", **dict.fromkeys(_RECORD)}
        return ticket

    def prompt(self, pay_token: str, order: Mapping[str, Any], *, refusal: tuple[str, str] | None) -> Ticket:
        """Use the ticket for a payment: a prompt arrives on the phone, or it fails at once.

        :raises NoSuchSession: no such ticket.
        :raises Used: it was used before.
        """
        with self._book.writing():
            ticket = self._use(pay_token, "mp", order)
            code, text = refusal or ("200", _PROMPT)
            ticket |= {"status": "FAILED" if refusal else "PENDING", "inittxnstatus": code, "inittxnmessage": text}
            ticket["txnid"] = None if refusal else transaction_id("MP", self._stage.clock.now())
            self._save(ticket)
        return ticket

    def cash_in(self, pay_token: str, order: Mapping[str, Any], *, refusal: tuple[str, str] | None) -> Ticket:
        """Use the ticket for a payout, done at once; raises as `prompt`."""
        with self._book.writing():
            ticket = self._use(pay_token, "cashin", order)
            code, text = refusal or ("200", "Cash in done")
            ticket |= {"inittxnstatus": code, "inittxnmessage": text}
            if refusal:
                ticket["status"] = "FAILED"
                self._save(ticket)
            else:
                ticket["txnid"] = transaction_id("CI", self._stage.clock.now())
                self._succeed(ticket, -int(ticket["amount"]))
        return ticket

    def approve(self, pay_token: str, *, late: bool = False) -> None:
        """The payer types the PIN.

        :raises NoSuchSession: no such prompt.
        :raises TooLate: it has ended, unless `late` asks for just that.
        """
        with self._book.writing():
            ticket = self._open(pay_token, late=late)
            self._succeed(ticket, int(ticket["amount"]))
            self._tell(ticket)

    def refuse(self, pay_token: str, *, code: str = "", text: str = "Refused by the customer") -> None:
        """The payer says no; raises as `approve`."""
        with self._book.writing():
            ticket = self._open(pay_token)
            ticket |= {"status": "FAILED", "confirmtxnstatus": code or "400", "confirmtxnmessage": text}
            if code:
                ticket["inittxnstatus"] = code
            self._save(ticket)
            self._tell(ticket)

    def prompts(self) -> list[Ticket]:
        """Those that wait for their payer, the latest first; a hundred at most."""
        found = [self.found(one["payToken"]) for one in self._book.latest(_KIND, limit=100)]
        return [ticket for ticket in found if ticket["status"] == "PENDING" and ticket["family"] == "mp"]

    def balance(self) -> int:
        return _FLOAT + sum(int(one.amount) for one in self._book.movements() if one.provider == NAME)

    def _use(self, pay_token: str, family: str, order: Mapping[str, Any]) -> Ticket:
        ticket = self.found(pay_token, family)
        if ticket["status"] != "INITIATED":
            raise Used(pay_token)
        copied = ("subscriberMsisdn", "description", "channelUserMsisdn")
        ticket |= {key: order.get(key) for key in copied}
        ticket |= {"amount": int(order["amount"]), "txnmode": order["orderId"], "notifUrl": order.get("notifUrl", "")}
        return ticket

    def _open(self, pay_token: str, *, late: bool = False) -> Ticket:
        shown = self.found(pay_token)
        if shown["status"] != "PENDING" and not (late and shown["status"] == "EXPIRED"):
            raise TooLate(pay_token)
        ticket = self._book.get(_KIND, pay_token)
        if ticket is None or ticket["status"] != "PENDING":
            raise TooLate(pay_token)
        return ticket

    def _succeed(self, ticket: Ticket, amount: int) -> None:
        ticket |= {"status": "SUCCESSFULL", "confirmtxnstatus": "200", "confirmtxnmessage": "Successful"}
        self._save(ticket)
        self._book.move(
            Movement(
                provider=NAME,
                market=self._channel.market,
                kind="payment" if ticket["family"] == "mp" else "cashin",
                session=ticket["payToken"],
                client_reference=ticket["txnmode"],
                transaction_id=ticket["txnid"],
                amount=str(amount),
                fee="0",
                currency=self._channel.currency,
                at=stamp(self._stage.clock.now()),
            )
        )

    def _save(self, ticket: Ticket) -> None:
        self._book.put(_KIND, ticket["payToken"], reference=ticket["txnmode"], body=ticket)

    def _tell(self, ticket: Ticket) -> None:
        if is_near(ticket["notifUrl"]):
            event = {"payToken": ticket["payToken"], "status": ticket["status"], "txnid": ticket["txnid"]}
            self._stage.courier.publish(
                provider=NAME, market=self._channel.market, event=event, url=ticket["notifUrl"], retried=False
            )
