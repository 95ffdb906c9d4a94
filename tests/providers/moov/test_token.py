"""M1's token, against the vector of the reference sheet."""

import pytest

from providers.moov import token


class TestMade:
    def test_is_what_moov_s_clients_make(self):
        made = token.made(username="username", password="password")
        assert made == "hnTyz1stTsRO8PxwCssFHwwUakVCzRFeJ4Ms/F9cem0="

    @pytest.mark.parametrize("length", [16, 24, 32])
    def test_takes_any_key_of_aes(self, length):
        assert token.made(username="u", password="p", key="k" * length) != token.made(username="u", password="p")

    def test_refuses_any_other(self):
        with pytest.raises(ValueError, match="key"):
            token.made(username="u", password="p", key="short")
