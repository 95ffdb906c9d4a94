"""Every request gets an id, one log line and one count."""

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config import logs, metrics

log = logging.getLogger("coko.request")

_GIVEN_ID = re.compile(r"\A[A-Za-z0-9-]{8,64}\Z")
# Asked every few seconds by machines; their lines would bury the others.
_UNLOGGED = frozenset({"healthz", "readyz", "metrics"})


class Observation:
    """Outermost of ours, so that the time and status are those the caller saw."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        identifier = given if _GIVEN_ID.match(given) else secrets.token_hex(8)
        token = logs.request_id.set(identifier)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            self._note(request, response, time.monotonic() - started)
        finally:
            logs.request_id.reset(token)
        response["X-Request-Id"] = identifier
        return response

    def _note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route = match.route if match else "unmatched"
        metrics.count_request(route=route, method=request.method or "", status=response.status_code, seconds=seconds)
        if route not in _UNLOGGED:
            fields = {
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000),
            }
            log.info("answered", extra=fields)
