"""A pytest plugin (`-p tests.services`): the test mode, and servers of the tests' own, before settings are read."""

import contextlib
import os
from pathlib import Path

os.environ["COKO_MODE"] = "test"
os.environ.setdefault("COKO_ROLE", "jobs")  # the patience of workers: this machine may be busy
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("COKO_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))

from config import embedded

_services = contextlib.ExitStack()

if "PYTEST_XDIST_WORKER" not in os.environ:  # workers use what the controller started
    _services.enter_context(embedded.services_if_needed())


def pytest_unconfigure() -> None:
    _services.close()
