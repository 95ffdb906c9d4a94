"""Every provider's simulator in one HTTP server on this machine, and the environment that leads our adapters to it.

A provider's simulator is `simulator.py` in the folder of its adapter: one class called `…Simulator`, and
`demo_credentials()`, which gives the credentials it accepts in each market.
"""

import contextlib
import importlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import requests
from flask import Flask
from werkzeug.http import http_date
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from providers import credentials, registry
from providers.masking import masked_text
from providers.rehearsal import control
from providers.rehearsal.book import Book
from providers.rehearsal.courier import Courier
from providers.rehearsal.faults import Faults
from providers.rehearsal.stage import Clock, Simulator, Stage

logger = logging.getLogger(__name__)


def _beside(entry: registry.Entry) -> ModuleType:
    return importlib.import_module(f"{entry.credentials.__module__.rpartition('.')[0]}.simulator")


def _player(module: ModuleType) -> Callable[[Stage], Simulator]:
    """The one class called `…Simulator` that the module defines; what it imports is another's part of it."""
    own = [value for name, value in vars(module).items() if name.endswith("Simulator") and isinstance(value, type)]
    (found,) = (kind for kind in own if kind.__module__ == module.__name__)
    return found


SIMULATORS = {_player(_beside(entry)): None for entry in registry.ENTRIES.values()}  # each once, in that order
DEMO_CREDENTIALS: Mapping[str, Mapping[str, Any]] = {
    name: _beside(entry).demo_credentials() for name, entry in registry.ENTRIES.items()
}

_CONTROL_SECONDS = 10


def demo_environment(base_url: str) -> dict[str, str]:
    """The variables that lead every adapter to the simulators at `base_url`, with secrets that open nothing."""
    environment = {}
    for provider, markets in DEMO_CREDENTIALS.items():
        environment[f"PROVIDER_{provider.upper()}_BASE_URL"] = base_url
        for market, own in markets.items():
            environment |= credentials.written(own, provider=provider, market=market)
    return environment


def application(stage: Stage) -> Flask:
    """All simulators at their providers' own paths, and `/_control/` and `/phone/` beside them."""
    app = Flask(__name__)
    simulators = [simulator(stage) for simulator in SIMULATORS]
    for simulator in simulators:
        app.register_blueprint(simulator.blueprint)
    app.register_blueprint(control.blueprint(stage, simulators))
    app.register_blueprint(control.phones(simulators))
    return app


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers now."""

    base_url: str

    @property
    def environment(self) -> dict[str, str]:
        return demo_environment(self.base_url)

    def approve(self, session: str, *, late: bool = False) -> None:
        """Pay as the payer; `late` even though the session has expired."""
        self._control("POST", f"approve/{session}", {"late": late})

    def refuse(self, session: str) -> None:
        self._control("POST", f"refuse/{session}")

    def fail(self, session: str, *, code: str) -> None:
        """Let one try of the payer fail."""
        self._control("POST", f"fail/{session}", {"code": code})

    def fault(self, operation: str, kind: str, **details: Any) -> None:
        """Order a fault, see `rehearsal.faults`."""
        self._control("POST", "faults", {"operation": operation, "kind": kind, **details})

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def everybody(self, action: str, *, after_seconds: float = 0, code: str = "") -> None:
        """What payers do by themselves from now on: `approve`, `refuse`, `fail` or `nothing`."""
        self._control("POST", "payers", {"action": action, "after_seconds": after_seconds, "code": code})

    def advance(self, seconds: int) -> None:
        """Move the simulators' clock."""
        self._control("POST", "clock", {"advance_seconds": seconds})

    def movements(self) -> list[dict[str, Any]]:
        """The money that moved at the providers."""
        return list(self._control("GET", "book")["movements"])

    def deliveries(self) -> list[dict[str, Any]]:
        """The notifications and how their attempts ended."""
        return list(self._control("GET", "deliveries")["deliveries"])

    def _control(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        url = f"{self.base_url}/_control/{path}"
        answer = requests.request(method, url, json=document, timeout=_CONTROL_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextlib.contextmanager
def serve(
    *, port: int = 0, webhooks_to: str | None = None, book: str | Path = ":memory:", retry_seconds: float = 1
) -> Iterator[Running]:
    """Run the simulators on 127.0.0.1 while the block lasts; notify `<webhooks_to>/<provider>/<market>/`."""
    pages, faults = Book(book), Faults()
    courier = Courier(pages, faults, post_to=webhooks_to, retry_seconds=retry_seconds)
    stage = Stage(book=pages, faults=faults, courier=courier)
    server = make_server("127.0.0.1", port, application(stage), threaded=True, request_handler=_handler(stage.clock))
    courier.start()
    stage.payers.start()
    try:
        with answering(server):
            yield Running(f"http://127.0.0.1:{server.server_port}")
    finally:
        stage.stopping.set()
        stage.payers.stop()
        courier.stop()
        pages.close()


@contextlib.contextmanager
def answering(server: BaseWSGIServer) -> Iterator[None]:
    """Let the server answer in a thread of its own while the block lasts."""
    thread = threading.Thread(target=server.serve_forever, name="simulators", kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(clock: Clock) -> type[WSGIRequestHandler]:
    """Dates answers by the simulators' clock, which may have been moved."""

    class Dated(_Quiet):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return http_date(clock.now() if timestamp is None else timestamp)

    return Dated


class _Quiet(WSGIRequestHandler):
    """One log line a request, without the query (it may hold what the payer's page was told)."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        path = masked_text(self.path.partition("?")[0])
        logger.info("event=simulated_call method=%s path=%s status=%s", self.command, path, code)
