"""What MTN's sandbox does with the published test numbers (fact sheet 1.12). Pure data, for the simulator.

Every number begins with 46733123; whatever is not listed succeeds at once.
"""

from collections.abc import Mapping

PREFIX = "46733123"
ONGOING = "ongoing"  # stays pending, until it expires
DELAYED = "delayed"  # pending at first, then it succeeds
DELAY_SECONDS = 10  # seen: 4 to 45

_COMMON = {
    "450": "INTERNAL_PROCESSING_ERROR",
    "451": "APPROVAL_REJECTED",
    "452": "EXPIRED",
    "453": ONGOING,
    "454": DELAYED,
    "464": "UNKNOWN_TRANSFER_TYPE",
}

PAYMENTS: Mapping[str, str] = {  # deposits as well
    **_COMMON,
    "455": "PAYER_NOT_FOUND",
    "456": "PAYEE_NOT_ALLOWED_TO_RECEIVE",
    "457": "NOT_ALLOWED",
    "458": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "459": "INVALID_CALLBACK_URL_HOST",
    "460": "INVALID_CURRENCY",
    "461": "INTERNAL_PROCESSING_ERROR",
    "462": "SERVICE_UNAVAILABLE",
    "463": "COULD_NOT_PERFORM_TRANSACTION",
}

TRANSFERS: Mapping[str, str] = {
    **_COMMON,
    "455": "NOT_ENOUGH_FUNDS",
    "456": "PAYER_LIMIT_REACHED",
    "457": "PAYEE_NOT_FOUND",
    "458": "NOT_ALLOWED",
    "459": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "460": "INVALID_CALLBACK_URL_HOST",
    "461": "INVALID_CURRENCY",
    "462": "INTERNAL_PROCESSING_ERROR",
    "463": "SERVICE_UNAVAILABLE",
}

PREAPPROVALS: Mapping[str, str] = {
    "450": "INTERNAL_PROCESSING_ERROR",
    "451": "APPROVAL_REJECTED",
    "452": "EXPIRED",
    "453": ONGOING,
    "454": DELAYED,
    "455": "PAYER_NOT_FOUND",
    "456": "NOT_ALLOWED",
    "457": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "458": "INVALID_CALLBACK_URL_HOST",
    "459": "INVALID_CURRENCY",
    "460": "INTERNAL_PROCESSING_ERROR",
    "461": "SERVICE_UNAVAILABLE",
    "469": "RESOURCE_NOT_FOUND",  # no approved pre-approval
}

# By `referenceIdToRefund`.
REFUNDS: Mapping[str, str] = {
    "1": "RESOURCE_NOT_FOUND",
    "2": "INTERNAL_PROCESSING_ERROR",
    "3": "APPROVAL_REJECTED",
    "4": "EXPIRED",
    "5": ONGOING,
    "6": DELAYED,
    "7": "NOT_ALLOWED",
    "8": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "9": "INVALID_CALLBACK_URL_HOST",
    "10": "INVALID_CURRENCY",
    "11": "INTERNAL_PROCESSING_ERROR",
    "12": "SERVICE_UNAVAILABLE",
    "13": "COULD_NOT_PERFORM_TRANSACTION",
}

# Holders: (HTTP status, code); None in place of a code: not active.
HOLDERS: Mapping[str, tuple[int, str | None]] = {
    PREFIX + "450": (404, "RESOURCE_NOT_FOUND"),
    PREFIX + "451": (200, None),
    PREFIX + "452": (500, "NOT_ALLOWED"),
    PREFIX + "453": (500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    PREFIX + "454": (500, "INTERNAL_PROCESSING_ERROR"),
    PREFIX + "455": (503, "SERVICE_UNAVAILABLE"),
    "notfound@email.com": (404, "RESOURCE_NOT_FOUND"),
    "notactive@email.com": (200, None),
    "notallowed@email.com": (500, "NOT_ALLOWED"),
    "notallowedtargetenvironment@email.com": (500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    "internalprocessingerror@email.com": (500, "INTERNAL_PROCESSING_ERROR"),
    "serviceunavailable@email.com": (503, "SERVICE_UNAVAILABLE"),
}


def of_number(outcomes: Mapping[str, str], party: str) -> str:
    """The outcome of a request to or from that number; empty: it succeeds."""
    return outcomes.get(party.removeprefix(PREFIX), "") if party.startswith(PREFIX) else ""
