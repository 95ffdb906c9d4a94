"""Faults: the provider did not answer as agreed. Each says whether the same reference may be sent again.

ProviderFault
├── OutcomeUnknown        time-out, 5xx, connection lost, unreadable body: the work may have been done
│   └── UnreadableAnswer
├── NotSent               we know nothing left: connection refused, DNS, circuit open
├── SlowDown              429: nothing was done, wait
├── RequestRefused        an explicit 4xx about this request: nothing was done and the same will not work
└── CredentialsRefused    401/403: nothing was done; an operator must act
NotificationRefused       a notification that is not the provider's: forged, altered, too old
"""


class ProviderFault(Exception):
    """A provider call that gave no usable answer. `code` is the provider's own word where it gave one."""

    same_reference_may_be_sent_again = False
    nothing_happened = False

    def __init__(self, message: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class OutcomeUnknown(ProviderFault):
    """The work may have been done. Ask with the same reference; never start another."""


class UnreadableAnswer(OutcomeUnknown):
    """The provider answered something that is not its documented format. `sample` is its masked beginning."""

    def __init__(self, message: str, *, code: str = "", status: int | None = None, sample: str = "") -> None:
        super().__init__(message, code=code, status=status)
        self.sample = sample


class NotSent(ProviderFault):
    """The request certainly did not reach the provider."""

    same_reference_may_be_sent_again = True
    nothing_happened = True


class SlowDown(ProviderFault):
    """Refused for now because of our pace. `retry_after_seconds` is the provider's wish, where it said one."""

    same_reference_may_be_sent_again = True
    nothing_happened = True

    def __init__(
        self, message: str, *, code: str = "", status: int | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after_seconds = retry_after_seconds


class RequestRefused(ProviderFault):
    """Refused for good: the request is wrong, or not allowed for this payer or merchant."""

    nothing_happened = True


class CredentialsRefused(ProviderFault):
    """Our key is missing, wrong, revoked or not allowed to do this."""

    same_reference_may_be_sent_again = True
    nothing_happened = True


class NotificationRefused(Exception):
    """The notification does not prove that it comes from the provider. `reason` is a stable word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
