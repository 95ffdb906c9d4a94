"""An entry's id as people see it and as it is stored."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from billing.ids import looks_like, new_id
from billing.ledger import entry_ids

NOW = datetime(2026, 11, 3, tzinfo=UTC)


class TestToUuid:
    @given(st.uuids(allow_nil=True))
    def test_is_undone_by_from_uuid(self, stored):
        public = entry_ids.from_uuid(stored)
        assert entry_ids.to_uuid(public) == stored
        assert looks_like(public, "jrn")

    def test_keeps_the_order_of_time(self):
        earlier, later = new_id("jrn", NOW), new_id("jrn", NOW + timedelta(milliseconds=1))
        assert entry_ids.to_uuid(earlier) < entry_ids.to_uuid(later)

    @pytest.mark.parametrize(
        "text",
        ["", "jrn_", "inv_" + "0" * 26, "jrn_" + "0" * 25, "jrn_" + "u" * 26, "jrn_" + "z" * 26, "jrn_" + "A" * 26],
    )
    def test_refuses_anything_else(self, text):
        with pytest.raises(entry_ids.NotAnEntryId):
            entry_ids.to_uuid(text)


@pytest.mark.django_db
def test_postgresql_spells_an_id_the_same_way():
    samples = [UUID(int=0), UUID(int=2**128 - 1), entry_ids.to_uuid(new_id("jrn", NOW))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ledger_entry_ref(id) FROM unnest(%s::uuid[]) AS id", [samples])
        assert all(entry_ids.from_uuid(stored) == spelled for stored, spelled in cursor.fetchall())
