"""Performs the faults of an answer on a real connection."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from providers.rehearsal.faults import Fault, Kind

_HUGE_PIECES = 800
_HUGE_PIECE = b" " * 65_536
_PAGE = "<!doctype html><title>502</title><h1>Bad gateway</h1>"


def rewritten_json(answer: Response, changes: Mapping[str, Any]) -> Response:
    """The answer with the values of some keys replaced, however deep they stand."""
    answer.set_data(json.dumps(_changed(answer.get_json(), changes)))
    return answer


@dataclass(frozen=True, slots=True)
class Words:
    """How this provider's answers look: what faults may change in them, and how it says that something went wrong."""

    status: Collection[str]
    amount: Collection[str]
    rewrite: Callable[[Response, Mapping[str, Any]], Response] = rewritten_json
    mimetype: str = "application/json"
    error: str = '{"code":"internal-server-error","message":"Something went wrong"}'
    slow_down: str = '{"code":"too-many-requests","message":"Slow down"}'


def perform(fault: Fault, work: Callable[[], Response], *, words: Words, stopping: threading.Event) -> Response:
    """The answer to a call that was chosen to go wrong."""
    match fault.kind:
        case Kind.WRONG_AMOUNT:
            return words.rewrite(work(), dict.fromkeys(words.amount, fault.amount))
        case Kind.UNKNOWN_STATUS:
            return words.rewrite(work(), dict.fromkeys(words.status, "quantum"))
        case Kind.REWRITE:
            return words.rewrite(work(), fault.fields)
        case Kind.TRUNCATE:
            return _truncated(work())
        case Kind.LATE:
            stopping.wait(fault.seconds)
            return work()
        case Kind.DRIP:
            return Response(_drops(work().get_data(), fault.seconds or 1, stopping), mimetype=words.mimetype)
    if fault.work_done:
        work()
    return _without_the_answer(fault, words, stopping)


def _without_the_answer(fault: Fault, words: Words, stopping: threading.Event) -> Response:
    match fault.kind:
        case Kind.HANG:
            stopping.wait(fault.seconds)
            return _dropped()
        case Kind.DROP:
            return _dropped()
        case Kind.HTML:
            return Response(_PAGE, mimetype="text/html")
        case Kind.HUGE:
            return Response((_HUGE_PIECE for _ in range(_HUGE_PIECES)), mimetype=words.mimetype)
        case Kind.REDIRECT:
            return Response(status=302, headers={"Location": fault.location})
        case Kind.SLOW_DOWN:
            headers = {"Retry-After": str(int(fault.seconds))} if fault.seconds else {}
            return Response(words.slow_down, 429, headers, words.mimetype)
        case Kind.ERROR:
            return Response(words.error, fault.status, mimetype=words.mimetype)
        case _:
            return Response(b"", mimetype=words.mimetype)


def _changed(value: Any, changes: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_changed(item, changes) for item in value]
    if isinstance(value, dict):
        return {key: changes.get(key, _changed(item, changes)) for key, item in value.items()}
    return value


def _truncated(answer: Response) -> Response:
    body = answer.get_data()
    if not body:
        return _dropped()  # there is no half of nothing: the cut goes through the head
    return Response(body[: len(body) // 2], answer.status_code, {"Content-Length": str(len(body))}, answer.mimetype)


def _drops(body: bytes, seconds: float, stopping: threading.Event) -> Iterator[bytes]:
    for index in range(len(body)):
        yield body[index : index + 1]
        if stopping.wait(seconds):
            return


def _dropped() -> Response:
    line: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    return Response(b"")  # goes nowhere
