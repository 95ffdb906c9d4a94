"""Wave's payouts, batches and recipients, read and written. Pure: JSON in, the port's words out, and the other way."""

from collections.abc import Iterable, Mapping
from typing import Any

from providers import amounts
from providers.contract import BatchResult, FailureReason, HolderResult, Outcome, PayoutRequest, TransferResult
from providers.errors import UnreadableAnswer
from providers.masking import masked
from providers.wave import fields

FAILURES = {
    "country-mismatch": FailureReason.PAYEE_NOT_ELIGIBLE,
    "recipient-minor": FailureReason.PAYEE_NOT_ELIGIBLE,
    "recipient-account-blocked": FailureReason.PAYEE_ACCOUNT_BLOCKED,
    "recipient-account-inactive": FailureReason.PAYEE_ACCOUNT_BLOCKED,
    "recipient-limit-exceeded": FailureReason.PAYEE_LIMIT_REACHED,
    "insufficient-funds": FailureReason.MERCHANT_INSUFFICIENT_FUNDS,
    "kyb-limits-exceeded": FailureReason.MERCHANT_LIMIT_REACHED,
    "invalid-aggregated-merchant-id": FailureReason.MERCHANT_NOT_ALLOWED,
    "aggregated-merchant-required": FailureReason.MERCHANT_NOT_ALLOWED,
    "currency-mismatch": FailureReason.CURRENCY_NOT_SUPPORTED,
    "request-not-json": FailureReason.REQUEST_INVALID,
    "request-parsing-error": FailureReason.REQUEST_INVALID,
    "request-validation-error": FailureReason.REQUEST_INVALID,
    "idempotency-mismatch": FailureReason.DUPLICATE_REFERENCE,
    "payment-failure": FailureReason.PROVIDER_ERROR,
    "payout-reversal-time-limit-exceeded": FailureReason.REFUND_NOT_ALLOWED,
    "payout-reversal-account-terminated": FailureReason.PAYEE_ACCOUNT_BLOCKED,
}

_NAME_LETTERS = 255
_REASON_LETTERS = 40
_OUTCOMES = {
    "processing": Outcome.PENDING,
    "succeeded": Outcome.SUCCEEDED,
    "failed": Outcome.FAILED,
    "reversed": Outcome.REVERSED,
}
_BATCH_WORDS = {"processing", "complete"}
_RANK = {Outcome.SUCCEEDED: 3, Outcome.PENDING: 2, Outcome.REVERSED: 1}
_NAMES = {"MATCH": True, "NO_MATCH": False}  # NAME_NOT_KNOWN and null: Wave does not say


def payout_request(request: PayoutRequest) -> bytes:
    """The body of one payout: the same for every sending, since Wave compares it under the idempotency key.

    :raises providers.amounts.NotWhole: Wave pays out whole units only.
    """
    return fields.written(_order(request))


def batch_request(requests: Iterable[PayoutRequest]) -> bytes:
    """The body of a batch.

    :raises providers.amounts.NotWhole: as `payout_request`.
    """
    return fields.written({"payouts": [_order(request) for request in requests]})


def recipient_request(phone: str, *, name: str | None, amount: amounts.Amount | None) -> bytes:
    document = {"mobile": phone}
    if name:
        document["name"] = name[:_NAME_LETTERS]
    if amount:
        document |= {"amount": amounts.to_text(amount), "currency": amount.currency}
    return fields.written(document)


def read_payout(document: Any) -> TransferResult:
    """What one payout says. Only a failed one may be without its amount.

    :raises UnreadableAnswer: a part we cannot do without is missing or no amount.
    """
    document = fields.mapping(document, "a payout")
    outcome, code = _outcome(document), _error(document)
    silent = outcome is Outcome.FAILED and document.get("receive_amount") is None
    return TransferResult(
        outcome=outcome,
        provider_ref=fields.text(document, "id"),
        amount=None if silent else fields.amount(document, "receive_amount"),
        fee=None if document.get("fee") is None else fields.amount(document, "fee"),
        client_reference=fields.optional(document, "client_reference"),
        failure=_failure(outcome, code),
        failure_code=code,
        raw=masked(document),
    )


def read_search(document: Any, *, reference: str) -> tuple[TransferResult, ...]:
    """The payouts that carry exactly our reference, however generous the search was.

    :raises UnreadableAnswer: not a list of payouts under `result`.
    """
    found = fields.listing(document, "result")
    return tuple(read_payout(item) for item in found if item.get("client_reference") == reference)


def read_batch_ref(document: Any) -> str:
    """:raises UnreadableAnswer: no id of a batch."""
    return fields.text(fields.mapping(document, "a batch"), "id")


def read_batch(document: Any) -> BatchResult:
    """What became of each payout of a batch; that the batch is complete says nothing of them.

    :raises UnreadableAnswer: a part we cannot do without is missing.
    """
    document = fields.mapping(document, "a batch")
    is_complete = document.get("status") == "complete"
    items = fields.listing(document, "payouts") if is_complete or "payouts" in document else []
    told: dict[str, TransferResult] = {}
    for item in items:
        if reference := fields.optional(item, "client_reference"):
            told[reference] = most_telling(filter(None, (told.get(reference), _read_one_of_many(item))))
    return BatchResult(fields.text(document, "id"), is_complete, told)


def read_holder(document: Any) -> HolderResult:
    """Whether the wallet can receive that much and bears that name; Wave does not say more of a number.

    :raises UnreadableAnswer: it is no answer of that kind.
    """
    document = fields.mapping(document, "a recipient")
    within = document.get("within_limits")
    if not isinstance(within, bool | None) or not {"within_limits", "name_match"} & document.keys():
        raise UnreadableAnswer("no answer about a recipient")
    return HolderResult(
        is_active=None,
        name_matches=_NAMES.get(str(document.get("name_match"))),
        within_limits=within,
        raw=masked(document),
    )


def most_telling(results: Iterable[TransferResult]) -> TransferResult:
    """Of several payouts under one reference: one that arrived, else one that still may, else one that came back.

    :raises ValueError: there is none.
    """
    return max(results, key=lambda result: (_RANK.get(result.outcome, 0), str(result.raw.get("timestamp"))))


def unknown_word(raw: Mapping[str, Any]) -> str:
    """The status of a payout that the documentation does not have, or contradicts its error; empty when it fits."""
    status = raw.get("status")
    return "" if status in _OUTCOMES and not _contradicts(raw) else f"{status!r}"


def unknown_batch_word(raw: Mapping[str, Any]) -> str:
    """The same for a batch."""
    return "" if raw.get("status") in _BATCH_WORDS else f"{raw.get('status')!r}"


def _read_one_of_many(document: dict[str, Any]) -> TransferResult:
    """One that cannot be read stays pending, to be asked for alone; the others of its batch are told all the same."""
    try:
        return read_payout(document)
    except UnreadableAnswer:
        return TransferResult(Outcome.PENDING, fields.optional(document, "id"), raw=masked(document))


def _order(request: PayoutRequest) -> dict[str, str]:
    document = {
        "currency": request.amount.currency,
        "receive_amount": str(amounts.to_number(request.amount)),
        "mobile": request.payee_phone,
        "client_reference": request.reference,
    }
    if request.payee_name:
        document["name"] = request.payee_name[:_NAME_LETTERS]
    if request.description:
        document["payment_reason"] = request.description[:_REASON_LETTERS]
    return document


def _outcome(document: Mapping[str, Any]) -> Outcome:
    if _contradicts(document):
        return Outcome.PENDING
    return _OUTCOMES.get(str(document.get("status")), Outcome.PENDING)


def _contradicts(document: Mapping[str, Any]) -> bool:
    """Whether it names an error and says that the money arrived."""
    return document.get("status") == "succeeded" and bool(_error(document))


def _error(document: Mapping[str, Any]) -> str:
    return fields.error_code({"payout_error": document.get("payout_error")})


def _failure(outcome: Outcome, code: str) -> FailureReason | None:
    if code:
        return FAILURES.get(code, FailureReason.UNSPECIFIED)
    return FailureReason.UNSPECIFIED if outcome is Outcome.FAILED else None
