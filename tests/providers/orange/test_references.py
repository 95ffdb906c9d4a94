"""What names and proves things between Orange and us."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.orange.references import echoed, event_ref, order_id, secrets_of
from sync.ids import new_id


class TestOrderId:
    def test_our_references_fit_as_they_are(self):
        reference = new_id("pay", datetime(2026, 11, 27, tzinfo=UTC))
        assert len(reference) == 30
        assert order_id(reference) == reference

    @given(reference=st.text(min_size=1, max_size=200))
    def test_is_short_and_always_the_same(self, reference: str):
        assert 1 <= len(order_id(reference)) <= 30
        assert order_id(reference) == order_id(reference)
        assert order_id(order_id(reference)) == order_id(reference)

    @given(first=st.text(min_size=31), second=st.text(min_size=31))
    def test_keeps_long_ones_apart(self, first: str, second: str):
        assert (order_id(first) == order_id(second)) == (first == second)


class TestEchoed:
    @pytest.mark.parametrize("reference", ["pay_01", "a reference that is far too long for thirty characters"])
    def test_is_our_reference_when_it_is_what_we_sent(self, reference):
        assert echoed(order_id(reference), reference) == reference

    def test_passes_on_another(self):
        assert echoed("pay_02", "pay_01") == "pay_02"

    @pytest.mark.parametrize("said", [None, ""])
    def test_is_nothing_when_nothing_was_said(self, said):
        assert echoed(said, "pay_01") is None


class TestSecretsOf:
    def test_never_has_an_empty_one(self):
        assert secrets_of(" new , old,, ") == ["new", "old"]
        assert secrets_of("") == []


class TestEventRef:
    def test_does_not_let_words_wander(self):
        assert event_ref("ab", "c") != event_ref("a", "bc")
        assert event_ref("ab", "c") == event_ref("ab", "c")
