"""Who is behind, and by how much."""

from datetime import timedelta

import pytest
from django.db import transaction

from sync import queries
from sync.operations import consume, publish


@pytest.mark.django_db(transaction=True, databases=["default", "catalog"])
class TestLags:
    def test_counts_what_waits_since_when(self, at):
        consume(consumer="test", source="catalog", topics=["a"], apply=lambda event: None, at=at)
        for minutes in (1, 2):
            with transaction.atomic(using="catalog"):
                moment = at + timedelta(minutes=minutes)
                publish(using="catalog", topic="a", subject_ref="x", payload={}, at=moment)
                publish(using="catalog", topic="other", subject_ref="x", payload={}, at=moment)
        (lag,) = queries.lags()
        assert (lag.consumer, lag.source, lag.waiting_count) == ("test", "catalog", 2)
        assert lag.oldest_waiting_at == at + timedelta(minutes=1)

    def test_is_zero_when_all_is_applied(self, at):
        with transaction.atomic(using="catalog"):
            publish(using="catalog", topic="a", subject_ref="x", payload={}, at=at)
        consume(consumer="test", source="catalog", topics=["a"], apply=lambda event: None, at=at)
        (lag,) = queries.lags()
        assert (lag.waiting_count, lag.oldest_waiting_at, lag.latest_error) == (0, None, "")
