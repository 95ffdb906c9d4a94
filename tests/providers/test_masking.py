"""What may be written down."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.masking import masked, masked_text


class TestMasked:
    def test_shortens_phones_and_hides_secrets_at_any_depth(self):
        document = {
            "data": [
                {"sender_mobile": "221771234567", "note": "from +221771234567", "api_key": "k", "msisdn": 221771234567}
            ],
            "amount": "1500",
            "rate": Decimal("0.10"),
            "restrict_payer_mobile": None,
        }
        assert masked(document) == {
            "data": [
                {
                    "sender_mobile": "221771••••67",
                    "note": "from +22177•••••67",
                    "api_key": "•••",
                    "msisdn": "221771••••67",
                }
            ],
            "amount": "1500",
            "rate": "0.10",
            "restrict_payer_mobile": None,
        }


class TestMaskedText:
    @given(digits=st.from_regex(r"\A[1-9][0-9]{8,13}\Z"))
    def test_lets_no_phone_through(self, digits: str):
        assert digits not in masked_text(f"payer=+{digits} asked")

    def test_lets_none_through_at_the_end_of_a_sentence(self):
        assert masked_text("envoye a 22994512412. Ref 1.") == "envoye a 229945•••12. Ref 1."

    @pytest.mark.parametrize("text", ["amount 1500000000", "cos-18qq25rgr100a", "2026-11-03T14:12:09Z", "T_46HS5COOWE"])
    def test_leaves_what_is_no_phone(self, text):
        assert masked_text(text) == text
