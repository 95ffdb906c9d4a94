"""`kill -9` in the middle of a batch of a thousand entries: of one server process, of all of PostgreSQL, of the client.

After the restart each batch is there wholly or not at all, what was acknowledged is there, the same batches posted
again give each entry once, and the books agree.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from config import embedded
from tests.faults import ledger_client
from tests.faults.stack import ROOT, eventually

pytestmark = [pytest.mark.stack]

SEED = 20261122
ROUNDS = int(os.environ.get("COKO_CRASH_ROUNDS", "3"))  # one of each; more for who has the time
KILLED = ("a server process", "all of PostgreSQL", "the client")


class Server:
    """A PostgreSQL of this test's own, in a folder of its own: whatever is killed here is nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        given = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
        self.environment = {
            **given, "COKO_MODE": "demo", "COKO_VAR": str(folder), "REDIS_URL": f"{embedded.redis_url()}?db=15",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }  # fmt: skip
        told = "print(embedded.database_owner_urls()['default'], embedded._socket_dir('pg'))"
        self.address, self.sockets = self.run("-c", f"from config import embedded; {told}").split()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, status: int = 0) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == status, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def make(self) -> None:
        """Its folder, its role and its databases, as the embedded server makes them."""
        made = "embedded._start_postgresql({}); embedded._stop_postgresql()"
        self.run("-c", f"from config import embedded; {made}")

    def start(self) -> None:
        """As a child of ours, so that it is really gone when it was killed; all that keeps money is at its default."""
        user = embedded._server_user()
        as_other = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [
            str(embedded.postgresql_bin() / "postgres"), "-D", str(self.folder / "postgresql"),
            "-c", "listen_addresses=",
            "-c", f"unix_socket_directories={self.sockets}", "-c", "unix_socket_permissions=0777", "-c", "timezone=UTC",
        ]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, **as_other)
        eventually(self.answers, why="PostgreSQL answers")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # "fast": ends who is connected
            self.process.wait(timeout=60)

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.address, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    @property
    def postmaster(self) -> int:
        assert self.process is not None
        return self.process.pid

    def posting(self) -> list[int]:
        """The server processes that are in the middle of a batch."""
        rows = self.ask(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
            " AND query LIKE '%%ledger_post_%%'"
        )
        return [int(str(pid)) for (pid,) in rows]

    def kill_a_process(self) -> bool:
        """One that posts; PostgreSQL then ends all others and recovers by itself. False: none was posting."""
        victims = [pid for pid in self.posting() if pid in children(self.postmaster)]
        for pid in victims[:1]:
            os.kill(pid, signal.SIGKILL)
        return bool(victims)

    def kill_everything(self) -> None:
        """As when the machine goes dark: the postmaster first, so that it can tell nobody, then what it started."""
        assert self.process is not None
        below = children(self.postmaster)
        self.process.kill()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        eventually(lambda: not any(map(is_running, below)), why="PostgreSQL is gone")

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            return self.ask("SELECT 1") == [(1,)]
        return False


def children(of: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == of:
                found.append(int(status.parent.name))
    return found


def is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # Not among pytest's folders: other runs of pytest shut PostgreSQL's user out of those.
    folder = embedded.var_dir() / "ledger-crash"
    shutil.rmtree(folder, ignore_errors=True)
    server = Server(folder)
    server.make()
    server.start()
    try:
        server.run("manage.py", "prepare")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def crash(server: Server, dice: random.Random, what: str, first: int) -> tuple[set[int], int]:
    """A client posts from batch `first` on until something is killed; the batches acknowledged, and the last begun."""
    whole, written = dice.randint(1, 2), set()  # how many batches are let through before
    command = [sys.executable, "-m", "tests.faults.ledger_client", str(first), str(first + 50)]
    begun = first - 1
    with subprocess.Popen(
        command, cwd=ROOT, env=server.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as client:
        assert client.stdout is not None
        is_killed = False
        for line in client.stdout:
            word, number = line.split()
            if word == "written":
                written.add(int(number))  # also one whose acknowledgement crossed the kill
                continue
            begun = int(number)
            if is_killed or begun < first + whole:
                continue
            eventually(server.posting, why="the batch is on its way")
            time.sleep(dice.uniform(0, 0.06))
            is_killed = True
            if what == "all of PostgreSQL":
                server.kill_everything()
            elif what == "the client":
                client.kill()
            else:
                is_killed = server.kill_a_process()  # False: it was quicker than we are; the next batch then
        client.kill()
    return written, begun


def sizes(server: Server) -> dict[int, int]:
    """How many entries of each batch there are."""
    rows = server.ask("SELECT split_part(key, ':', 2)::int, count(*) FROM ledger_entrykey GROUP BY 1")
    return {int(str(number)): int(str(count)) for number, count in rows}


def totals(server: Server) -> dict[str, int]:
    rows = server.ask("SELECT holder, -sum(balance) FROM ledger_accountbalance"
                      " JOIN ledger_account ON id = account_id WHERE code = '4712' GROUP BY 1")  # fmt: skip
    return {str(holder): int(str(balance)) for holder, balance in rows}


def expected(until: int) -> dict[str, int]:
    sums: dict[str, int] = {}
    for number in range(until):
        for line in (line for draft in ledger_client.batch(number) for line in draft.lines):
            if line.account.code == "4712":
                sums[line.account.holder] = sums.get(line.account.holder, 0) - line.amount_minor
    return sums


class TestKilledInTheMiddleOfABatch:
    def test_leaves_all_of_it_or_nothing_and_what_was_acknowledged(self, server):
        dice, first, cut = random.Random(SEED), 0, 0
        for turn in range(4 * ROUNDS):
            if turn >= ROUNDS and cut:
                break
            what = KILLED[turn % len(KILLED)]
            written, begun = crash(server, dice, what, first)
            if what == "all of PostgreSQL":
                server.start()
            eventually(server.answers, why=f"PostgreSQL is back after {what} was killed")
            eventually(lambda: not server.posting(), why="nobody posts any more")

            found = sizes(server)
            assert set(found.values()) <= {ledger_client.SIZE}, (turn, what, found)
            assert {number for number in range(first, begun + 1) if number in found} >= written, (turn, what)
            assert max(found) <= begun
            cut += begun not in found
            assert "agree" in server.run("manage.py", "ledger_verify"), (turn, what)

            # Whoever does not know asks again: everything from the first of this round on, in the same words.
            server.run("-m", "tests.faults.ledger_client", str(first), str(begun + 1))
            assert sizes(server) == dict.fromkeys(range(begun + 1), ledger_client.SIZE), (turn, what)
            first = begun + 1
        assert cut > 0  # some were really in the middle
        assert totals(server) == expected(first)
        (entries, postings), = server.ask(
            "SELECT (SELECT count(*) FROM ledger_journalentry), (SELECT count(*) FROM ledger_posting)"
        )  # fmt: skip
        assert (entries, postings) == (first * ledger_client.SIZE, first * ledger_client.SIZE * 4)
        assert "agree" in server.run("manage.py", "ledger_verify")
