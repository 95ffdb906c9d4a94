"""What Moov's result codes mean, by (variant, operation, code). Pure.

The same figures say different things: 11 is "too much" on M1 and "does not exist" on the gateways, 12 is "too little"
there and "failed" here, and "failed" for a code that was handed in means a wrong code. A code nobody told us of has no
meaning here, and whoever asked goes on waiting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from providers.contract import Outcome
from providers.errors import CredentialsRefused, OutcomeUnknown, ProviderFault
from providers.failures import FailureReason

R = FailureReason


class Operation(StrEnum):
    PUSH = "push"  # ask the payer by a prompt on the phone
    SEND_CODE = "send_code"  # ask by a code in a text message
    CONFIRM = "confirm"  # hand that code in
    STATUS = "status"  # of a payment
    TRANSFER = "transfer"
    TRANSFER_STATUS = "transfer_status"
    HOLDER = "holder"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Meaning:
    """An outcome with its reason; or a fault, where the code is no word on the money."""

    outcome: Outcome
    failure: FailureReason | None = None
    fault: type[ProviderFault] | None = None


Table = Mapping[tuple[Operation, str], Meaning]

DONE = Meaning(Outcome.SUCCEEDED)
PENDING = Meaning(Outcome.PENDING)
UNHEARD = Meaning(Outcome.NOT_FOUND)
UNKNOWN = Meaning(Outcome.PENDING, fault=OutcomeUnknown)
OUR_CREDENTIALS = Meaning(Outcome.PENDING, fault=CredentialsRefused)


def failed(reason: FailureReason) -> Meaning:
    return Meaning(Outcome.FAILED, reason)


def _each(reasons: Mapping[str, FailureReason]) -> dict[str, Meaning]:
    return {code: failed(reason) for codes, reason in reasons.items() for code in codes.split()}


def _table(rows: Mapping[Operation, Mapping[str, Meaning]]) -> dict[tuple[Operation, str], Meaning]:
    return {(operation, code): meaning for operation, codes in rows.items() for code, meaning in codes.items()}


# Of the transaction itself; who is meant depends on the direction.
_AMOUNTS = {"11 12 17": R.AMOUNT_OUT_OF_RANGE, "3": R.PHONE_INVALID, "8": R.MERCHANT_INSUFFICIENT_FUNDS}
_M1_COLLECTING = _each(
    {
        **_AMOUNTS,
        "6": R.PAYER_NOT_ELIGIBLE,
        "7 9": R.PAYER_ACCOUNT_BLOCKED,
        "10": R.PAYER_INSUFFICIENT_FUNDS,
        "13 14 15 16 19 20": R.PAYER_LIMIT_REACHED,
        "18": R.PAYEE_LIMIT_REACHED,
        "92": R.PAYER_NOT_APPROVED,  # refused, or the prompt timed out: it does not say which
        "95": R.UNSPECIFIED,
        "555": R.PAYER_NOT_FOUND,
    }
)
_M1_PAYING = _each(
    {
        **_AMOUNTS,
        "6": R.PAYEE_NOT_ELIGIBLE,
        "7 9": R.PAYEE_ACCOUNT_BLOCKED,
        "10": R.MERCHANT_INSUFFICIENT_FUNDS,
        "13 14 15 16 19 20": R.MERCHANT_LIMIT_REACHED,  # the sender's caps, and here the sender is us
        "18": R.PAYEE_LIMIT_REACHED,
        "95": R.UNSPECIFIED,
        "555": R.PAYEE_NOT_FOUND,
    }
)
_M1_REFUSED = _each({"1 2 4": R.MERCHANT_NOT_ALLOWED, "91": R.REQUEST_INVALID})
# As an answer to a question the same are about the question.
_M1_QUESTION_REFUSED = dict.fromkeys(("1", "2", "4", "91"), UNKNOWN)
_M1_ALWAYS = {"0": DONE, "100": PENDING, "98": OUR_CREDENTIALS, "99": UNKNOWN, "-1": UNKNOWN}
_M1_HOLDER = _each({"555": R.PAYEE_NOT_FOUND, "3": R.PHONE_INVALID, "7 9": R.PAYEE_ACCOUNT_BLOCKED})

M1: Table = _table(
    {
        Operation.PUSH: {**_M1_ALWAYS, **_M1_COLLECTING, **_M1_REFUSED, "94": UNKNOWN},
        Operation.STATUS: {**_M1_ALWAYS, **_M1_COLLECTING, **_M1_QUESTION_REFUSED, "94": UNHEARD},
        Operation.TRANSFER: {**_M1_ALWAYS, **_M1_PAYING, **_M1_REFUSED, "92": UNKNOWN, "94": UNKNOWN},
        Operation.TRANSFER_STATUS: {**_M1_ALWAYS, **_M1_PAYING, **_M1_QUESTION_REFUSED, "94": UNHEARD},
        Operation.HOLDER: {**_M1_ALWAYS, **_M1_HOLDER, **_M1_QUESTION_REFUSED},
        Operation.BALANCE: {**_M1_ALWAYS, **_M1_QUESTION_REFUSED},
    }
)

_GATEWAY_ALWAYS = {"15": PENDING, "401": OUR_CREDENTIALS, "404": UNKNOWN, "500": UNKNOWN}
_GATEWAY_STATUS = {**_GATEWAY_ALWAYS, "0": DONE, "11": UNHEARD, "12": failed(R.UNSPECIFIED)}
_GATEWAY_ASKING = {**_GATEWAY_ALWAYS, "0": PENDING, "11": failed(R.PAYER_NOT_FOUND), "12": failed(R.UNSPECIFIED)}

GATEWAY: Table = _table(
    {
        Operation.PUSH: _GATEWAY_ASKING,  # 0: the prompt is out, nothing is paid
        Operation.SEND_CODE: _GATEWAY_ASKING,
        Operation.CONFIRM: {
            **_GATEWAY_ALWAYS,
            "0": PENDING,  # the status tells whether it is paid
            "11": failed(R.EXPIRED),
            "12": Meaning(Outcome.PENDING, R.AUTH_CODE_INVALID),
        },
        Operation.STATUS: _GATEWAY_STATUS,
        Operation.TRANSFER: {
            **_GATEWAY_ALWAYS,
            "0": DONE,
            "11": failed(R.PAYEE_NOT_FOUND),
            "12": failed(R.UNSPECIFIED),
        },
        Operation.TRANSFER_STATUS: _GATEWAY_STATUS,
        Operation.HOLDER: {**_GATEWAY_ALWAYS, "0": DONE, "11": failed(R.PAYEE_NOT_FOUND), "12": UNKNOWN},
    }
)

_WORDS = {"succeeded": DONE, "pending": PENDING, "not_found": UNHEARD, "unknown": UNKNOWN}
_WORDS |= {"credentials": OUR_CREDENTIALS, **{reason.value: failed(reason) for reason in FailureReason}}


def overridden(table: Table, text: str) -> Table:
    """The table with an installation's own readings: `push:91=payer_not_approved, 101=payer_limit_reached`.

    Without an operation before the colon the reading holds for all of them.

    :raises ValueError: an operation or a word on the right that does not exist.
    """
    changed = dict(table)
    for item in filter(None, (part.strip() for part in text.split(","))):
        left, _, word = item.partition("=")
        operation, _, code = left.strip().rpartition(":")
        if word.strip() not in _WORDS:
            raise ValueError(f"{word.strip()!r} is no meaning of a code: one of {', '.join(sorted(_WORDS))}")
        for one in [Operation(operation)] if operation else list(Operation):
            changed[one, code.strip()] = _WORDS[word.strip()]
    return changed
