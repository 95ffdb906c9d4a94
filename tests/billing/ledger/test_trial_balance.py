"""The trial balance of any stretch, from balances at its ends, is what adding every posting up gives."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ledger import operations, queries
from billing.ledger.draft import Line
from tests.factories.ledger import AT, account, draft

pytestmark = pytest.mark.django_db
_entities = count()

moves = st.lists(
    st.tuples(
        st.sampled_from(["521", "4712", "552"]),  # many rows, one row, many rows
        st.integers(-500, 500).filter(bool),
        st.integers(0, 30),  # minutes after the one before
        st.integers(0, 60),  # minutes from happening to being recorded
    ),
    max_size=10,
)


class TestTrialBalance:
    @settings(max_examples=40)
    @given(
        moves=moves, ends=st.tuples(st.integers(-70, 300), st.integers(0, 200)), known=st.none() | st.integers(-5, 300)
    )
    def test_is_the_sum_of_the_postings(self, moves, ends, known):
        entity = f"coko-{next(_entities)}"
        told, now = [], AT
        for code, amount, wait, lag in moves:
            now += timedelta(minutes=wait)
            lines = [Line(account(code, entity=entity), amount), Line(account("7065", entity=entity), -amount)]
            entry = operations.post(draft=draft(lines, happened_at=now - timedelta(minutes=lag)), at=now)
            told += [(line, entry.happened_at, entry.recorded_at) for line in lines]
        since = AT + timedelta(minutes=ends[0])
        until = since + timedelta(minutes=ends[1])
        known_at = None if known is None else AT + timedelta(minutes=known)
        expected = {}
        for line, happened_at, recorded_at in told:
            if happened_at < until and (known_at is None or recorded_at <= known_at):
                sums = expected.setdefault(line.account, Counter())
                within = "debit" if line.amount_minor > 0 else "credit"
                sums["opening" if happened_at < since else within] += line.amount_minor
        facts = queries.trial_balance(entity=entity, since=since, until=until, known_at=known_at)
        assert {fact.account: (fact.opening_minor, fact.debit_minor, -fact.credit_minor) for fact in facts} == {
            account: (sums["opening"], sums["debit"], sums["credit"]) for account, sums in expected.items()
        }
        assert all(fact.closing_minor == fact.opening_minor + fact.debit_minor - fact.credit_minor for fact in facts)
