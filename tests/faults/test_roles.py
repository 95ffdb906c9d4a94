"""The running system works as the application's role: nobody in it could write to the ledger past its functions."""

import pytest
import requests

from config import embedded

pytestmark = [pytest.mark.stack]


class TestRunningSystem:
    def test_is_connected_as_the_application_alone(self, stack):
        missing = [name for name in stack.commands() if name not in stack.processes]
        if missing:
            stack.start(*missing)
        ready = requests.get(f"{stack.url}/readyz", timeout=20).json()
        assert (ready["checks"]["database default"], ready["notes"]) == ("ok", [])
        connected = stack.ask(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE starts_with(datname, %s) AND pid <> pg_backend_pid()",
            stack.name,
        )
        assert connected == [(embedded.APPLICATION_ROLE,)]
