"""Wave's payouts through the port: sent alone or together, read again, called back; and who holds a number.

Our reference is both the idempotency key, under which Wave never pays twice, and the `client_reference`, by which a
payout is found when its answer was lost.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

from providers.amounts import Amount, NotWhole
from providers.contract import BatchResult, HolderResult, Lookup, Outcome, PayoutRequest, TransferResult
from providers.errors import OutcomeUnknown, RequestRefused
from providers.failures import FailureReason
from providers.wave import payout_wire as wire
from providers.wave.calls import Calls

logger = logging.getLogger(__name__)

REVERSAL_WINDOW = timedelta(days=3)  # from the payout's `timestamp`
_PAYOUT = "/v1/payout"
_BATCH = "/v1/payout-batch"


class Payouts(Calls):
    """Pays out, alone and together, and calls back."""

    def start_payout(self, request: PayoutRequest) -> TransferResult:
        """Send it under our reference as key, for which Wave pays once however often and however late it is asked.

        A refusal is believed once the search shows that nothing bears our reference: an earlier call may have paid.
        """
        try:
            body = wire.payout_request(request)
        except NotWhole:
            return TransferResult(Outcome.FAILED, failure=FailureReason.AMOUNT_INVALID, failure_code="whole_units_only")
        reference = request.reference
        try:
            sent = self._call("start_payout", "POST", _PAYOUT, reference, body=body, idempotency_key=reference)
        except RequestRefused as refused:
            return self._payouts(reference) or _refused(refused)
        return self._noted(wire.read_payout(sent))

    def fetch_payout(self, lookup: Lookup) -> TransferResult:
        """By its id; and by our reference before any bad news, since another may have gone under it in a batch."""
        known = self._payout(lookup)
        if known and known.outcome is not Outcome.FAILED:
            return known
        return self._payouts(lookup.reference) or known or TransferResult(Outcome.NOT_FOUND)

    def reverse_payout(self, lookup: Lookup) -> TransferResult:
        """Call a payout back, fee included. Only one that arrived can be; asking twice brings it back once.

        :returns: what the payout is now. Refused, it stays what it was, and `failure` says why.
        """
        known = self.fetch_payout(lookup)
        if known.outcome is Outcome.PENDING:
            return replace(known, failure=FailureReason.REFUND_NOT_ALLOWED, failure_code="not_arrived")
        if known.outcome is not Outcome.SUCCEEDED or not known.provider_ref:
            return known
        try:
            self._call("reverse_payout", "POST", f"{_path(known.provider_ref)}/reverse", lookup.reference)
        except RequestRefused as refused:
            reason = wire.FAILURES.get(refused.code, FailureReason.REFUND_NOT_ALLOWED)
            return replace(known, failure=reason, failure_code=refused.code)
        return replace(known, outcome=Outcome.REVERSED)

    def start_batch(self, reference: str, requests: tuple[PayoutRequest, ...]) -> BatchResult:
        """Send them together; what became of each is asked later, by the batch or one by one.

        :raises providers.errors.RequestRefused: Wave takes none of them.
        :raises providers.errors.OutcomeUnknown: that reference went with another list before.
        :raises providers.amounts.NotWhole: one of them has a part of a unit; nothing was sent.
        """
        body = wire.batch_request(requests)
        try:
            sent = self._call("start_batch", "POST", _BATCH, reference, body=body, idempotency_key=reference)
        except RequestRefused as refused:
            if another := _another_bears_it(refused):
                raise another from refused
            raise
        pending = {request.reference: TransferResult(Outcome.PENDING) for request in requests}
        return BatchResult(wire.read_batch_ref(sent), False, pending)

    def fetch_batch(self, provider_ref: str) -> BatchResult:
        """What became of each; ask again until it is complete, every two seconds or so.

        :raises providers.errors.RequestRefused: Wave knows no such batch.
        """
        found = self._call("fetch_batch", "GET", f"{_BATCH}/{quote(provider_ref, safe='')}", "")
        batch = wire.read_batch(found)
        if word := wire.unknown_batch_word(found):
            logger.warning("event=unknown_status provider=wave batch=%s words=%s", provider_ref, word)
        for payout in batch.payouts.values():
            self._noted(payout)
        return batch

    def check_holder(self, phone: str, *, name: str | None = None, amount: Amount | None = None) -> HolderResult:
        """Whether that number can receive that much, and bears that name.

        Wave compares names thirty times in five minutes for one number, then not at all for an hour.

        :raises providers.errors.SlowDown: that was too often.
        """
        body = wire.recipient_request(phone, name=name, amount=amount)
        return wire.read_holder(self._call("check_holder", "POST", "/v1/verify_recipient/", "", body=body))

    def _payout(self, lookup: Lookup) -> TransferResult | None:
        if not lookup.provider_ref:
            return None
        try:
            found = self._call("fetch_payout", "GET", _path(lookup.provider_ref), lookup.reference)
        except RequestRefused as refused:
            if refused.status != 404:
                raise
            return None
        return self._noted(wire.read_payout(found))

    def _payouts(self, reference: str) -> TransferResult | None:
        query = {"client_reference": reference}
        try:
            found = self._call("search_payouts", "GET", f"{_PAYOUT}s/search", reference, query=query)
        except RequestRefused as refused:
            # That the search was refused says nothing of the payout, which an earlier call may have begun.
            raise OutcomeUnknown("the search was refused", code=refused.code, status=refused.status) from refused
        payouts = wire.read_search(found, reference=reference)
        return wire.most_telling(map(self._noted, payouts)) if payouts else None

    def _noted(self, payout: TransferResult) -> TransferResult:
        if word := wire.unknown_word(payout.raw):
            logger.warning("event=unknown_status provider=wave payout=%s words=%s", payout.provider_ref, word)
        return payout


def _refused(refused: RequestRefused) -> TransferResult:
    """Every 4xx but a few ends a payout for good (Wave's own rule)."""
    if another := _another_bears_it(refused):
        raise another from refused
    reason = wire.FAILURES.get(refused.code, FailureReason.UNSPECIFIED)
    return TransferResult(Outcome.FAILED, failure=reason, failure_code=refused.code)


def _another_bears_it(refused: RequestRefused) -> OutcomeUnknown | None:
    """A conflict: another request went under that key, or is on its way. What became of it nobody said."""
    if refused.status != 409 and refused.code != "idempotency-mismatch":
        return None
    return OutcomeUnknown("another request went under that reference", code=refused.code, status=refused.status)


def _path(payout_ref: str) -> str:
    return f"{_PAYOUT}/{quote(payout_ref, safe='')}"
