"""What Moov does with prompts, codes and money, without a wire: the inside of the simulator.

Written on its own; it shares no reading or writing code with the adapter. Where Moov's manners are unknown it takes the
worst: a reference asked for twice makes two prompts, and a payer who has two pays two.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from providers.rehearsal.book import Movement
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

Request = dict[str, Any]

NAME = "moov"
_LIFE = timedelta(minutes=5)
_KIND = "moov.request"
_LOOK_SECONDS = 0.02
_AHEAD = {"BJ": timedelta(hours=1)}


class Refused(Exception):
    """Moov says no, for one of the simulator's own reasons; each wire has its own figure for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Wallet:
    """One merchant on one platform, and the manners of that deployment."""

    market: str
    variant: str  # m1, m2, m3
    username: str
    password: str = field(repr=False)
    msisdn: str  # the merchant's own
    scheme: str = "Basic"
    needs_hash: bool = False
    refused_credentials_say: str = "401"  # or 12, with HTTP 200
    amount_types: tuple[type, ...] = (int, str)  # M2 and M3
    national_numbers: bool = False
    today_only: bool = False
    duplicates: str = "new"  # or refused
    unheard_says: str = "11"
    hold_seconds: float = 0  # how long PushWithPending waits before it says pending
    currency: str = "XOF"
    opening_balance: int = 1_000_000


class SimulatedMoov:
    """Requests of merchants and the money that moved, over the stage's book."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = stage.book

    def ask(
        self, wallet: Wallet, *, reference: str, phone: str, amount: int, text: str, by_code: bool = False
    ) -> Request:
        """A prompt on the payer's phone, or a code in a text message."""
        kind = "code" if by_code else "push"
        return self._new(wallet, kind, reference=reference, phone=phone, amount=amount, text=text)

    def hand_in(self, wallet: Wallet, *, reference: str, first_id: str, code: str, phone: str, amount: int) -> Request:
        """The payer's code, for the request that had it sent. It becomes a request of its own, paid or failed."""
        with self._book.writing():
            first = self._one(first_id)
            fits = first["code"] == code and (first["phone"], first["amount"]) == (phone, amount)
            request = self._new(wallet, "commit", reference=reference, phone=phone, amount=amount, text="")
            if not fits or first["state"] != "waiting":
                return self._settle(request, "failed", reason="unspecified")
            self._settle(first, "used")
            return self._pay(request)

    def send(self, wallet: Wallet, *, reference: str, phone: str, amount: int) -> Request:
        """Money to somebody's wallet, at once unless the number's ending says otherwise."""
        with self._book.writing():
            if amount + self.fee_of(amount) > self.balance(wallet):
                raise Refused("merchant_insufficient_funds")
            request = self._new(wallet, "transfer", reference=reference, phone=phone, amount=amount, text="")
            match phone[-3:]:
                case "129":
                    return request
                case "089":
                    return self._settle(request, "failed", reason="payee_not_found")
                case "119":
                    return self._settle(request, "failed", reason="unspecified")
            return self._pay(request)

    def find(self, wallet: Wallet, name: str, *, kinds: tuple[str, ...]) -> Request:
        """The latest request by our reference or Moov's id, as it is now.

        :raises NoSuchSession: unknown, another wallet's, or of another day where only today's can be searched.
        """
        found = [*self._book.find(_KIND, reference=name), *filter(None, [self._book.get(_KIND, name)])]
        ours = [one for one in found if one["wallet"] == wallet.username and one["kind"] in kinds]
        if not ours:
            raise NoSuchSession(name)
        # Of two with one reference a paid one is told, else the one that changed last.
        request = max(map(self._now, ours), key=lambda one: (one["state"] == "paid", one["changed_at"]))
        if wallet.today_only and request["changed_at"][:10] != self._local_day(wallet):
            raise NoSuchSession(name)
        return request

    def act(self, session: str, action: str, *, code: str = "", late: bool = False) -> None:
        """What the payer does with every prompt that carries that reference or id; see `stage.Simulator.act`."""
        with self._book.writing():
            found = [*self._book.find(_KIND, reference=session), *filter(None, [self._book.get(_KIND, session)])]
            if not found:
                raise NoSuchSession(session)
            requests = [self._now(one) for one in found]
            due = [one for one in requests if _may_act(one, action, late=late)]
            if not due:
                raise TooLate(session)
            for request in due:
                if action == "approve":
                    self._pay(request)
                else:
                    self._settle(request, "failed", reason=code or "payer_not_approved")

    def wait(self, request: Request, *, seconds: float) -> Request:
        """The request once it is settled, or when the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stage.stopping.is_set():
            if (now := self._one(request["id"]))["state"] != "waiting":
                return now
            time.sleep(_LOOK_SECONDS)
        return self._one(request["id"])

    def give_up(self, request: Request) -> Request:
        """The prompt has timed out."""
        with self._book.writing():
            now = self._one(request["id"])
            return now if now["state"] != "waiting" else self._settle(now, "failed", reason="payer_not_approved")

    def waiting(self) -> list[Request]:
        """What waits for a person, the latest first."""
        found = [self._now(one) for one in self._book.latest(_KIND, limit=100)]
        return [one for one in found if one["state"] == "waiting" and one["kind"] in ("push", "code")]

    def balance(self, wallet: Wallet) -> int:
        moved = [one for one in self._book.movements() if (one.provider, one.market) == (NAME, wallet.market)]
        return wallet.opening_balance + sum(int(one.amount) - int(one.fee) for one in moved)

    def fee_of(self, amount: int) -> int:
        """One in a hundred, rounded up, on top of a transfer."""
        return -(-amount // 100)

    def _new(self, wallet: Wallet, kind: str, *, reference: str, phone: str, amount: int, text: str) -> Request:
        with self._book.writing():
            if wallet.duplicates == "refused" and self._book.find(_KIND, reference=reference):
                raise Refused("duplicate")
            now = self._stage.clock.now()
            request: Request = {
                "id": str(secrets.randbelow(9 * 10**9) + 10**9),  # figures, as Moov's are
                "wallet": wallet.username,
                "market": wallet.market,
                "kind": kind,
                "reference": reference,
                "phone": phone,
                "amount": amount,
                "text": text,
                "code": f"{secrets.randbelow(10**6):06}" if kind == "code" else "",
                "state": "waiting",
                "reason": "",
                "until": (now + _LIFE).isoformat(),
                "changed_at": self._local(wallet.market),
            }
            self._save(request)
        return request

    def _one(self, request_id: str) -> Request:
        request = self._book.get(_KIND, request_id)
        if request is None:
            raise NoSuchSession(request_id)
        return self._now(request)

    def _now(self, request: Request) -> Request:
        """The same, failed if the payer's time is over."""
        waits_for_payer = request["state"] == "waiting" and request["kind"] in ("push", "code")
        if waits_for_payer and self._stage.clock.now().isoformat() >= request["until"]:
            with self._book.writing():
                return self._settle(request, "failed", reason="payer_not_approved")
        return request

    def _pay(self, request: Request) -> Request:
        with self._book.writing():
            self._settle(request, "paid")
            is_out = request["kind"] == "transfer"
            self._book.move(
                Movement(
                    provider=NAME,
                    market=request["market"],
                    kind="moov.transfer" if is_out else "moov.collection",
                    session=request["id"],
                    client_reference=request["reference"],
                    transaction_id=request["id"],
                    amount=str(-request["amount"] if is_out else request["amount"]),
                    fee=str(self.fee_of(request["amount"]) if is_out else 0),
                    currency="XOF",
                    at=self._stage.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                )
            )
        return request

    def _settle(self, request: Request, state: str, *, reason: str = "") -> Request:
        request.update(state=state, reason=reason, changed_at=self._local(request["market"]))
        self._save(request)
        return request

    def _save(self, request: Request) -> None:
        self._book.put(_KIND, request["id"], reference=request["reference"], body=request)

    def _local(self, market: str) -> str:
        return (self._stage.clock.now() + _AHEAD.get(market, timedelta())).isoformat()

    def _local_day(self, wallet: Wallet) -> str:
        return self._local(wallet.market)[:10]


def _may_act(request: Mapping[str, Any], action: str, *, late: bool) -> bool:
    timed_out = request["state"] == "failed" and request["reason"] == "payer_not_approved"
    return request["kind"] in ("push", "transfer") and (request["state"] == "waiting" or (late and timed_out))
