"""Single fields: Wave's error words, wherever it puts them."""

import json
from pathlib import Path

import pytest

from providers.wave import fields

SAMPLES = Path(__file__).parent / "samples"


class TestErrorCode:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("error_usual", "request-validation-error"),
            ("error_payout_top_level", "recipient-limit-exceeded"),
            ("error_short", "insufficient-funds"),
            ("payout_with_error", "recipient-account-blocked"),
            ("session_open_after_failed_try", "insufficient-funds"),
            ("session_open", ""),
        ],
    )
    def test_is_found_in_each_of_waves_shapes(self, name, code):
        assert fields.error_code(json.loads((SAMPLES / f"{name}.json").read_text())) == code

    @pytest.mark.parametrize("document", [None, [], "oops", {"code": 7}, {"last_payment_error": "x"}])
    def test_is_empty_when_there_is_none(self, document):
        assert fields.error_code(document) == ""
