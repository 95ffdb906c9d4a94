"""The Celery worker of the bench: Coko's own app, settings and broker, with one task more.

    celery -A bench.ledger.worker worker

A batch travels in the message, as JSON; the worker acknowledges it after it is written, as all of ours do.
"""

from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

from bench.ledger import world
from config.celery import app

DONE = "bench:done"


@app.task(name="bench.post_batch", ignore_result=True)
def post_batch(sales: list[list[Any]], sold_at: str) -> None:
    """Write the sales as one batch, then say how many they were."""
    from billing.ledger import operations

    at = datetime.fromisoformat(sold_at)
    drafts = [world.Sale(*sale).draft(at) for sale in sales]
    written = operations.post_many(drafts=drafts, at=timezone.now())
    _redis().rpush(DONE, len(written))


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL)
