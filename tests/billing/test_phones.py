"""Phone numbers: read, masked, sealed, found again."""

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from billing.phones import NotAPhoneNumber, blind_index, country_of, mask, normalise, seal, unseal
from billing.sealing import SealBroken

AWA = "+221771234567"


class TestNormalise:
    @pytest.mark.parametrize(
        ("text", "country", "e164"),
        [
            ("77 123 45 67", "SN", AWA),
            ("00221 77 123 45 67", "SN", AWA),
            ("+221 77-123-45-67", None, AWA),
            ("07 07 12 34 56", "CI", "+2250707123456"),
            ("01 97 12 34 56", "BJ", "+2290197123456"),
        ],
    )
    def test_reads_numbers_as_people_write_them(self, text, country, e164):
        assert normalise(text, country) == e164

    @pytest.mark.parametrize(
        ("text", "country"),
        [
            ("", "SN"),
            ("bonjour", "SN"),
            ("77 123 45 67", None),
            ("12345", "SN"),
            ("97 12 34 56", "BJ"),
            ("+221 11 123 45 67", None),
        ],
    )
    def test_refuses_what_the_plan_does_not_know(self, text, country):
        with pytest.raises(NotAPhoneNumber):
            normalise(text, country)


class TestCountryOf:
    def test_tells_the_country(self):
        assert country_of(AWA) == "SN"


class TestMask:
    def test_shows_the_operator_and_the_last_two_digits(self):
        assert mask(AWA) == "+22177•••••67"


class TestSeal:
    def test_opens_again_and_never_looks_the_same_twice(self):
        first, second = seal(AWA), seal(AWA)
        assert first != second
        assert "771234567" not in first
        assert unseal(first) == unseal(second) == AWA

    def test_opens_with_the_older_key_after_a_change_of_keys(self):
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        with override_settings(PHONE_KEYS=[old]):
            sealed = seal(AWA)
        with override_settings(PHONE_KEYS=[new, old]):
            assert unseal(sealed) == AWA

    def test_refuses_what_no_key_opens(self):
        with override_settings(PHONE_KEYS=[Fernet.generate_key().decode()]):
            sealed = seal(AWA)
        with pytest.raises(SealBroken):
            unseal(sealed)

    def test_refuses_an_altered_seal(self):
        with pytest.raises(SealBroken):
            unseal(seal(AWA)[:-4] + "AAA=")


class TestBlindIndex:
    def test_is_the_same_for_the_same_number_only(self):
        assert blind_index(AWA) == blind_index(AWA)
        assert blind_index(AWA) != blind_index("+221771234568")

    def test_depends_on_the_key(self):
        before = blind_index(AWA)
        with override_settings(PHONE_INDEX_KEY="another"):
            assert blind_index(AWA) != before
