"""What is stored sealed opens with our keys alone."""

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from billing.sealing import SealBroken, digest, is_digest_of, seal, unseal

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


class TestDigest:
    def test_is_recognised_and_tells_nothing(self):
        kept = digest(CONTENT, purpose="a test")
        assert is_digest_of(CONTENT, kept, purpose="a test")
        assert b"whsec" not in kept.encode()
        assert kept == digest(CONTENT, purpose="a test")

    @pytest.mark.parametrize("other", [b"", CONTENT + b" ", CONTENT[:-1]])
    def test_is_no_other_contents(self, other):
        assert not is_digest_of(other, digest(CONTENT, purpose="a test"), purpose="a test")
        assert not is_digest_of(CONTENT, "", purpose="a test")

    def test_is_of_one_purpose(self):
        assert not is_digest_of(CONTENT, digest(CONTENT, purpose="a test"), purpose="another")

    def test_is_recognised_after_a_change_of_keys_and_never_without_ours(self):
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        with override_settings(PHONE_KEYS=[old]):
            kept = digest(CONTENT, purpose="a test")
        with override_settings(PHONE_KEYS=[new, old]):
            assert is_digest_of(CONTENT, kept, purpose="a test")
            assert digest(CONTENT, purpose="a test") != kept
        with override_settings(PHONE_KEYS=[new]):
            assert not is_digest_of(CONTENT, kept, purpose="a test")
