"""Wave alone, with a wallet made to measure."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from providers import simulation
from providers.rehearsal.book import Book
from providers.rehearsal.courier import Courier
from providers.rehearsal.faults import Faults
from providers.rehearsal.stage import Stage
from providers.wave.simulated_wallets import Wallet
from providers.wave.simulator import WaveSimulator
from providers.wave.simulator_door import demo_wallets

Serve = Callable[..., tuple[str, Wallet]]


@pytest.fixture
def wallet_server() -> Iterator[Serve]:
    """`wallet_server(**changes)`: the address of a simulator whose only wallet is the Senegalese one so changed."""
    with contextlib.ExitStack() as stack:

        def serve(*, page_size: int = 1000, **changes: Any) -> tuple[str, Wallet]:
            wallet = replace(demo_wallets()[0], **changes)
            book, faults = Book(), Faults()
            stack.callback(book.close)
            stage = Stage(book, faults, Courier(book, faults, post_to=None, retry_seconds=1))
            app = Flask(__name__)
            app.register_blueprint(WaveSimulator(stage, (wallet,), page_size).blueprint)
            server = make_server("127.0.0.1", 0, app, threaded=True)
            stack.enter_context(simulation.answering(server))
            return f"http://127.0.0.1:{server.server_port}", wallet

        yield serve
