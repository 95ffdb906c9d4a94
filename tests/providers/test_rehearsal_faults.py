"""Orders for faults: which calls they hit, and how often."""

import pytest

from providers.rehearsal.faults import BadFault, Faults


class TestSwitches:
    def test_hit_only_what_asks_for_them_by_name(self):
        faults = Faults()
        faults.add({"operation": "stuck", "kind": "switch", "times": 2, "matching": "pay_01"})
        assert faults.take("stuck", "pay_01") is None
        assert not faults.switched("stuck", "pay_02")
        assert [faults.switched("stuck", "pay_01") for _ in range(3)] == [True, True, False]

    def test_are_not_thrown_by_a_fault_of_everything(self):
        faults = Faults()
        faults.add({"operation": "*", "kind": "error"})
        assert not faults.switched("stuck", "")
        assert faults.take("create_session", "") is not None

    def test_of_a_notification_are_refused(self):
        with pytest.raises(BadFault):
            Faults().add({"operation": "webhook", "kind": "switch"})
