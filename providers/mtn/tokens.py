"""Bearer tokens, kept until shortly before they end. MTN asks not to be asked for one with each payment."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from providers.errors import ProviderFault

_AHEAD_SECONDS = 600  # MTN's advice: renew about ten minutes before the end

Key = tuple[str, ...]  # platform, environment, product, user


@dataclass(frozen=True, slots=True)
class Token:
    text: str = field(repr=False)
    life_seconds: int


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str = field(repr=False)
    renew_at: float
    ends_at: float


class Tokens:
    """One wallet's tokens. Of several threads that need the same one, one asks and the others wait for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Key, _Kept] = {}
        self._locks: defaultdict[Key, threading.Lock] = defaultdict(threading.Lock)
        self._opening = threading.Lock()

    def get(self, key: Key, mint: Callable[[], Token]) -> str:
        """The token kept, or a new one.

        :raises ProviderFault: there is none, and none was given.
        """
        with self._lock(key):
            kept, now = self._kept.get(key), self._clock()
            if kept and now < kept.renew_at:
                return kept.text
            try:
                token = mint()
            except ProviderFault:
                if kept and now < kept.ends_at:
                    return kept.text  # renewing early was a courtesy
                raise
            # From when it was asked for: the answer may have taken its time.
            ahead = min(_AHEAD_SECONDS, token.life_seconds / 2)
            self._kept[key] = _Kept(token.text, now + token.life_seconds - ahead, now + token.life_seconds)
            return token.text

    def discard(self, key: Key, text: str) -> None:
        """Forget a token that was refused, unless somebody has put a newer one in its place."""
        with self._lock(key):
            kept = self._kept.get(key)
            if kept and kept.text == text:
                del self._kept[key]

    def _lock(self, key: Key) -> threading.Lock:
        with self._opening:
            return self._locks[key]
