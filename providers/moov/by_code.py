"""M2 where the payer agrees by a code from a text message, in two steps.

The first step has our reference as its request id and moves nothing, whatever its status says: 0 there means that the
message is out. The money goes by the second, whose id is made from our reference and the number of the try, so that a
code handed in twice is one try, and a wrong one does not use up the id of the next.
"""

import json
from dataclasses import replace

from providers.contract import NO_ACTION, FailureReason, Lookup, Outcome, PaymentRequest, PaymentResult
from providers.errors import OutcomeUnknown
from providers.moov import answers, json_wire
from providers.moov.adapter import MoovAdapter
from providers.moov.gateway import Gateway
from providers.moov.told import Told


class MoovByCode(MoovAdapter):
    """Between the steps the port keeps for us what the second must say: `PaymentResult.secrets`."""

    _rail: Gateway

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Have a code sent, again if need be: until one is handed in, nothing can be paid twice."""
        lookup = self._of_a_payer(request)
        told = self._looked_for(self._payment_status, lookup)
        if told.meaning.outcome is not Outcome.NOT_FOUND:
            return self._payment(told, lookup)
        told = self._rail.send_code(request)
        order = json_wire.written(self._rail.order_of(request)).decode()
        sent = {"trans_ref": told.trans_ref or "", "order": order, "tries": "0"}
        waits = told.meaning.outcome is Outcome.PENDING
        return answers.payment(
            told,
            reference=request.reference,
            amount=request.amount,
            action=answers.ENTER_CODE,
            secrets=sent if waits else None,
        )

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """What became of the last code; before any was handed in, whether one still can be."""
        there = self._at(lookup)
        if there is not self:
            return there.fetch_payment(lookup)
        told = self._payment_status(lookup)
        if not lookup.secrets or told.meaning.outcome not in (Outcome.NOT_FOUND, Outcome.FAILED):
            return self._payment(told, lookup)
        if told.meaning.outcome is Outcome.FAILED:  # a wrong code whose answer was lost
            lookup = _after_a_try(lookup)
        return self._waiting(lookup, told)

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """While it waits for a code it ends by our handing in none."""
        there = self._at(lookup)
        if there is not self:
            return there.cancel_payment(lookup)
        known = self.fetch_payment(lookup)
        if known.next_action == answers.ENTER_CODE:
            return replace(known, outcome=Outcome.EXPIRED, next_action=NO_ACTION, failure=FailureReason.CANCELLED)
        return known

    def confirm_payment(self, lookup: Lookup, code: str) -> PaymentResult:
        """Hand in the code, unless an earlier one went through and its answer was lost.

        :raises OutcomeUnknown: the answer that named the code's transaction was lost; a new code must be sent.
        """
        there = self._at(lookup)
        if isinstance(there, MoovByCode) and there is not self:
            return there.confirm_payment(lookup, code)
        if there is not self or not lookup.secrets.get("trans_ref"):
            raise OutcomeUnknown("nothing is known of a code for it", code="no_code_sent")
        before = self.fetch_payment(lookup)
        if before.next_action != answers.ENTER_CODE:
            return before
        lookup = replace(lookup, secrets=before.secrets)
        told = self._rail.confirm(
            _commit_id(lookup),
            order=json.loads(lookup.secrets["order"]),
            trans_ref=lookup.secrets["trans_ref"],
            code=code,
        )
        if told.meaning.failure is FailureReason.AUTH_CODE_INVALID:
            return self._payment(told, _after_a_try(lookup))
        if told.meaning.outcome is Outcome.FAILED:
            return self._payment(told, lookup)
        return self.fetch_payment(lookup)  # "done" is said of the request; its status tells of the money

    def _payment_status(self, lookup: Lookup) -> Told:
        return self._asked(self._rail.payment_status, replace(lookup, reference=_commit_id(lookup), provider_ref=None))

    def _waiting(self, lookup: Lookup, told: Told) -> PaymentResult:
        """No code went through. The first step's status counts only when it has failed: its time is over."""
        first = self._rail.payment_status(lookup.reference)
        if first.meaning.outcome is Outcome.FAILED:
            expired = self._payment(first, lookup)
            return replace(expired, outcome=Outcome.EXPIRED, failure=FailureReason.EXPIRED)
        waits = answers.payment(
            told,
            reference=lookup.reference,
            amount=lookup.amount,
            asked_by=_commit_id(lookup),
            action=answers.ENTER_CODE,
            secrets=lookup.secrets,
        )
        wrong = FailureReason.AUTH_CODE_INVALID if told.meaning.outcome is Outcome.FAILED else None
        return replace(
            waits,
            outcome=Outcome.PENDING,
            provider_ref=lookup.reference,
            client_reference=lookup.reference,
            amount=lookup.amount,
            next_action=answers.ENTER_CODE,
            failure=wrong,
        )

    def _payment(self, told: Told, lookup: Lookup) -> PaymentResult:
        wrong = told.meaning.failure is FailureReason.AUTH_CODE_INVALID
        known = answers.payment(
            told,
            reference=lookup.reference,
            amount=lookup.amount,
            action=answers.ENTER_CODE if wrong else NO_ACTION,
            secrets=lookup.secrets,
        )
        # The request that was echoed is one of ours made from the reference, whichever try it was.
        return replace(known, client_reference=lookup.reference) if _is_ours(told, lookup) else known


def _commit_id(lookup: Lookup) -> str:
    return f"{lookup.reference}-c{int(lookup.secrets.get('tries', '0')) + 1}"


def _after_a_try(lookup: Lookup) -> Lookup:
    return replace(lookup, secrets={**lookup.secrets, "tries": str(int(lookup.secrets["tries"]) + 1)})


def _is_ours(told: Told, lookup: Lookup) -> bool:
    return told.echo is not None and told.echo.startswith((f"{lookup.reference}-c", lookup.reference))
