"""Why a payment or a payout failed: one taxonomy for every provider. Pure.

After the reference sheet of the wallets and aggregators, part 4.5. Whoever sees a failure asks three things: whose
matter it is, whether it is final, and what may be tried next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    PAYER_NOT_FOUND = "payer_not_found"
    PAYER_INSUFFICIENT_FUNDS = "payer_insufficient_funds"
    PAYER_LIMIT_REACHED = "payer_limit_reached"
    PAYER_ACCOUNT_BLOCKED = "payer_account_blocked"
    PAYER_NOT_ELIGIBLE = "payer_not_eligible"
    PAYER_MISMATCH = "payer_mismatch"
    PAYER_NOT_APPROVED = "payer_not_approved"
    PAYER_BUSY = "payer_busy"
    AUTH_CODE_INVALID = "auth_code_invalid"
    PAYEE_NOT_FOUND = "payee_not_found"
    PAYEE_LIMIT_REACHED = "payee_limit_reached"
    PAYEE_ACCOUNT_BLOCKED = "payee_account_blocked"
    PAYEE_NOT_ELIGIBLE = "payee_not_eligible"
    MERCHANT_INSUFFICIENT_FUNDS = "merchant_insufficient_funds"
    MERCHANT_LIMIT_REACHED = "merchant_limit_reached"
    MERCHANT_NOT_ALLOWED = "merchant_not_allowed"
    MERCHANT_AUTH_FAILED = "merchant_auth_failed"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    AMOUNT_INVALID = "amount_invalid"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    CROSS_BORDER_NOT_ALLOWED = "cross_border_not_allowed"
    PHONE_INVALID = "phone_invalid"
    REQUEST_INVALID = "request_invalid"
    DUPLICATE_REFERENCE = "duplicate_reference"
    REFUND_NOT_ALLOWED = "refund_not_allowed"
    FRAUD_SUSPECTED = "fraud_suspected"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    PROVIDER_ERROR = "provider_error"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNSPECIFIED = "unspecified"


class Side(StrEnum):
    """Whose matter it is."""

    PAYER = "payer"
    PAYEE = "payee"
    MERCHANT = "merchant"  # ours
    REQUEST = "request"  # ours, too: what we asked was wrong
    PROVIDER = "provider"


class Retry(StrEnum):
    """What may be tried next."""

    NEVER = "never"  # not with this wallet
    NEW_ATTEMPT = "new_attempt"  # at once, under a new reference
    AFTER_DELAY = "after_delay"  # later, under a new reference
    LOOK_UP = "look_up"  # nothing new: find the first one


@dataclass(frozen=True, slots=True)
class Failure:
    side: Side
    retry: Retry
    is_final: bool = True  # False: the same attempt may still succeed


_P, _Y, _M, _R, _V = Side.PAYER, Side.PAYEE, Side.MERCHANT, Side.REQUEST, Side.PROVIDER

FAILURES: Mapping[FailureReason, Failure] = {
    FailureReason.PAYER_NOT_FOUND: Failure(_P, Retry.NEVER),
    FailureReason.PAYER_INSUFFICIENT_FUNDS: Failure(_P, Retry.NEW_ATTEMPT),
    FailureReason.PAYER_LIMIT_REACHED: Failure(_P, Retry.AFTER_DELAY),
    FailureReason.PAYER_ACCOUNT_BLOCKED: Failure(_P, Retry.NEVER),
    FailureReason.PAYER_NOT_ELIGIBLE: Failure(_P, Retry.NEVER),
    FailureReason.PAYER_MISMATCH: Failure(_P, Retry.NEW_ATTEMPT),
    FailureReason.PAYER_NOT_APPROVED: Failure(_P, Retry.NEW_ATTEMPT),
    FailureReason.PAYER_BUSY: Failure(_P, Retry.AFTER_DELAY),
    FailureReason.AUTH_CODE_INVALID: Failure(_P, Retry.NEW_ATTEMPT, is_final=False),
    FailureReason.PAYEE_NOT_FOUND: Failure(_Y, Retry.NEVER),
    FailureReason.PAYEE_LIMIT_REACHED: Failure(_Y, Retry.AFTER_DELAY),
    FailureReason.PAYEE_ACCOUNT_BLOCKED: Failure(_Y, Retry.NEVER),
    FailureReason.PAYEE_NOT_ELIGIBLE: Failure(_Y, Retry.NEVER),
    FailureReason.MERCHANT_INSUFFICIENT_FUNDS: Failure(_M, Retry.AFTER_DELAY),
    FailureReason.MERCHANT_LIMIT_REACHED: Failure(_M, Retry.AFTER_DELAY),
    FailureReason.MERCHANT_NOT_ALLOWED: Failure(_M, Retry.NEVER),
    FailureReason.MERCHANT_AUTH_FAILED: Failure(_M, Retry.NEVER),
    FailureReason.AMOUNT_OUT_OF_RANGE: Failure(_R, Retry.NEVER),
    FailureReason.AMOUNT_INVALID: Failure(_R, Retry.NEVER),
    FailureReason.CURRENCY_NOT_SUPPORTED: Failure(_R, Retry.NEVER),
    FailureReason.CROSS_BORDER_NOT_ALLOWED: Failure(_P, Retry.NEVER),
    FailureReason.PHONE_INVALID: Failure(_R, Retry.NEVER),
    FailureReason.REQUEST_INVALID: Failure(_R, Retry.NEVER),
    FailureReason.DUPLICATE_REFERENCE: Failure(_R, Retry.LOOK_UP, is_final=False),
    FailureReason.REFUND_NOT_ALLOWED: Failure(_R, Retry.NEVER),
    FailureReason.FRAUD_SUSPECTED: Failure(_P, Retry.NEVER),
    FailureReason.PROVIDER_UNAVAILABLE: Failure(_V, Retry.AFTER_DELAY),
    FailureReason.PROVIDER_ERROR: Failure(_V, Retry.NEW_ATTEMPT),
    FailureReason.EXPIRED: Failure(_P, Retry.NEW_ATTEMPT),
    FailureReason.CANCELLED: Failure(_P, Retry.NEW_ATTEMPT),
    FailureReason.UNSPECIFIED: Failure(_V, Retry.NEW_ATTEMPT),
}
