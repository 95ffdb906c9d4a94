"""What is stored sealed opens with our keys alone."""

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from billing.sealing import SealBroken, seal, unseal

CONTENT = '{"secret": "whsec_…"}'.encode()


class TestSeal:
    def test_opens_again_and_never_looks_the_same_twice(self):
        first, second = seal(CONTENT), seal(CONTENT)
        assert first != second
        assert b"whsec" not in first
        assert unseal(first) == unseal(second) == CONTENT

    def test_takes_nothing_and_every_byte(self):
        assert [unseal(seal(content)) for content in (b"", bytes(range(256)))] == [b"", bytes(range(256))]


class TestUnseal:
    def test_opens_with_the_older_key_after_a_change_of_keys(self):
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        with override_settings(PHONE_KEYS=[old]):
            sealed = seal(CONTENT)
        with override_settings(PHONE_KEYS=[new, old]):
            assert unseal(sealed) == CONTENT

    def test_refuses_what_no_key_opens(self):
        with override_settings(PHONE_KEYS=[Fernet.generate_key().decode()]):
            sealed = seal(CONTENT)
        with pytest.raises(SealBroken):
            unseal(sealed)

    def test_refuses_what_was_never_sealed(self):
        with pytest.raises(SealBroken):
            unseal(CONTENT)
