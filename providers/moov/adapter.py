"""Moov Money through the port: payers are asked by a prompt or by a code, and everything else is found by asking.

`start_payment` and `start_payout` ask for the reference first and send only what Moov has never heard of. The adapter
keeps no state, so that is how it tells a first sending from another; it costs one round trip.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from providers.amounts import Amount
from providers.contract import (
    Capabilities,
    HolderResult,
    Lookup,
    Outcome,
    PaymentRequest,
    PaymentResult,
    PayoutRequest,
    TransferResult,
)
from providers.errors import NotSent, OutcomeUnknown, RequestRefused
from providers.moov import answers, markets
from providers.moov.credentials import Credentials
from providers.moov.markets import Terms
from providers.moov.told import Rail, Told
from providers.moov.ussd_push import UssdPush


class MoovAdapter:
    """One wallet on one platform; `former` answers for attempts made on another."""

    def __init__(
        self,
        credentials: Credentials,
        rail: Rail,
        *,
        terms: Terms,
        market: str,
        former: "MoovAdapter | None" = None,
        clock: Callable[[], float] = time.time,  # to know whether an attempt is of today, nothing else
    ) -> None:
        self.capabilities: Capabilities = markets.capabilities(terms)
        self.platform = terms.variant.value
        self._credentials = credentials
        self._rail = rail
        self._terms = terms
        self._market = market
        self._former = former
        self._clock = clock

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Ask for the reference, and push only when Moov has never heard of it.

        :raises OutcomeUnknown: it may have been pushed before and cannot be found any more.
        :raises RequestRefused: no payer's number.
        """
        lookup = self._of_a_payer(request)
        told = self._looked_for(self._payment_status, lookup)
        if told.meaning.outcome is Outcome.NOT_FOUND:
            told = self._rail.push(request)
        return answers.payment(told, reference=request.reference, amount=request.amount)

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        if (there := self._at(lookup)) is not self:
            return there.fetch_payment(lookup)
        return self._payment(self._payment_status(lookup), lookup)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """A prompt cannot be called back: say what became of it."""
        there = self._at(lookup)
        return self.fetch_payment(lookup) if there is self else there.cancel_payment(lookup)

    def start_payout(self, request: PayoutRequest) -> TransferResult:
        """As `start_payment`: asked for first, sent when never heard of."""
        lookup = Lookup(request.reference, platform=self.platform, amount=request.amount, asked_at=request.asked_at)
        told = self._looked_for(self._transfer_status, lookup)
        if told.meaning.outcome is Outcome.NOT_FOUND:
            told = self._rail.transfer(request)
        return answers.transfer(told, reference=request.reference, amount=request.amount)

    def fetch_payout(self, lookup: Lookup) -> TransferResult:
        """What became of a transfer.

        :raises OutcomeUnknown: it is not found, and nobody has proved that this deployment would find it. Saying
            "not found" here would let it be paid again.
        """
        if (there := self._at(lookup)) is not self:
            return there.fetch_payout(lookup)
        told = self._transfer_status(lookup)
        if told.meaning.outcome is Outcome.NOT_FOUND and self._credentials.transfer_status == "unproven":
            raise OutcomeUnknown("not found, where transfers may never be", code=told.code)
        return answers.transfer(
            told, reference=lookup.reference, amount=lookup.amount, asked_by=lookup.provider_ref or ""
        )

    def check_holder(self, phone: str, *, name: str | None = None, amount: Amount | None = None) -> HolderResult:
        """Moov does not compare names, so we do, and does not know limits in advance."""
        told = self._rail.holder(phone)
        return answers.holder(told, self._rail.subscriber(told), name=name)

    def _of_a_payer(self, request: PaymentRequest) -> Lookup:
        if not request.payer_phone:
            raise RequestRefused("nobody to ask: no payer's number", code="payer_phone_missing")
        return Lookup(request.reference, platform=self.platform, amount=request.amount, asked_at=request.asked_at)

    def _payment(self, told: Told, lookup: Lookup) -> PaymentResult:
        return answers.payment(
            told, reference=lookup.reference, amount=lookup.amount, asked_by=lookup.provider_ref or ""
        )

    def _payment_status(self, lookup: Lookup) -> Told:
        return self._asked(self._rail.payment_status, lookup)

    def _transfer_status(self, lookup: Lookup) -> Told:
        return self._asked(self._rail.transfer_status, lookup)

    def _asked(self, question: Callable[[str], Told], lookup: Lookup) -> Told:
        """By our reference; and by Moov's where ours is not known, since one client says that it must be theirs.

        :raises OutcomeUnknown: the search is over for that day, and what it says is no success.
        """
        told = question(lookup.reference)
        theirs = lookup.provider_ref
        if told.meaning.outcome is Outcome.NOT_FOUND and theirs and theirs != lookup.reference:
            told = question(theirs)
        if told.meaning.outcome is not Outcome.SUCCEEDED and self._is_of_another_day(lookup):
            raise OutcomeUnknown("only today's transactions can be searched", code="search_window_over")
        return told

    def _looked_for(self, question: Callable[[Lookup], Told], lookup: Lookup) -> Told:
        """The same before sending, when an answer that says nothing must not pass for a known attempt.

        :raises OutcomeUnknown: that the question was refused or answered in unknown words says nothing of the attempt.
        """
        try:
            told = question(lookup)
        except RequestRefused as refused:
            raise OutcomeUnknown("the question was refused", code=refused.code, status=refused.status) from refused
        if not told.is_known:
            raise OutcomeUnknown("an answer in unknown words", code=told.code[:20])
        return told

    def _is_of_another_day(self, lookup: Lookup) -> bool:
        if not self._terms.searches_today_only or lookup.asked_at is None:
            return False
        ahead = markets.DAY_BEGINS.get(self._market, markets.AT_UTC)
        today = (datetime.fromtimestamp(self._clock(), UTC) + ahead).date()
        return (lookup.asked_at.astimezone(UTC) + ahead).date() != today

    def _at(self, lookup: Lookup) -> "MoovAdapter":
        """Who answers for the platform on which it was asked.

        :raises OutcomeUnknown: nobody; its address and credentials are not set any more.
        """
        if lookup.platform in ("", self.platform):
            return self
        if self._former is not None and self._former.platform == lookup.platform:
            return self._former
        raise OutcomeUnknown(f"made on {lookup.platform}, which is not set up any more", code="other_platform")


class MoovWithBalance(MoovAdapter):
    """M1, which can be asked for a balance."""

    _rail: UssdPush

    def fetch_balance(self) -> Amount:
        """:raises NotSent: the wallet's own number is not set."""
        if not self._credentials.merchant_msisdn:
            raise NotSent("merchant_msisdn is not set", code="merchant_msisdn_missing")
        return self._rail.balance(self._credentials.merchant_msisdn, markets.CURRENCY)
