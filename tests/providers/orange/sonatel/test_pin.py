"""A PIN that was refused is never tried again, by nobody in this process."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from providers.errors import CredentialsRefused, UnreadableAnswer
from providers.orange.sonatel import pin
from providers.orange.sonatel.pin import Pin

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def _nothing_stopped():
    pin.forget()
    yield
    pin.forget()


def told(key) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def made(value: str = "1234", owner: str = "here 781234567", padding_name: str = "pkcs1v15") -> Pin:
    return Pin(value, owner=owner, padding_name=padding_name)


class TestEncrypted:
    @pytest.mark.parametrize(
        ("name", "scheme"),
        [("pkcs1v15", padding.PKCS1v15()), ("oaep_sha256", padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))],
    )
    def test_is_344_characters_that_only_the_key_opens(self, name, scheme):
        sealed = made(padding_name=name).encrypted(told(KEY))
        assert len(sealed) == 344
        assert KEY.decrypt(base64.b64decode(sealed), scheme) == b"1234"

    def test_is_never_the_same_twice(self):
        assert made().encrypted(told(KEY)) != made().encrypted(told(KEY))

    @pytest.mark.parametrize("key", ["", "not base64!", "AAAA", told(ec.generate_private_key(ec.SECP256R1()))])
    def test_cannot_be_made_with_what_is_no_rsa_key(self, key):
        with pytest.raises(UnreadableAnswer):
            made().encrypted(key)

    def test_wants_a_padding_that_there_is(self):
        with pytest.raises(ValueError, match="rsa_padding"):
            made(padding_name="none")


class TestStop:
    def test_stops_that_pin_of_that_wallet_and_no_other(self):
        made().stop("2011")
        with pytest.raises(CredentialsRefused) as refused:
            made().check()
        assert (refused.value.code, refused.value.nothing_happened) == ("2011", True)
        made("4321").check()
        made(owner="there 781234567").check()

    def test_without_a_pin_nothing_is_sent(self):
        with pytest.raises(CredentialsRefused):
            made("").check()
