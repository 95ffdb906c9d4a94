"""Array parameters: whatever is in them, PostgreSQL reads what was meant."""

from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ledger import arrays

pytestmark = pytest.mark.django_db
MINOR = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9), max_size=5)


def read(text: str, kind: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [text])
        return cursor.fetchone()[0]


@settings(max_examples=200, deadline=None)
@given(TEXTS | st.lists(st.sampled_from(['"', "\\", '\\"', ",", "{", "}", "NULL", "", " ", "'", "\n"]), max_size=5))
def test_texts(values):
    assert read(arrays.texts(values), "text") == values


@settings(max_examples=50, deadline=None)
@given(st.lists(MINOR, max_size=5))
def test_numbers(values):
    assert read(arrays.numbers(values), "bigint") == values


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 2 * 10**9), max_size=3), st.integers(-12, 14))
def test_moments(values, hours):
    zone = timezone(timedelta(hours=hours))
    aware = [datetime.fromtimestamp(value, zone) for value in values]
    assert read(arrays.moments(aware), "timestamptz") == aware


@settings(max_examples=50, deadline=None)
@given(st.lists(st.uuids(), max_size=3))
def test_uuids(values):
    assert [str(value) for value in read(arrays.uuids(value.bytes for value in values), "uuid")] == list(
        map(str, values)
    )
