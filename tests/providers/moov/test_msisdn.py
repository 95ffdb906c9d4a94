"""Numbers before and after Benin's ten digits."""

import pytest

from providers.moov.msisdn import MsisdnForm, written


class TestWritten:
    @pytest.mark.parametrize(
        ("form", "benin", "burkina"),
        [
            (MsisdnForm.DIGITS, "2290195123456", "22670123456"),
            (MsisdnForm.NATIONAL, "0195123456", "70123456"),
            (MsisdnForm.DIGITS_8, "22995123456", "22670123456"),
            (MsisdnForm.NATIONAL_8, "95123456", "70123456"),
        ],
    )
    def test_is_the_number_as_that_deployment_wants_it(self, form, benin, burkina):
        assert written("+2290195123456", form) == benin
        assert written("+22670123456", form) == burkina

    def test_shortens_only_what_was_lengthened(self):
        assert written("+2290101123456", MsisdnForm.NATIONAL_8) == "01123456"
