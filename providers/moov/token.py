"""The token of M1: user and password, encrypted with a key that every client publishes. A password in other clothes.

AES-256-CBC over `0:<user>:<password>` with PKCS7 and an IV of zeros, in Base64. The same for ever, so it is kept as
secret as the password itself.
"""

import base64

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

PUBLISHED_KEY = "tlc12345tlc12345tlc12345tlc12345"
_BLOCK_BITS = 128


def made(*, username: str, password: str, key: str = PUBLISHED_KEY) -> str:
    """:raises ValueError: the key has not 16, 24 or 32 bytes."""
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(f"0:{username}:{password}".encode()) + padder.finalize()
    # The zero IV is Moov's format, not a choice.
    encryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(bytes(_BLOCK_BITS // 8))).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
