"""What MTN does with requests and money, without HTTP: the inside of the simulator.

Written from the documentation on its own. It shares no code with the adapter: a misreading made once must not agree
with itself. Where the documents are silent it chooses, and the README says so.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from providers.mtn import sandbox
from providers.mtn.simulated_access import Caller
from providers.rehearsal.book import Movement
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

Request = dict[str, Any]

NAME = "mtn"
PAYMENT, REFUND, PREAPPROVAL = "requesttopay", "refund", "preapproval"
_LIFE = timedelta(minutes=5)
_KIND = "mtn.request"
_ASKED = "mtn.preapproval"  # by whose it is
_APPROVED = "mtn.approval"  # by its own id
_BALANCE = "mtn.balance"
_FLOAT = Decimal(10_000_000)  # what the payout wallet begins with
_LOOPBACK = {"127.0.0.1", "::1"}
_WALLET_OF = {PAYMENT: "collection", REFUND: "disbursement", "transfer": "disbursement", "deposit": "disbursement"}


class Duplicate(Exception):
    """That id was used before on this platform."""


class NotOpen(TooLate):
    """It is not pending any more."""


class SimulatedMtn:
    """Requests and the money that moved, over the stage's book."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = stage.book

    def take(self, caller: Caller, kind: str, ref: str, order: Mapping[str, Any], *, callback: tuple[str, str]) -> str:
        """Accept a request, and do at once what needs nobody's approval; the answer is its state afterwards.

        :raises Duplicate: the id was used before.
        """
        now = self._stage.clock.now()
        with self._book.writing():
            if self._book.get(_KIND, _key(caller, ref)):
                raise Duplicate(ref)
            request = {
                **order,
                "id": ref,
                "key": _key(caller, ref),
                "kind": kind,
                "platform": caller.platform,
                "market": caller.wallet.market,
                "environment": caller.wallet.environment,
                "business_name": caller.wallet.business_name,
                "status": "PENDING",
                "created": _stamp(now),
                "ends": _stamp(now + _LIFE),
                "callback": callback,
            }
            self._save(request)
            if kind == PREAPPROVAL:
                whose = _whose(caller.platform, caller.wallet.market, _party(request))
                self._book.put(_ASKED, request["key"], reference=whose, body={"id": ref})
            self._begin(caller, request)
        return str(request["status"])

    def request(self, caller: Caller, kind: str, ref: str) -> Request:
        """As it stands now, on the platform it was made on.

        :raises NoSuchSession: unknown there, or another wallet's.
        """
        with self._book.writing():
            found = self._book.get(_KIND, _key(caller, ref))
            if found is None or found["kind"] != kind:
                raise NoSuchSession(ref)
            self._age(found)
        return found

    def session(self, ref: str) -> Request:
        """The one that waits, or the latest, of all platforms.

        :raises NoSuchSession: nobody's.
        """
        with self._book.writing():
            found = self._book.find(_KIND, reference=ref)
            if not found:
                raise NoSuchSession(ref)
            for request in found:
                self._age(request)
        return next((request for request in found if request["status"] == "PENDING"), found[-1])

    def waiting(self) -> list[Request]:
        """What waits for a payer, the latest first."""
        found = [self.session(one["id"]) for one in self._book.latest(_KIND, limit=100)]
        return [one for one in found if one["status"] == "PENDING" and one["kind"] in (PAYMENT, PREAPPROVAL)]

    def approve(self, ref: str, *, late: bool = False) -> None:
        """:raises NotOpen: too late, unless `late` asks for just that."""
        with self._open(ref, late=late) as request:
            self._succeed(request)

    def fail(self, ref: str, *, code: str) -> None:
        """:raises NotOpen: too late."""
        with self._open(ref) as request:
            self._fail(request, code)

    def balance(self, market: str, product: str) -> Decimal:
        found = self._book.get(_BALANCE, f"{market} {product}")
        beginning = _FLOAT if product == "disbursement" else Decimal(0)
        return Decimal(found["amount"]) if found else beginning

    def preapprovals(self, caller: Caller, payer: str) -> list[Request]:
        """What this payer was asked to allow this business."""
        found = self._book.find(_ASKED, reference=_whose(caller.platform, caller.wallet.market, payer))
        return [self.session(one["id"]) for one in found]

    def end_preapproval(self, caller: Caller, approval: str) -> None:
        """:raises NoSuchSession: none, or not an approved one."""
        with self._book.writing():
            known = self._book.get(_APPROVED, approval)
            one = self._book.get(_KIND, known["key"]) if known else None
            if one is None or one["allowed"] != "APPROVED" or one["market"] != caller.wallet.market:
                raise NoSuchSession(approval)
            self._save(one, allowed="CANCELLED")

    def _begin(self, caller: Caller, request: Request) -> None:
        outcome = self._known_outcome(caller, request)
        if outcome is None:
            return
        if outcome in (sandbox.ONGOING, sandbox.DELAYED):
            self._save(request, script=outcome)
        elif outcome:
            self._fail(request, outcome)
        else:
            self._succeed(request)

    def _known_outcome(self, caller: Caller, request: Request) -> str | None:
        """What becomes of it without anybody's doing; empty: it succeeds; None: it waits for the payer."""
        if request["kind"] == REFUND:
            return self._refund_outcome(caller, request)
        if caller.is_sandbox:
            table = {"transfer": sandbox.TRANSFERS, PREAPPROVAL: sandbox.PREAPPROVALS}
            return sandbox.of_number(table.get(request["kind"], sandbox.PAYMENTS), _party(request))
        if request["kind"] == PAYMENT:
            return "" if self._is_allowed(caller, request) else None
        if request["kind"] == PREAPPROVAL:
            return None
        return _payee_outcome(_party(request)) or self._float_outcome(request)

    def _refund_outcome(self, caller: Caller, request: Request) -> str:
        wanted = request["referenceIdToRefund"]
        if caller.is_sandbox and wanted in sandbox.REFUNDS:
            return sandbox.REFUNDS[wanted]
        paid = self._book.get(_KIND, _key(caller, wanted))
        if paid is None or paid["kind"] != PAYMENT:
            return "TRANSACTION_NOT_FOUND"
        request["payee"] = paid["payer"]
        if paid["status"] != "SUCCESSFUL":
            return "TRANSACTION_NOT_COMPLETED"
        returned = Decimal(paid.get("returned", "0")) + Decimal(request["amount"])
        is_capped = not self._stage.faults.switched("uncapped_refund", request["id"])
        if returned > Decimal(paid["amount"]) and is_capped:
            return "NOT_ALLOWED"
        lacking = self._float_outcome(request)
        if not lacking:
            self._save(paid, returned=str(returned))
        return lacking

    def _float_outcome(self, request: Request) -> str:
        left = self.balance(request["market"], "disbursement") - Decimal(request["amount"])
        return "NOT_ENOUGH_FUNDS" if left < 0 else ""

    def _is_allowed(self, caller: Caller, request: Request) -> bool:
        """Whether the payer has allowed debits, so that nobody is asked."""
        return any(one.get("allowed") == "APPROVED" for one in self.preapprovals(caller, _party(request)))

    def _age(self, request: Request) -> None:
        """Let time do what it does to a request."""
        now = _stamp(self._stage.clock.now())
        if request["status"] != "PENDING":
            if request.get("allowed") == "APPROVED" and now >= request["expires"]:
                self._save(request, allowed="EXPIRED")
            return
        if request.get("script") == sandbox.DELAYED:
            ripe = datetime.fromisoformat(request["created"]) + timedelta(seconds=sandbox.DELAY_SECONDS)
            if now >= _stamp(ripe):
                self._succeed(request)
            return
        is_over = request["kind"] in (PAYMENT, PREAPPROVAL) and now >= request["ends"]
        if is_over and not self._stage.faults.switched("stuck", request["id"]):
            self._fail(request, "EXPIRED")

    @contextmanager
    def _open(self, ref: str, *, late: bool = False) -> Iterator[Request]:
        with self._book.writing():
            request = self.session(ref)
            has_expired = (request["status"], request.get("reason")) == ("FAILED", "EXPIRED")
            if request["status"] != "PENDING" and not (late and has_expired):
                raise NotOpen(ref)
            yield request

    def _succeed(self, request: Request) -> None:
        request.pop("reason", None)
        if request["kind"] == PREAPPROVAL:
            self._allow(request)
        else:
            self._save(request, status="SUCCESSFUL", financialTransactionId=str(secrets.randbelow(9 * 10**9) + 10**9))
            self._move(request)
        self._tell(request)

    def _allow(self, request: Request) -> None:
        now, approval = self._stage.clock.now(), secrets.token_hex(8)
        expires = _stamp(now + timedelta(seconds=request["validityTime"]))
        dates = {"approved": _stamp(now), "expires": expires}
        self._save(request, status="SUCCESSFUL", allowed="APPROVED", preApprovalId=approval, **dates)
        self._book.put(_APPROVED, approval, reference=None, body={"key": request["key"]})

    def _fail(self, request: Request, reason: str) -> None:
        self._save(request, status="FAILED", reason=reason)
        self._tell(request)

    def _save(self, request: Request, **changes: Any) -> None:
        request.update(changes)
        self._book.put(_KIND, request["key"], reference=request["id"], body=request)

    def _move(self, request: Request) -> None:
        market, product = request["market"], _WALLET_OF[request["kind"]]
        amount = Decimal(request["amount"]) * (1 if request["kind"] == PAYMENT else -1)
        left = self.balance(market, product) + amount
        self._book.put(_BALANCE, f"{market} {product}", reference=None, body={"amount": str(left)})
        self._book.move(
            Movement(
                provider=NAME,
                market=market,
                kind=request["kind"],
                session=request["id"],
                client_reference=request["externalId"],
                transaction_id=request["financialTransactionId"],
                amount=str(amount),
                fee="0",
                currency=request["currency"],
                at=_stamp(self._stage.clock.now()),
            )
        )

    def _tell(self, request: Request) -> None:
        url, method = request["callback"]
        if not url or not _is_here(url):
            return  # whoever plays MTN on this machine must not knock at a stranger's door
        self._stage.courier.publish(
            provider=NAME,
            market=request["market"],
            event=shown(request),
            url=url,
            method=method,
            retried=self._stage.faults.switched("callback_insists", request["id"]),
        )


def shown(request: Request) -> dict[str, Any]:
    """The request as its status shows it. Transfers and refunds come without their notes."""
    if request["kind"] == PREAPPROVAL:
        fields: tuple[str, ...] = ("payer", "payerCurrency", "payerMessage", "status", "reason")
        expires = request.get("expires") or _stamp(
            datetime.fromisoformat(request["created"]) + timedelta(seconds=request["validityTime"])
        )
        return {**{name: request[name] for name in fields if name in request}, "expirationDateTime": expires}
    notes = ("payerMessage", "payeeNote") if request["kind"] == PAYMENT else ()
    money = ("financialTransactionId", "externalId", "amount", "currency")
    fields = (*money, "payer", "payee", *notes, "status", "reason")
    return {name: request[name] for name in fields if name in request}


def listed(request: Request) -> dict[str, Any]:
    """A pre-approval as the payer's list shows it."""
    word = {"PENDING": "PENDING", "FAILED": "REJECTED"}.get(request["status"], request.get("allowed"))
    return {
        "preApprovalId": request.get("preApprovalId", ""),
        "toFri": f"FRI:{request['business_name']}/MM",
        "fromFri": f"FRI:{request['payer']['partyId']}/MSISDN",
        "fromCurrency": request["payerCurrency"],
        "createdTime": request["created"],
        "approvedTime": request.get("approved"),
        "expiryTime": request.get("expires"),
        "status": word,
        "message": request["payerMessage"],
        "frequency": None,
        "startDate": None,
        "lastUsedDate": None,
        "offer": None,
        "externalId": None,
        "maxDebitAmount": None,
    }


def _payee_outcome(number: str) -> str:
    """Of a payout in a demo market, by the last digits as for payers."""
    return {
        "039": "PAYEE_NOT_ALLOWED_TO_RECEIVE",
        "029": "PAYEE_NOT_FOUND",
        "048": "NOT_ENOUGH_FUNDS",
        "058": "PAYEE_LIMIT_REACHED",
        "068": "INTERNAL_PROCESSING_ERROR",
        "129": sandbox.ONGOING,
    }.get(number[-3:], "")


def _party(request: Request) -> str:
    party = request.get("payer") or request["payee"]
    return str(party["partyId"])


def _key(caller: Caller, ref: str) -> str:
    return f"{caller.platform} {caller.wallet.environment} {ref}"


def _whose(platform: str, market: str, payer: str) -> str:
    return f"{platform} {market} {payer}"


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in _LOOPBACK or (host != "" and "." not in host)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
