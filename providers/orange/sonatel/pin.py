"""The PIN of our wallet: encrypted with Sonatel's key for each call, and never tried again once it was refused.

A third wrong PIN blocks the wallet, so the first refusal ends it for every adapter of this process, until the
configuration names another PIN.
"""

import base64
import hashlib
import threading

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from providers.errors import CredentialsRefused, UnreadableAnswer

REFUSALS = frozenset({"2010", "2011", "2012", "2013"})  # to be changed, wrong (two tries left, one left), blocked

_PADDINGS = {
    "pkcs1v15": padding.PKCS1v15(),  # what most clients do
    "oaep_sha1": padding.OAEP(padding.MGF1(SHA1()), SHA1(), None),  # noqa: S303
    "oaep_sha256": padding.OAEP(padding.MGF1(SHA256()), SHA256(), None),
}
_lock = threading.Lock()
_stopped: dict[str, str] = {}


class Pin:
    """One PIN of one wallet at one address."""

    def __init__(self, pin: str, *, owner: str, padding_name: str) -> None:
        if padding_name not in _PADDINGS:
            raise ValueError(f"rsa_padding {padding_name!r} is none of {', '.join(_PADDINGS)}")
        self._pin = pin
        self._padding = _PADDINGS[padding_name]
        self._name = hashlib.sha256(f"{owner}\x00{pin}".encode()).hexdigest()

    def check(self) -> None:
        """:raises CredentialsRefused: there is none, or it was refused before; nothing was sent."""
        if not self._pin:
            raise CredentialsRefused("no PIN is configured", code="pin_missing")
        with _lock:
            code = _stopped.get(self._name)
        if code:
            raise CredentialsRefused("this PIN was refused before and is not tried again", code=code)

    def stop(self, code: str) -> None:
        """Never try it again."""
        with _lock:
            _stopped[self._name] = code

    def encrypted(self, key: str) -> str:
        """For one request: 344 characters with a key of 2048 bits.

        :raises UnreadableAnswer: that is no RSA key.
        """
        try:
            public = load_der_public_key(base64.b64decode(key, validate=True))
        except (ValueError, UnsupportedAlgorithm):
            raise UnreadableAnswer("a public key that is none") from None
        if not isinstance(public, rsa.RSAPublicKey):
            raise UnreadableAnswer("a public key that is not RSA")
        return base64.b64encode(public.encrypt(self._pin.encode(), self._padding)).decode()


def forget() -> None:
    """Let every PIN be tried again."""
    with _lock:
        _stopped.clear()
