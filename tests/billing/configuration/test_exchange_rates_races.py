"""The same file brought by many at once is on record once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from billing.configuration.facts import RecordedRates
from billing.configuration.models import ExchangeRate
from billing.configuration.operations import record_rates
from tests.billing.configuration.test_exchange_rates import FRIDAY, published

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


class TestRecordRates:
    @pytest.mark.parametrize("correct", [False, True])
    def test_by_many_at_once_keeps_each_rate_once(self, at, correct):
        rates = [published("EUR", "USD", f"1.{day:04}", FRIDAY - timedelta(days=day)) for day in range(1, 41)]
        barrier = threading.Barrier(THREADS)

        def bring(number: int) -> RecordedRates:
            try:
                barrier.wait(timeout=20)
                moment = at + timedelta(seconds=number)
                return record_rates(source="ECB", rates=rates, recorded_by=f"{number}", at=moment, correct=correct)
            finally:
                connection.close()

        with ThreadPoolExecutor(THREADS) as pool:
            done = list(pool.map(bring, range(THREADS)))
        assert sorted((one.new_count, one.known_count) for one in done) == [(0, 40)] * (THREADS - 1) + [(40, 0)]
        assert ExchangeRate.objects.count() == 40
