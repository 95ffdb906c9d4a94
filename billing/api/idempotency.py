"""A POST asked twice is done once: the key's row is the lock, the stored answer is what the second asker gets.

    @once                 the effect can be found again: after a crash the handler looks before it acts
    @once_atomically      the effect and the stored answer commit together: after a crash there is nothing to find

Scope: caller, route, key. The same key with another body is refused (422), while the first still runs too (409). A
request that died is taken over after 90 s: its handler sees `request.idempotency.resumed` and `.first_asked_at`.
Refusals are answers too and are kept; a 429, a 5xx or a crash is none and frees the key.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import sealing
from billing.api.models import IdempotencyKey
from billing.api.parsers import MAX_BYTES, BodyTooLarge

LOCK = timedelta(seconds=settings.IDEMPOTENCY_LOCK_SECONDS)
_KEY = re.compile(r"\A[\x20-\x7e]{1,255}\Z")
_KEPT_HEADERS = ("Content-Type", "Location")

Handler = Callable[..., Response]
Answerer = Callable[..., HttpResponse]
Together = Callable[[], AbstractContextManager[Any]]


class KeyMissing(Exception):
    """A POST came without an Idempotency-Key, or with one that is not 1 to 255 printable ASCII characters."""


class KeyReused(Exception):
    """The key already belongs to a request with another method, path or body."""


class KeyBusy(Exception):
    """The first request with this key is still running."""


class TurnLost(KeyBusy):
    """This run was given up for dead and another took its place: what it did was taken back."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to run a request under its key, until the lock runs out."""

    row_id: int
    number: int
    first_asked_at: datetime

    @property
    def resumed(self) -> bool:
        """Whether an earlier run was given up for dead or freed the key: it may have left its effect behind."""
        return self.number > 1


def once(handler: Handler) -> Answerer:
    """Run the view's method once a key; it must find what an earlier, crashed run of itself has done."""
    return _answerer(handler, nullcontext)


def once_atomically(handler: Handler) -> Answerer:
    """Run the view's method once a key, its effect and its stored answer in one transaction."""
    return _answerer(handler, transaction.atomic)


def _answerer(handler: Handler, together: Together) -> Answerer:
    @wraps(handler)
    def answer(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        turn = _claim(request)
        if isinstance(turn, HttpResponse):
            return turn
        try:
            with together():
                response = _respond(partial(handler, view, request, *args, **kwargs), view, together)
                return _conclude(turn, response, must_hold=together is transaction.atomic)
        except BaseException:
            _free(turn)
            raise

    return answer


def _respond(handle: Callable[[], Response], view: APIView, together: Together) -> Response:
    try:
        with together():  # a refusal half-way takes back what was written before it, but is itself an answer to keep
            return handle()
    except Exception as error:  # noqa: BLE001 — the API's exception handler answers refusals and re-raises bugs
        return view.handle_exception(error)


def _conclude(turn: Turn, response: Response, *, must_hold: bool) -> HttpResponse:
    """The answer, kept when it is definitive.

    :raises TurnLost: the turn passed to another run, and the effect can still be taken back (`must_hold`).
    """
    answer = _as_bytes(response)
    if answer.status_code >= 500 or answer.status_code == 429:
        _free(turn)
    elif not _keep(turn, answer) and must_hold:
        raise TurnLost(f"turn {turn.number} of key {turn.row_id}")
    return answer


def _claim(request: Request) -> Turn | HttpResponse:
    """The turn to run this request, or the answer it already got.

    :raises KeyMissing, KeyReused, KeyBusy: see there.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.match(key):
        raise KeyMissing()
    now = timezone.now()
    fingerprint = _fingerprint(request)
    # Two at the same instant: the unique index lets one insert through, the other reads its row.
    row, first = IdempotencyKey.objects.get_or_create(
        caller_ref=str(request.user.pk or "anonymous"),
        route=_route(request),
        key=key,
        defaults={"fingerprint": fingerprint, "created_at": now, "locked_until": now + LOCK},
    )
    if first:
        return _turn(request, row, 1)
    if row.fingerprint != fingerprint:
        raise KeyReused()
    if row.answered_at:
        return _replay(row)
    return _take_over(request, row, now)


def _take_over(request: Request, row: IdempotencyKey, now: datetime) -> Turn:
    taken = IdempotencyKey.objects.filter(
        pk=row.pk, turn=row.turn, answered_at__isnull=True, locked_until__lte=now
    ).update(turn=row.turn + 1, locked_until=now + LOCK)
    if not taken:
        raise KeyBusy()
    return _turn(request, row, row.turn + 1)


def _turn(request: Request, row: IdempotencyKey, number: int) -> Turn:
    turn = Turn(row_id=row.pk, number=number, first_asked_at=row.created_at)
    request.idempotency = turn  # type: ignore[attr-defined]
    return turn


def _as_bytes(response: Response) -> HttpResponse:
    """The answer as it is stored and sent, so that the first and every later asker get the same bytes."""
    body = b"" if response.data is None else JSONRenderer().render(response.data)
    content_type = response.content_type or "application/json"
    return HttpResponse(body, status=response.status_code, content_type=content_type, headers=_plain(response.headers))


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Content-Type"}


def _keep(turn: Turn, answer: HttpResponse) -> bool:
    """Store the answer, sealed: it may hold a secret that is shown once. False when the turn passed to another run."""
    kept = _row(turn).update(
        answered_at=timezone.now(),
        status=answer.status_code,
        headers={name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers},
        body=sealing.seal(answer.content),
    )
    return bool(kept)


def _free(turn: Turn) -> None:
    # The row stays: whoever asks again must know that somebody was here before.
    _row(turn).update(locked_until=timezone.now())


def _row(turn: Turn) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(pk=turn.row_id, turn=turn.number, answered_at__isnull=True)


def _replay(row: IdempotencyKey) -> HttpResponse:
    assert row.status is not None
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    content_type = headers.pop("Content-Type", "application/json")
    body = sealing.unseal(bytes(row.body))
    return HttpResponse(body, status=row.status, content_type=content_type, headers=headers)


def _route(request: Request) -> str:
    assert request.resolver_match is not None  # only requests that found their view come here
    return request.resolver_match.route


def _fingerprint(request: Request) -> str:
    if len(request.body) > MAX_BYTES:
        raise BodyTooLarge()
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()
