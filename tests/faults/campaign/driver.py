"""Carries a plan out against a running stack: clients that insist, two persons who agree, whoever pulls the plug."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import requests
from django.db import connections
from django.utils import timezone

import billing.ledger.operations as ledger
import billing.payouts.operations as payouts
import billing.refunds.operations as refunds
from billing.configuration import queries as configuration
from billing.ledger.draft import AccountKey, EntryDraft, credit, debit
from billing.payouts.facts import BatchFact, PayoutAsked
from tests.faults.campaign import plan
from tests.faults.stack import Stack

CLIENTS = 4
MAKER, CHECKER = "usr_campaign_maker", "usr_campaign_checker"
PATIENCE_SECONDS = 120
_CURRENCY = {"CM": "XAF"}
# Answers that a client of ours has to live with, and what it does then.
_ASK_AGAIN = frozenset({"idempotency_key_busy"})
_NOT_NOW = frozenset({"wallet_resting", "payment_in_progress", "invoice_not_open", "too_many_attempts"})
_NO_REFUND = frozenset({"more_than_captured", "nothing_captured", "no_way_back"})


class Unheard(Exception):
    """The API answered what no client could make sense of."""


class Campaign:
    """One run."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.counts: Counter[str] = Counter()
        self.edition = stack.read("editions/")["results"][0]["id"]
        self.late: list[str] = []  # payments whose payers approve when it is too late
        self.invoices: set[str] = set()  # bought again already
        self._lock = threading.Lock()

    def count(self, what: str, more: int = 1) -> None:
        with self._lock:
            self.counts[what] += more

    def carry_out(self, steps: Iterable[plan.Step]) -> None:
        """One step after the other; clients do theirs beside each other."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            waiting: list[Future[None]] = []
            for step in steps:
                if isinstance(step, plan.Spoil | plan.Kill | plan.TokensEnd):
                    self._disturb(step)
                    continue
                while len(waiting) >= 2 * CLIENTS:
                    waiting.pop(0).result()
                waiting.append(clients.submit(self._do, step))
            for future in waiting:
                future.result()

    def pay_refunds_out(self) -> None:
        """Those that go back as payouts, by two persons."""
        while batch := refunds.prepare_payouts(by=MAKER, at=timezone.now()):
            self._agree(batch)
            if not batch.payouts:
                return

    def again(self, invoice: str, market: str, provider: str, phone: str, payer: str) -> bool:
        """Ask for the money of an invoice; whether an attempt was begun."""
        body = {"invoice": invoice, "provider": provider, "phone": phone}
        told = self._insist("payments/", body, refusals=_NOT_NOW)
        if told is None:
            return False
        self.count("payments")
        if payer == plan.LATE:
            self.late.append(told["id"])
        elif provider == plan.PAGE_ASKS_FOR_NUMBER:
            self._pay_on_the_page(told["id"], payer)
        return True

    def _do(self, step: plan.Step) -> None:
        try:
            match step:
                case plan.Buy():
                    self._buy(step)
                case plan.BuyAgain():
                    self._buy_again(step)
                case plan.GiveBack():
                    self._give_back(step)
                case plan.PayOut():
                    self._pay_out(step)
        finally:
            connections.close_all()

    def _buy(self, step: plan.Buy) -> None:
        customer = {"name": f"Client {step.number} (démo)", "country": step.market, "phone": step.phone}
        body = {"customer": customer, "items": [{"edition": self.edition, "quantity": 1}]}
        invoice = self._insist("invoices/", body)
        assert invoice is not None
        self.count("invoices")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.again(invoice["id"], step.market, step.provider, step.phone, step.payer):
            if time.monotonic() > deadline:
                raise Unheard(f"{step.provider} rests for too long")
            time.sleep(1)

    def _buy_again(self, step: plan.BuyAgain) -> None:
        ended = self.stack.ask(
            "SELECT invoice_ref, max(market), bool_or(id = ANY(%s)) FROM payments_paymenttransaction GROUP BY 1"
            " HAVING bool_and(state IN ('failed', 'expired')) ORDER BY 1",
            list(self.late),
        )
        new = [row for row in ended if row[0] not in self.invoices]
        if new:
            invoice, market, _ = new[int(step.chance * len(new))]
            self.invoices.add(invoice)
            phone = plan.phone_of(market, step.instead.number, "789")
            wallets = [provider for where, provider in plan.COLLECTING if where == market]
            provider = wallets[step.instead.number % len(wallets)]
            if self.again(invoice, market, provider, phone, plan.APPROVES):
                self.count("second attempts")
                return
        self._buy(step.instead)

    def _pay_on_the_page(self, payment_ref: str, payer: str) -> None:
        """As a payer who was led to the page. One whose address was lost on its way to us is seen by nobody."""
        act = {plan.APPROVES: "approve", plan.REFUSES: "refuse", plan.FAILS: "refuse"}.get(payer)
        if act is not None and self.stack.read(f"payments/{payment_ref}/")["next_action"]["url"]:
            quietly(lambda: getattr(self.stack.simulators, act)(payment_ref))

    def _give_back(self, step: plan.GiveBack) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            paid = self.stack.ask(
                "SELECT id, amount_minor, currency FROM payments_paymenttransaction payment"
                " WHERE state = 'succeeded' AND provider <> 'orange' AND amount_minor > (SELECT coalesce(sum("
                "amount_minor), 0) FROM refunds_refund WHERE payment_ref = payment.id AND state <> 'failed') ORDER BY 1"
            )
            if paid and self._refund(*paid[int(step.chance * len(paid))], is_whole=step.is_whole):
                self.count("refunds")
                return
            if time.monotonic() > deadline:
                raise Unheard("nothing to refund")
            time.sleep(0.5)

    def _refund(self, payment: str, amount: int, currency: str, *, is_whole: bool) -> bool:
        body: dict[str, Any] = {"payment": payment, "reason": "Client mécontent (démo)"}
        if not is_whole:
            body["amount"] = {"amount": str(amount // 2), "currency": currency}
        return self._insist("refunds/", body, refusals=_NO_REFUND) is not None

    def _pay_out(self, step: plan.PayOut) -> None:
        at = timezone.now()
        asked = [self._owe(one) for one in step.payouts]
        batch = payouts.prepare(title=f"Droits {step.number} (démo)", asked=asked, by=MAKER, at=at)
        if batch.refusals:
            raise Unheard(str(batch.refusals))
        self._agree(batch)
        self.count("payouts", len(batch.payouts))
        self.pay_refunds_out()

    def _agree(self, batch: BatchFact) -> None:
        with suppress(payouts.AlreadyDecided):
            payouts.approve(batch_ref=batch.id, by=CHECKER, at=timezone.now())

    def _owe(self, one: plan.Owed) -> PayoutAsked:
        at = timezone.now()
        currency = _CURRENCY.get(one.market, "XOF")
        route = configuration.payout_route(provider=one.provider, market=one.market, currency=currency, at=at)
        account = AccountKey(route.entity, "4011", currency, f"pye_campaign_{one.number:05}")
        statement = f"stm_campaign_{one.number:05}"
        draft = EntryDraft(
            key=f"campaign:owed:{one.number}",
            journal="RD",
            happened_at=at,
            description="Redevances (démo)",
            source_ref=statement,
            lines=[
                debit(AccountKey(route.entity, "6346", currency), one.amount_minor),
                credit(account, one.amount_minor),
            ],
        )
        ledger.post(draft=draft, at=at)
        return PayoutAsked(
            key=f"statement:{statement}",
            account=account,
            amount_minor=one.amount_minor,
            provider=one.provider,
            market=one.market,
            payee_phone=one.phone,
            payee_name=f"Auteur {one.number} (démo)",
            description="Redevances (démo)",
            source_ref=statement,
        )

    def _disturb(self, step: plan.Spoil | plan.Kill | plan.TokensEnd) -> None:
        match step:
            case plan.Spoil():
                self.stack.simulators.fault(step.operation, step.kind, **step.details)
                self.count("faults ordered")
            case plan.Kill():
                time.sleep(step.after_seconds)
                self.count("crash points reached", self.stack.crashed())
                self.stack.restart(*step.names, crash_at=step.crash_at)
                self.count("kills", len(step.names))
                self.count("crash points set", bool(step.crash_at))
            case plan.TokensEnd():
                self.stack.simulators.advance(3700)

    def _insist(
        self, path: str, body: dict[str, Any], *, refusals: frozenset[str] = frozenset()
    ) -> dict[str, Any] | None:
        """POST as a good client on a bad network: the same key until there is an answer. None: refused, as foreseen."""
        key, deadline = uuid4().hex, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with _bad_network():
                answer = self.stack.call("POST", path, body, key)
                if answer.status_code == 201:
                    return dict(answer.json())
                code = answer.json().get("code", "") if answer.status_code < 600 else ""
                if code in refusals:
                    self.count(f"refused: {code}")
                    return None
                if code not in _ASK_AGAIN:
                    raise Unheard(f"POST {path}: {answer.status_code} {answer.text[:300]}")
            time.sleep(0.3)
        raise Unheard(f"POST {path} was not answered")


@contextmanager
def _bad_network() -> Iterator[None]:
    lost = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    with suppress(*lost):
        yield


def quietly(what: Callable[[], object]) -> bool:
    """Do as the payer what may be too late; whether it was not."""
    try:
        what()
    except requests.HTTPError:
        return False
    return True
