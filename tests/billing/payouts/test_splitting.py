"""A sum as payouts that a wallet takes: nothing is lost, no ceiling is passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payouts.splitting import NotAStep, TooSmall, parts


class TestParts:
    @given(st.integers(1, 10**9), st.integers(1, 10**6), st.sampled_from([1, 5, 100]))
    def test_sum_to_the_whole_within_the_ceiling(self, total, ceiling, step):
        total, ceiling = total * step, ceiling * step
        shares = parts(total, minor_min=1, minor_max=ceiling, minor_step=step) if total // ceiling < 5000 else ()
        if shares:
            assert sum(shares) == total
            assert max(shares) <= ceiling
            assert all(share % step == 0 for share in shares)
            assert max(shares) - min(shares) <= step
            assert len(shares) == -(-total // ceiling)

    def test_is_one_without_a_ceiling(self):
        assert parts(10**12, minor_min=1, minor_max=None) == (10**12,)

    def test_is_as_few_as_the_ceiling_allows(self):
        assert parts(4_500_001, minor_min=100, minor_max=2_000_000) == (1_500_001, 1_500_000, 1_500_000)

    def test_refuses_too_little(self):
        with pytest.raises(TooSmall):
            parts(99, minor_min=100, minor_max=None)

    def test_refuses_parts_that_would_be_too_little(self):
        with pytest.raises(TooSmall):
            parts(1001, minor_min=600, minor_max=1000)

    def test_refuses_what_is_no_step(self):
        with pytest.raises(NotAStep):
            parts(1002, minor_min=1, minor_max=None, minor_step=5)
