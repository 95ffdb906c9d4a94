"""Tokens: kept, renewed ahead of their end, minted once for all who wait."""

import threading

import pytest

from providers.errors import NotSent
from providers.mtn.tokens import Token, Tokens

KEY = ("legacy", "mtnivorycoast", "collection", "user")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Mint:
    """Gives a new token each time, unless it is closed."""

    def __init__(self, life_seconds: int = 3600) -> None:
        self.count = 0
        self.is_closed = False
        self.life_seconds = life_seconds

    def __call__(self) -> Token:
        if self.is_closed:
            raise NotSent("closed")
        self.count += 1
        return Token(f"token-{self.count}", self.life_seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock) -> Tokens:
    return Tokens(clock)


class TestTokens:
    def test_are_kept_until_ten_minutes_before_their_end(self, tokens, clock):
        mint = Mint()
        assert tokens.get(KEY, mint) == "token-1"
        clock.now += 2999
        assert tokens.get(KEY, mint) == "token-1"
        clock.now += 1
        assert tokens.get(KEY, mint) == "token-2"

    def test_of_a_short_life_are_kept_for_half_of_it(self, tokens, clock):
        mint = Mint(life_seconds=60)
        tokens.get(KEY, mint)
        clock.now += 29
        assert tokens.get(KEY, mint) == "token-1"
        clock.now += 1
        assert tokens.get(KEY, mint) == "token-2"

    def test_serve_to_their_end_when_none_is_given_in_time(self, tokens, clock):
        mint = Mint()
        tokens.get(KEY, mint)
        mint.is_closed = True
        clock.now += 3599
        assert tokens.get(KEY, mint) == "token-1"
        clock.now += 1
        with pytest.raises(NotSent):
            tokens.get(KEY, mint)

    def test_are_discarded_only_by_who_held_that_one(self, tokens):
        mint = Mint()
        old = tokens.get(KEY, mint)
        tokens.discard(KEY, old)
        assert tokens.get(KEY, mint) == "token-2"
        tokens.discard(KEY, old)  # a late one, whose call was refused before the renewal
        assert tokens.get(KEY, mint) == "token-2"

    def test_are_apart_for_each_platform_environment_product_and_user(self, tokens):
        mint = Mint()
        for changed in range(4):
            other = tuple("other" if place == changed else word for place, word in enumerate(KEY))
            tokens.get(other, mint)
        assert tokens.get(KEY, mint) == "token-5"

    def test_are_minted_once_for_all_who_wait(self, tokens):
        mint, begun, may_end = Mint(), threading.Event(), threading.Event()

        def slow() -> Token:
            begun.set()
            may_end.wait(5)
            return mint()

        told: list[str] = []
        threads = [threading.Thread(target=lambda: told.append(tokens.get(KEY, slow))) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert begun.wait(5)
        may_end.set()
        for thread in threads:
            thread.join()
        assert (told, mint.count) == (["token-1"] * 8, 1)

    def test_do_not_show_themselves(self, tokens):
        assert "token-1" not in repr(Token("token-1", 3600))
