"""What may be kept of an answer."""

import pytest

from providers.moov.told import identifier, without_numbers


class TestIdentifier:
    @pytest.mark.parametrize("value", ["0020190503000001", "OMROR241120.1439.J00022", "WMRCH-1"])
    def test_is_kept_as_it_came(self, value):
        assert identifier(value) == value

    @pytest.mark.parametrize("value", ["", None, 12, "x" * 81, "a b", "a\nb", "é"], ids=repr)
    def test_is_none_where_it_could_not_be_stored_or_logged(self, value):
        assert identifier(value) is None


class TestWithoutNumbers:
    def test_lets_no_number_out_of_a_sentence_however_short(self):
        kept = without_numbers({"status": "0", "message": "Envoi de 1500 a 0195123456, 95123456", "amount": "1500"})
        assert kept == {"status": "0", "message": "Envoi de 1500 a •••, •••", "amount": "1500"}
