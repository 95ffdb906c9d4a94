"""The one way out: a call over HTTP that ends in time, and whose every ending says what may have happened.

Each call has a connection of its own. A connection kept for later may be found dead by the next POST, and then nobody
knows whether the work was done; one more handshake is cheaper than one more unknown payment.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from prometheus_client import Histogram

from providers import circuit, strict_json
from providers.deadline import Deadline, WatchedLines
from providers.errors import (
    CredentialsRefused,
    NotSent,
    OutcomeUnknown,
    ProviderFault,
    RequestRefused,
    SlowDown,
    UnreadableAnswer,
)
from providers.masking import masked_text

logger = logging.getLogger(__name__)

_PIECE = 65_536
_SAMPLE_CHARACTERS = 200
USER_AGENT = "coko/1"
_CALLS = Histogram(
    "coko_provider_call_seconds",
    "Calls to payment providers, by how they ended.",
    ("provider", "market", "operation", "ending"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120),
)
_CODE = re.compile(r"\A[\w.:-]{1,80}\Z", re.ASCII)  # what may stand in a log line


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one call may take, and how much it may answer."""

    connect_seconds: float = 3.0
    read_seconds: float = 20.0  # between two bytes
    total_seconds: float = 25.0  # from the connection to the last byte, whatever the pace
    body_bytes: int = 1_048_576


USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `body` is sent byte for byte: it may have been signed."""

    operation: str  # for the log
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    reference: str = ""  # for the log


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx with its document; `document` is None when the body was empty."""

    status: int
    document: Any
    dated: datetime | None = None  # when, by the provider's own clock (`Date`), where it says


Read = Callable[[bytes], Any]
Classify = Callable[[int, str, str], type[ProviderFault] | None]


class Client:
    """Calls one wallet of one provider.

    `read_code` finds the provider's own error word in a refused answer's document. `read` turns a body into a document
    (`NotStrictJson` when it cannot; strict JSON unless said otherwise). `classify` may name the fault of a refused
    answer from (HTTP status, the provider's code, the operation) where the provider's code says more than the status;
    None leaves it to the status.
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        read_code: Callable[[Any], str],
        limits: Limits = USUAL_LIMITS,
        market: str = "",
        read: Read = strict_json.read,
        classify: Classify | None = None,
        user_agent: str = USER_AGENT,
        ca_file: str = "",  # certificates to trust instead of the system's, for a provider that signs its own
    ) -> None:
        self._provider = provider
        self._market = market
        self._base_url = base_url.rstrip("/")
        self._read_code = read_code
        self._limits = limits
        self._read = read
        self._classify = classify
        self._user_agent = user_agent
        self._ca_file = ca_file

    def send(self, call: Call) -> Answer:
        """Make the call, once. No retries here: who holds the reference decides.

        :raises ProviderFault: there is no usable answer; its class says what may have happened.
        """
        started = time.monotonic()
        try:
            answer = circuit.call(self._provider, self._market, lambda: self._judged(self._exchange(call), call))
        except ProviderFault as fault:
            self._log(call, started, status=fault.status, ending=type(fault).__name__, code=fault.code)
            raise
        self._log(call, started, status=answer.status, ending="answered", code="")
        return answer

    def _exchange(self, call: Call) -> "_Reply":
        limits = self._limits
        with Deadline(limits.total_seconds) as deadline, self._session(deadline) as session:
            try:
                response = session.request(
                    call.method,
                    self._base_url + call.path,
                    params=call.query,
                    data=call.body,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity", **call.headers},
                    timeout=(limits.connect_seconds, limits.read_seconds),
                    allow_redirects=False,
                    stream=True,
                )
                with response:
                    reply = _Reply(response.status_code, response.headers, self._body(response))
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                # The error's own text may hold our headers, so only its name goes on.
                raise _without_answer(error, deadline) from None
            if deadline.reached:
                raise _without_answer(TimeoutError(), deadline)
        return reply

    def _body(self, response: requests.Response) -> bytes:
        pieces, size = [], 0
        # As it came: an answer is never unpacked, we asked for none that is packed.
        while piece := response.raw.read(_PIECE, decode_content=False):
            pieces.append(piece)
            size += len(piece)
            if size > self._limits.body_bytes:
                raise UnreadableAnswer(f"more than {self._limits.body_bytes} bytes", status=response.status_code)
        return b"".join(pieces)

    def _session(self, deadline: Deadline) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a .netrc or proxy variable must not replace our credentials or our route
        session.headers["User-Agent"] = self._user_agent
        session.verify = self._ca_file or True
        for scheme in ("https://", "http://"):
            session.mount(scheme, WatchedLines(deadline))
        return session

    def _judged(self, reply: "_Reply", call: Call) -> Answer:
        if 200 <= reply.status < 300:
            return Answer(reply.status, reply.document(self._read), _dated(reply.headers))
        code = self._code(reply)
        known = self._classify(reply.status, code, call.operation) if self._classify else None
        raise (
            known(f"{self._provider} says {code}", code=code, status=reply.status)
            if known
            else _refusal(reply, code=code)
        )

    def _code(self, reply: "_Reply") -> str:
        try:
            code = self._read_code(reply.document(self._read))
        except UnreadableAnswer:
            return ""
        return code if _CODE.match(code) else ""

    def _log(self, call: Call, started: float, *, status: int | None, ending: str, code: str) -> None:
        seconds = time.monotonic() - started
        _CALLS.labels(self._provider, self._market, call.operation, ending).observe(seconds)
        logger.info(
            "event=provider_call provider=%s market=%s operation=%s method=%s path=%s"
            " reference=%s status=%s ending=%s code=%s ms=%d",
            self._provider,
            self._market,
            call.operation,
            call.method,
            masked_text(call.path),
            masked_text(call.reference),
            status,
            ending,
            masked_text(code),
            seconds * 1000,
        )


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def document(self, read: Read) -> Any:
        """The body read strictly, None when there is none.

        :raises UnreadableAnswer: it cannot be read, or is packed although we asked for plain.
        """
        if not self.body:
            return None
        if self.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnreadableAnswer("a packed answer", status=self.status)
        try:
            return read(self.body)
        except strict_json.NotStrictJson as error:
            sample = masked_text(self.body[: 2 * _SAMPLE_CHARACTERS].decode("utf-8", "replace"))[:_SAMPLE_CHARACTERS]
            raise UnreadableAnswer(f"not readable: {error}", status=self.status, sample=sample) from None


def _refusal(reply: _Reply, *, code: str) -> ProviderFault:
    status = reply.status
    if status == 429:
        return SlowDown("too many requests", code=code, status=status, retry_after_seconds=_retry_after(reply.headers))
    if status in (401, 403):
        return CredentialsRefused("our credentials were refused", code=code, status=status)
    if status == 408 or status >= 500:
        return OutcomeUnknown("the provider could not say what happened", code=code, status=status)
    if 400 <= status < 500 and code:
        return RequestRefused("the provider refused the request", code=code, status=status)
    # A redirect, or some proxy's page: only the provider's own word may end an attempt.
    return UnreadableAnswer("not an answer of this API", status=status)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Retry-After", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _dated(headers: Mapping[str, str]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _without_answer(error: Exception, deadline: Deadline) -> ProviderFault:
    what = "total time was up" if deadline.reached else type(error).__name__
    if deadline.established:
        return OutcomeUnknown(f"no complete answer: {what}")
    return NotSent(f"no connection: {what}")
