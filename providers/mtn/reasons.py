"""MTN's words for what went wrong, and which fault or failure each of them is. Pure data.

The same word is another's matter in each direction: whoever pays is short of money, and when we pay that is us.
"""

from collections.abc import Mapping

from providers.errors import CredentialsRefused, OutcomeUnknown, ProviderFault, RequestRefused
from providers.failures import FailureReason as Reason

DUPLICATE = "RESOURCE_ALREADY_EXIST"
UNKNOWN_REFERENCE = "RESOURCE_NOT_FOUND"
BAD_CALLBACK_HOST = "INVALID_CALLBACK_URL_HOST"

# Of a payment: after five minutes without approval MTN closes it with the one or the other.
EXPIRED = frozenset({"EXPIRED", "COULD_NOT_PERFORM_TRANSACTION"})
REJECTED = frozenset({"APPROVAL_REJECTED", "PAYMENT_NOT_APPROVED"})

PAYMENT: Mapping[str, Reason] = {
    "PAYER_NOT_FOUND": Reason.PAYER_NOT_FOUND,
    "PAYEE_NOT_FOUND": Reason.MERCHANT_NOT_ALLOWED,
    "NOT_ENOUGH_FUNDS": Reason.PAYER_INSUFFICIENT_FUNDS,
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": Reason.PAYER_INSUFFICIENT_FUNDS,
    "PAYER_LIMIT_REACHED": Reason.PAYER_LIMIT_REACHED,
    "PAYEE_LIMIT_REACHED": Reason.MERCHANT_LIMIT_REACHED,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": Reason.MERCHANT_NOT_ALLOWED,
    "SENDER_ACCOUNT_NOT_ACTIVE": Reason.PAYER_ACCOUNT_BLOCKED,
    "APPROVAL_REJECTED": Reason.PAYER_NOT_APPROVED,
    "PAYMENT_NOT_APPROVED": Reason.PAYER_NOT_APPROVED,
    "TRANSACTION_CANCELED": Reason.CANCELLED,
    "EXPIRED": Reason.EXPIRED,
    "COULD_NOT_PERFORM_TRANSACTION": Reason.EXPIRED,
    "INTERNAL_PROCESSING_ERROR": Reason.PROVIDER_ERROR,  # in production often no money; MTN does not say
    "SERVICE_UNAVAILABLE": Reason.PROVIDER_UNAVAILABLE,
    "NOT_ALLOWED": Reason.MERCHANT_NOT_ALLOWED,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": Reason.MERCHANT_NOT_ALLOWED,
    BAD_CALLBACK_HOST: Reason.REQUEST_INVALID,
    "INVALID_CURRENCY": Reason.CURRENCY_NOT_SUPPORTED,
    UNKNOWN_REFERENCE: Reason.REQUEST_INVALID,
    DUPLICATE: Reason.REQUEST_INVALID,
    "VALIDATION_ERROR": Reason.REQUEST_INVALID,
    "TRANSACTION_NOT_FOUND": Reason.PROVIDER_ERROR,
    "TRANSACTION_NOT_COMPLETED": Reason.PROVIDER_ERROR,
    "CONSENT_MISMATCH": Reason.PAYER_MISMATCH,
}

PAYOUT: Mapping[str, Reason] = {
    **PAYMENT,
    "PAYER_NOT_FOUND": Reason.MERCHANT_NOT_ALLOWED,
    "PAYEE_NOT_FOUND": Reason.PAYEE_NOT_FOUND,
    "NOT_ENOUGH_FUNDS": Reason.MERCHANT_INSUFFICIENT_FUNDS,
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": Reason.MERCHANT_INSUFFICIENT_FUNDS,
    "PAYER_LIMIT_REACHED": Reason.MERCHANT_LIMIT_REACHED,
    "PAYEE_LIMIT_REACHED": Reason.PAYEE_LIMIT_REACHED,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": Reason.PAYEE_NOT_ELIGIBLE,
    "SENDER_ACCOUNT_NOT_ACTIVE": Reason.MERCHANT_NOT_ALLOWED,
    "COULD_NOT_PERFORM_TRANSACTION": Reason.PROVIDER_ERROR,
}

REFUND: Mapping[str, Reason] = {
    **PAYOUT,
    UNKNOWN_REFERENCE: Reason.REFUND_NOT_ALLOWED,
    "TRANSACTION_NOT_FOUND": Reason.REFUND_NOT_ALLOWED,
    "TRANSACTION_NOT_COMPLETED": Reason.REFUND_NOT_ALLOWED,
}

# Of a refused call, whatever its HTTP status: MTN sends permanent refusals as 500 as well.
_FAULTS: Mapping[str, type[ProviderFault]] = {
    "INTERNAL_PROCESSING_ERROR": OutcomeUnknown,
    "SERVICE_UNAVAILABLE": OutcomeUnknown,
    # An operator's matter, so that the attempt waits for him and is not lost.
    "NOT_ALLOWED": CredentialsRefused,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": CredentialsRefused,
    "login_failed": CredentialsRefused,
    "invalid_client": CredentialsRefused,
    **dict.fromkeys(
        (DUPLICATE, UNKNOWN_REFERENCE, BAD_CALLBACK_HOST, "INVALID_CURRENCY", "VALIDATION_ERROR"), RequestRefused
    ),
    **dict.fromkeys(("PAYER_NOT_FOUND", "PAYEE_NOT_FOUND"), RequestRefused),
}

TOKEN = "token"  # noqa: S105  the operation
_SLOW_DOWN = 429
_TIME_OUT = 408


def fault(status: int, code: str, operation: str) -> type[ProviderFault] | None:
    """By the body's code first; None leaves it to the status."""
    if operation == TOKEN and 400 <= status < 500 and status not in (_SLOW_DOWN, _TIME_OUT):
        return CredentialsRefused
    return _FAULTS.get(code)
