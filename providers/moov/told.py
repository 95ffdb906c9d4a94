"""What Moov said, in one shape for all its wires: the code with its meaning, the names by which it knows the thing."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from providers.contract import PaymentRequest, PayoutRequest
from providers.masking import masked
from providers.moov.codes import PENDING, Meaning, Operation, Table

_SENTENCES = frozenset({"message", "description", "status-description"})
_IDENTIFIER = re.compile(r"\A[\w.:-]{1,80}\Z", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{8,}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer. `details` is all it said, for reading on; `raw` is what may be kept."""

    code: str
    meaning: Meaning
    is_known: bool = True  # whether anybody told us what that code means
    their_ref: str | None = None  # Moov's id of the transaction
    trans_ref: str | None = None  # the gateways' id of the request; a question about it may have one of its own
    echo: str | None = None  # our reference, as it comes back
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict)


def identifier(value: Any) -> str | None:
    """An id as Moov writes them, short and in ASCII; anything else names nothing that we could keep or ask by."""
    return value if isinstance(value, str) and _IDENTIFIER.match(value) else None


def without_numbers(document: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept: masked, and Moov's sentences without any number long enough for a phone of eight digits."""
    plain = {key: _LONG_NUMBER.sub("•••", value) if key in _SENTENCES else value for key, value in document.items()}
    kept: dict[str, Any] = masked(plain)
    return kept


class Rail(Protocol):
    """One of Moov's wires.

    Every method raises `providers.errors.ProviderFault` when there is no usable answer, also for codes that are no word
    on the money (our credentials, a breakdown).
    """

    def push(self, request: PaymentRequest) -> Told: ...

    def payment_status(self, request_id: str) -> Told: ...

    def transfer(self, request: PayoutRequest) -> Told: ...

    def transfer_status(self, request_id: str) -> Told: ...

    def holder(self, phone: str) -> Told: ...

    def subscriber(self, told: Told) -> Mapping[str, Any]:
        """The description of a person inside the answer of `holder`."""
        ...


def understood(table: Table, operation: Operation, code: str, make: Callable[[Meaning, bool], Told]) -> Told:
    """The answer with what its code means. One without a meaning is pending, and told in the log.

    :raises ProviderFault: the code is no word on the money.
    """
    known = table.get((operation, code))
    meaning = known or PENDING
    if meaning.fault:
        raise meaning.fault(f"moov answers {code} to {operation}", code=code)
    if known is None and code:
        logger.warning("event=unknown_status provider=moov operation=%s code=%r", operation, code[:20])
    return make(meaning, known is not None)
