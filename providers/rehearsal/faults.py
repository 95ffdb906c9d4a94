"""Faults on demand: what shall go wrong, where, and how often. Held in memory; a restart forgets them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    # of an answer
    ERROR = "error"  # `status`, before or after the work
    HANG = "hang"  # silence for `seconds`, then the connection is cut
    DROP = "drop"  # the connection is cut
    TRUNCATE = "truncate"  # half the body
    HTML = "html"  # a page instead of JSON
    EMPTY = "empty"  # 200 and nothing
    DRIP = "drip"  # one byte every `seconds`
    HUGE = "huge"  # 50 MB
    REDIRECT = "redirect"  # to `location`
    SLOW_DOWN = "slow_down"  # 429, with Retry-After when `seconds` is set
    WRONG_AMOUNT = "wrong_amount"  # the answer says `amount`
    UNKNOWN_STATUS = "unknown_status"  # the answer has a status word nobody documented
    REWRITE = "rewrite"  # the answer's `fields` are replaced
    LATE = "late"  # the answer comes after `seconds`
    # of a provider's own, under an operation name of its own: see its simulator
    SWITCH = "switch"
    # of a notification (operation "webhook")
    NEVER = "never"
    DUPLICATE = "duplicate"  # `copies` more
    FORGED = "forged"  # signed with a secret that is not the wallet's
    DELAY = "delay"  # by `seconds`
    OUT_OF_ORDER = "out_of_order"  # kept until a later one has been sent
    METHOD = "method"  # by another `method` than usual


OF_NOTIFICATIONS = frozenset({Kind.NEVER, Kind.DUPLICATE, Kind.FORGED, Kind.DELAY, Kind.OUT_OF_ORDER, Kind.METHOD})


class BadFault(ValueError):
    """The order for a fault cannot be understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `times` calls of `operation` (`*` for any) whose text contains `matching` go wrong in this way."""

    operation: str
    kind: Kind
    times: int = 1
    matching: str = ""
    work_done: bool = False  # whether the provider did the work all the same
    status: int = 500
    seconds: float = 0
    amount: str = ""
    copies: int = 1
    location: str = ""
    method: str = "PUT"
    fields: Mapping[str, Any] = field(default_factory=dict)


class Faults:
    """The faults still to happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, order: Mapping[str, Any]) -> Fault:
        """Take an order such as `{"operation": "create_session", "kind": "drop", "work_done": true}`.

        :raises BadFault: it cannot be understood.
        """
        try:
            fault = Fault(**{**order, "kind": Kind(order["kind"])})
        except (KeyError, TypeError, ValueError) as error:
            raise BadFault(f"not a fault: {error}") from None
        if (fault.kind in OF_NOTIFICATIONS) != (fault.operation == "webhook"):
            raise BadFault(f"{fault.kind} cannot happen to {fault.operation}")
        with self._lock:
            self._waiting.append((fault, fault.times))
        return fault

    def take(self, operation: str, text: str) -> Fault | None:
        """The fault that hits this call, if any; one time of it is then used up."""
        return self._taken(
            lambda fault: (
                fault.kind is not Kind.SWITCH and fault.operation in (operation, "*") and fault.matching in text
            )
        )

    def switched(self, name: str, text: str) -> bool:
        """Whether this quirk of a provider's is ordered here; one time of it is then used up."""
        return (
            self._taken(lambda fault: fault.kind is Kind.SWITCH and fault.operation == name and fault.matching in text)
            is not None
        )

    def _taken(self, hits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for index, (fault, left) in enumerate(self._waiting):
                if hits(fault):
                    self._waiting[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{**asdict(fault), "times": left} for fault, left in self._waiting]
