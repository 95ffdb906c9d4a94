"""The simulator's side of PINs: the key they are encrypted with, and how often a wrong one may be tried."""

import base64
import functools
import secrets

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_BITS = 2048
_TRIES = ("2011", "2012", "2013")  # two left, one left, blocked


@functools.cache
def _pair(number: int) -> rsa.RSAPrivateKey:
    """Making one takes a moment, so the simulators of one process use the same."""
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


class Vault:
    """Decrypts, counts, blocks."""

    def __init__(self) -> None:
        self._number = 0
        self._wrong = 0

    def rotate(self) -> None:
        """The key is revoked; whoever still uses it is told 4003."""
        self._number += 1

    def public_key(self) -> dict[str, object]:
        der = _pair(self._number).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        key = base64.b64encode(der).decode()
        return {"key": key, "keyId": f"{self._number:08x}", "keySize": _BITS, "keyType": "RSA"}

    def opened(self, encrypted: str) -> str | None:
        """The PIN; None when it was not encrypted with the present key."""
        if len(encrypted) != 344:
            return None
        try:
            pin = _pair(self._number).decrypt(base64.b64decode(encrypted, validate=True), padding.PKCS1v15())
            return pin.decode("ascii")
        except ValueError:
            return None

    def refusal(self, pin: str, right: str) -> str | None:
        """The code to refuse that PIN with; None when it is right."""
        if self._wrong < len(_TRIES) and secrets.compare_digest(pin.encode(), right.encode()):
            self._wrong = 0
            return None
        code = _TRIES[min(self._wrong, len(_TRIES) - 1)]
        self._wrong += 1
        return code
