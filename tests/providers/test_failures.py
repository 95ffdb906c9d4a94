"""The taxonomy of failures: complete, and of one mind."""

import pytest

from providers.failures import FAILURES, FailureReason, Retry, Side


class TestFailures:
    def test_tell_everything_of_every_reason(self):
        assert set(FAILURES) == set(FailureReason)

    @pytest.mark.parametrize("reason", FailureReason)
    def test_name_the_side_the_reason_names(self, reason):
        side = reason.value.partition("_")[0]
        if side in set(Side):
            assert FAILURES[reason].side == side

    def test_never_tell_anybody_to_try_again_while_the_first_may_succeed(self):
        open_ones = {reason for reason, failure in FAILURES.items() if not failure.is_final}
        assert open_ones == {FailureReason.AUTH_CODE_INVALID, FailureReason.DUPLICATE_REFERENCE}
        assert FAILURES[FailureReason.DUPLICATE_REFERENCE].retry is Retry.LOOK_UP
