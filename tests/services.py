"""A pytest plugin (`-p tests.services`): the test mode, and servers of the tests' own, before settings are read.

Each worker of a parallel run has its own: a transaction left open by one worker's test would otherwise hold back what
`sync` may give out in another's (it waits for every older transaction of the whole server, and rightly so).
"""

import contextlib
import os
import re
import sys
from pathlib import Path

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_WORKERS_ASKED_FOR = re.search(r" (?:-n|--numprocesses)[ =]?(\w+)", " ".join(["", *sys.argv[1:]]))
_HANDS_OUT = not _WORKER and _WORKERS_ASKED_FOR is not None and _WORKERS_ASKED_FOR[1] != "0"
_FOLDER = Path(os.environ.get("COKO_VAR") or Path(__file__).resolve().parent.parent / "var" / "test")

os.environ["COKO_MODE"] = "test"
os.environ["COKO_VAR"] = str(_FOLDER / _WORKER)
os.environ.setdefault("COKO_ROLE", "jobs")  # the patience of workers: this machine may be busy
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import embedded  # noqa: E402  (the environment above must be set first)

_services = contextlib.ExitStack()

if not _HANDS_OUT:
    _services.enter_context(embedded.services_if_needed())


def pytest_unconfigure() -> None:
    _services.close()
