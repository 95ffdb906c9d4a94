"""Sonatel's error codes in our taxonomy. The same code means the payer in one operation and us in the other. Pure."""

from collections.abc import Mapping

from providers.failures import FailureReason

PENDING = "51"  # HTTP 500, and yet: being done, do not repeat, ask

COLLECTING: Mapping[str, FailureReason] = {
    "2000": FailureReason.PAYER_NOT_FOUND,
    "2001": FailureReason.PHONE_INVALID,
    **dict.fromkeys(("2020", "2021", "2031"), FailureReason.PAYER_INSUFFICIENT_FUNDS),
    **dict.fromkeys(("2023", "2024"), FailureReason.PAYER_LIMIT_REACHED),
    **dict.fromkeys(("2025", "2030"), FailureReason.MERCHANT_LIMIT_REACHED),
    **dict.fromkeys(("2022", "2040"), FailureReason.UNSPECIFIED),  # "insufficient for payee": nobody says what it means
    **dict.fromkeys(("2041", "2043"), FailureReason.MERCHANT_NOT_ALLOWED),
    "2042": FailureReason.PAYER_NOT_ELIGIBLE,
    **dict.fromkeys(("2050", "2051", "2052"), FailureReason.AUTH_CODE_INVALID),
    "4004": FailureReason.EXPIRED,
}
PAYING_OUT: Mapping[str, FailureReason] = {
    "2000": FailureReason.PAYEE_NOT_FOUND,
    "2001": FailureReason.PHONE_INVALID,
    **dict.fromkeys(("2020", "2021", "2031"), FailureReason.MERCHANT_INSUFFICIENT_FUNDS),
    **dict.fromkeys(("2023", "2025", "2030"), FailureReason.PAYEE_LIMIT_REACHED),
    "2024": FailureReason.MERCHANT_LIMIT_REACHED,
    **dict.fromkeys(("2022", "2040"), FailureReason.UNSPECIFIED),
    **dict.fromkeys(("2041", "2042"), FailureReason.MERCHANT_NOT_ALLOWED),
    "2043": FailureReason.PAYEE_NOT_ELIGIBLE,
}
