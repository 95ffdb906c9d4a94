"""The demo's subscribers: the books agree, and a build that was interrupted goes on where it ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.configuration.operations import load_reference
from billing.invoices import queries as invoices
from billing.subscriptions import ledger_checks, queries
from config.demo import subscriptions
from royalties.runs import sales

pytestmark = pytest.mark.django_db(transaction=True)


def test_live_their_stories_and_the_books_agree():
    now = timezone.now()
    since = (now - timedelta(weeks=9)).replace(hour=0, minute=0, second=0, microsecond=0)
    load_reference(at=since)
    made = [
        subscriptions.make(owner_ref="usr_client", reader_ref="usr_reader", since=since, until=now) for _ in range(2)
    ]
    facts = queries.subscriptions_of(owner_ref="usr_client", limit=50)
    assert made == [8, 8]
    assert len(facts) == 8
    assert {fact.state for fact in facts} >= {"active", "cancelled", "expired"}
    kinds = {charge.kind for fact in facts for charge in queries.charges(fact.id)}
    assert kinds == {"period", "change"}
    assert list(ledger_checks.differences()) == []
    assert invoices.sale_lines(paid_from=since, paid_until=now, limit=1)
    assert (
        list(sales.unseen(paid_from=since, paid_until=now)) == []
    )  # a plan is no book: no author waits for a contract
