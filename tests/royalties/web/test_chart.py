"""Bars: inside the drawing, in proportion, the best month labelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties import periods
from royalties.web.chart import HEIGHT, WIDTH, draw

MONTHS = periods.last(12, until="2026-11")
AMOUNTS = st.dictionaries(st.sampled_from(MONTHS), st.integers(-(10**9), 10**15))


class TestDraw:
    @given(amounts=AMOUNTS)
    def test_keeps_every_bar_inside(self, amounts):
        for bar in draw("XOF", amounts, months=MONTHS).bars:
            assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
            assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT

    @given(amounts=AMOUNTS)
    def test_draws_more_for_more(self, amounts):
        bars = sorted(draw("XOF", amounts, months=MONTHS).bars, key=lambda bar: bar.amount_minor)
        assert [bar.height for bar in bars] == sorted(bar.height for bar in bars)

    def test_labels_the_best_month_and_marks_the_running_one(self):
        bars = draw("XOF", {"2026-03": 9, "2026-11": 4}, months=MONTHS).bars
        assert [str(bar.month) for bar in bars if bar.is_labelled] == ["2026-03-01"]
        assert [str(bar.month) for bar in bars if bar.is_running] == ["2026-11-01"]

    @pytest.mark.parametrize(("month", "anchor"), [("2025-12", "start"), ("2026-06", "middle"), ("2026-11", "end")])
    def test_turns_the_label_inwards_at_the_edges(self, month, anchor):
        (best,) = (bar for bar in draw("XOF", {month: 10**9}, months=MONTHS).bars if bar.is_labelled)
        assert best.label_anchor == anchor
        assert best.x <= best.label_x <= best.x + best.width

    def test_labels_nothing_when_nothing_was_earned(self):
        assert not any(bar.is_labelled for bar in draw("XOF", {}, months=MONTHS).bars)
