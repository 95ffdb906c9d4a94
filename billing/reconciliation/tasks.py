"""Celery: pull what the providers list of yesterday and today. Safe to lose, safe to run twice."""

import logging
from datetime import UTC, timedelta

from celery import shared_task
from django.utils import timezone

from billing.reconciliation import gateway, operations

log = logging.getLogger(__name__)

BY = "sweep"


@shared_task
def pull_lately() -> int:
    """Yesterday once more, because lines come late, and today so far; how many lists were had."""
    done = 0
    for provider, market in gateway.markets_that_list():
        for days_ago in (1, 0):
            at = timezone.now()
            day = (at.astimezone(UTC) - timedelta(days=days_ago)).date()
            try:
                operations.pull(provider=provider, market=market, day=day, by=BY, at=at)
                done += 1
            except (operations.CannotPull, operations.NoWallet, operations.BadFile) as refusal:
                log.error("no statement of %s in %s for %s: %s", provider, market, day, refusal)
    return done
