"""Where our API client's events go: a server on loopback that takes every one, so that the outbox has work to do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.utils import timezone

from bench.payments.buyers import OWNER
from billing.outbox import operations as outbox
from billing.outbox.models import WebhookEndpoint


class _Takes(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the name is the standard library's
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def registered(port: int) -> Iterator[None]:
    """Serve there, registered as the only endpoint of the invoices' owner."""
    listening = ThreadingHTTPServer(("127.0.0.1", port), _Takes)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{port}/events"
    try:
        if not WebhookEndpoint.objects.filter(owner_ref=OWNER, url=url).exists():
            outbox.add_endpoint(owner_ref=OWNER, url=url, at=timezone.now())
        yield
    finally:
        listening.shutdown()
        listening.server_close()
