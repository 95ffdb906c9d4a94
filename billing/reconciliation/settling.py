"""Tell payments, refunds and payouts what the statement proves of them, through their own operations.

A line is the provider's final word: what was unknown, expired or waited for a person is settled by it. Nothing here
touches their tables; what they made of it is read back from their queries.
"""

from dataclasses import dataclass
from datetime import datetime

import billing.payments.operations as payments
import billing.payments.queries as payment_queries
import billing.payouts.operations as payouts
import billing.payouts.queries as payout_queries
import billing.refunds.operations as refunds
import billing.refunds.queries as refund_queries
from billing.payments.facts import Outcome as PaymentOutcome
from billing.payments.facts import ProviderAnswer
from billing.payouts.facts import Outcome as PayoutOutcome
from billing.payouts.facts import TransferAnswer
from billing.reconciliation.models import Finding, SettlementLine
from billing.refunds.facts import Outcome as RefundOutcome
from billing.refunds.facts import RefundAnswer

SOURCE = "statement"
_SETTLED_PAYOUTS = frozenset({"succeeded", "reversed"})


@dataclass(frozen=True, slots=True)
class Booked:
    """What the subject's own entries did, in the wallet's view. All zero: they have not."""

    is_booked: bool
    gross_minor: int = 0
    fee_minor: int = 0
    is_expected: bool = True  # the sum is the one that was asked for


_NOT = Booked(False)


class NotItsKind(Exception):
    """A line of this kind cannot be that document."""


def tell(finding: Finding, line: SettlementLine, *, at: datetime) -> Booked:
    """Hand the line's word to its subject, and say what the subject's books are now."""
    return _TELL[finding.side](finding.subject_ref, line, at)


def entity_and_amount(side: str, subject_ref: str) -> tuple[int, str, str, str]:
    """(gross as the wallet sees it, currency, provider, market) of a document that a person names.

    :raises NotItsKind: no such document of the kind that the line can be.
    """
    try:
        match side:
            case "payment":
                payment = payment_queries.payment(subject_ref)
                return payment.amount_minor, payment.currency, payment.provider, payment.market
            case "refund":
                refund = refund_queries.refund(subject_ref)
                if refund.way != "operation":
                    raise NotItsKind(f"{subject_ref} goes as a payout: name that one")
                return -refund.amount_minor, refund.currency, refund.provider, refund.market
            case "payout" | "payout_back":
                payout = payout_queries.payout(subject_ref)
                gross = payout.amount_minor if side == "payout_back" else -payout.amount_minor
                return gross, payout.currency, payout.provider, payout.market
    except (payment_queries.NoSuchPayment, refund_queries.NoSuchRefund, payout_queries.NoSuchPayout):
        pass
    raise NotItsKind(f"there is no {side} {subject_ref}")


def _payment(ref: str, line: SettlementLine, at: datetime) -> Booked:
    if payment_queries.capture(ref) is None:
        answer = ProviderAnswer(
            PaymentOutcome.SUCCEEDED,
            provider_ref=None if line.our_ref == ref else line.provider_ref,
            transaction_ref=line.transaction_ref,
            amount_minor=_gross(line),
            currency=line.currency,
            raw=_raw(line),
        )
        payments.apply_answer(payment_ref=ref, answer=answer, source=SOURCE, at=at)
    captured = payment_queries.capture(ref)
    if captured is None:
        return _NOT
    return Booked(True, captured.amount_minor, captured.fee_minor, captured.booked_as != "mismatch")


def _refund(ref: str, line: SettlementLine, at: datetime) -> Booked:
    refund = refund_queries.refund(ref)
    if refund.state != "succeeded":
        answer = RefundAnswer(
            RefundOutcome.SUCCEEDED,
            provider_ref=None,
            transaction_ref=line.transaction_ref,
            amount_minor=-_gross(line),
            currency=line.currency,
            raw=_raw(line),
        )
        refund = refunds.apply_answer(refund_ref=ref, answer=answer, source=SOURCE, at=at)
    if refund.state != "succeeded":
        return _NOT
    return Booked(True, -refund.amount_minor, -refund.fee_back_minor)


def _payout(ref: str, line: SettlementLine, at: datetime) -> Booked:
    payout = payout_queries.payout(ref)
    if payout.state not in _SETTLED_PAYOUTS:
        payout = payouts.apply_answer(
            payout_ref=ref, answer=_transfer(PayoutOutcome.SUCCEEDED, line, -1), source=SOURCE, at=at
        )
    if payout.state not in _SETTLED_PAYOUTS:
        return _NOT
    return Booked(True, -payout.amount_minor, payout.fee_minor)


def _payout_back(ref: str, line: SettlementLine, at: datetime) -> Booked:
    payout = payout_queries.payout(ref)
    if payout.state == "succeeded":
        answer = _transfer(PayoutOutcome.REVERSED, line, 1)
        payout = payouts.apply_answer(payout_ref=ref, answer=answer, source=SOURCE, at=at)
    if payout.state != "reversed":
        return _NOT
    return Booked(True, payout.amount_minor, -payout.fee_minor)


def _transfer(outcome: PayoutOutcome, line: SettlementLine, sign: int) -> TransferAnswer:
    return TransferAnswer(
        outcome,
        transaction_ref=line.transaction_ref,
        amount_minor=sign * _gross(line),
        currency=line.currency,
        fee_minor=line.fee_minor if outcome is PayoutOutcome.SUCCEEDED and line.fee_minor >= 0 else None,
        raw=_raw(line),
    )


def _gross(line: SettlementLine) -> int:
    return line.net_minor + line.fee_minor


def _raw(line: SettlementLine) -> dict[str, object]:
    return {"line_ref": line.line_ref, "kind": line.kind, "net_minor": line.net_minor, "fee_minor": line.fee_minor}


_TELL = {"payment": _payment, "refund": _refund, "payout": _payout, "payout_back": _payout_back}
