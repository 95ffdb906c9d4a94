"""Legal numbers while 32 write at once and the database kills their connections in the middle: no gap, no repeat."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from billing.invoices import operations
from billing.invoices.models import CreditNote, Invoice, InvoiceSeries
from tests.factories import billing

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 32
INVOICES_EACH = 8
# Of the writers' own connections, those in the middle of a transaction: with a number taken and not yet kept.
_KILL = """
    SELECT pg_terminate_backend(pid), state FROM pg_stat_activity
    WHERE datname = current_database() AND pid = ANY(%s) AND xact_start IS NOT NULL
    ORDER BY random() LIMIT 1
"""


class Writers:
    """The backends that write now, and what was killed of them."""

    def __init__(self) -> None:
        self.pids: dict[int, int] = {}
        self.killed: Counter[str] = Counter()
        self.lost = 0
        self._done = threading.Event()

    def run(self, work, times: int) -> None:
        """Do the work so many times; a killed connection is opened anew and the work counts as lost."""
        thread = threading.get_ident()
        try:
            for _ in range(times):
                try:
                    connection.ensure_connection()
                    self.pids[thread] = connection.connection.info.backend_pid
                    work()
                except (OperationalError, InterfaceError, DatabaseError):
                    self.lost += 1
                    connection.close()
        finally:
            self.pids.pop(thread, None)
            connections.close_all()

    @contextmanager
    def being_killed(self) -> Iterator[None]:
        killer = threading.Thread(target=self._kill)
        killer.start()
        try:
            yield
        finally:
            self._done.set()
            killer.join()

    def _kill(self) -> None:
        try:
            while not self._done.wait(random.uniform(0.01, 0.05)):
                with connection.cursor() as cursor:
                    cursor.execute(_KILL, [list(self.pids.values())])
                    self.killed.update(str(state) for was_there, state in cursor.fetchall() if was_there)
        finally:
            connections.close_all()


@pytest.fixture(autouse=True)
def _world(at) -> None:
    billing.reference_world(at=at)


def last_number(prefix: str, year: int = 2026) -> int:
    series = InvoiceSeries.objects.filter(prefix=prefix, year=year).first()
    return series.last_number if series else 0


class TestNumbers:
    def test_have_no_gap_and_no_repeat_while_connections_are_killed(self, at):
        writers = Writers()
        quotes = [[billing.quote(country=country, at=at)] for country in ("SN", "CI")]
        to = [billing.customer(country=country) for country in ("SN", "CI")]

        def write(number: int) -> None:
            which = number % 2  # two sellers, two series
            writers.run(
                lambda: operations.open_invoice(owner_ref="web", customer=to[which], quotes=quotes[which], at=at),
                INVOICES_EACH,
            )

        with writers.being_killed(), ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))

        assert sum(writers.killed.values()) > 0, "nobody was killed: this proves nothing"
        assert writers.lost > 0
        for prefix in ("SN", "CI"):
            numbers = Invoice.objects.filter(number__startswith=f"{prefix}-2026-").values_list("number", flat=True)
            count = last_number(prefix)
            assert sorted(numbers) == [f"{prefix}-2026-{number:06}" for number in range(1, count + 1)]
        written = last_number("SN") + last_number("CI")
        # A connection killed while it commits has committed or not, and only the database knows: at most all were lost.
        assert WRITERS * INVOICES_EACH - writers.lost <= written <= WRITERS * INVOICES_EACH

    def test_of_credit_notes_have_none_either(self, at):
        writers = Writers()
        paid = [billing.paid_invoice(at=at, payment_ref=f"pay_{number}") for number in range(WRITERS)]

        def write(number: int) -> None:
            parts = iter(range(100))
            writers.run(
                lambda: operations.credit(
                    invoice_ref=paid[number].id,
                    source_ref=f"ref_{number}_{next(parts)}",
                    net_minor=100,
                    tax_minor=18,
                    reason="essai",
                    at=at,
                ),
                4,
            )

        with writers.being_killed(), ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))

        assert sum(writers.killed.values()) > 0
        numbers = CreditNote.objects.values_list("number", flat=True)
        assert sorted(numbers) == [f"SN-AV-2026-{number:06}" for number in range(1, last_number("SN-AV") + 1)]

    def test_begin_again_with_the_year(self, at):
        assert billing.open_invoice(at=at).number == "SN-2026-000001"
        later = at + timedelta(days=90)
        assert billing.open_invoice(at=later).number == "SN-2027-000001"
        assert billing.open_invoice(at=at).number == "SN-2026-000002"
