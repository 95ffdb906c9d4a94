"""One running stack for all fault tests, and a shop's receiver for its webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.receiver import Receiver, receiving
from tests.faults.stack import Stack, running


@pytest.fixture(scope="session")
def shop() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, shop: Receiver, worker_id: str) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    number = 1 + int(worker_id.removeprefix("gw")) if worker_id != "master" else 1
    with running(folder, f"coko_stack_{worker_id}", number) as stack:
        stack.start()
        stack.insist("webhook-endpoints/", {"url": shop.url})
        yield stack
