"""Which address is believed, and how little of it is kept."""

import pytest

from config.identity import addresses

PEER = "10.1.1.1"


class TestOfRequest:
    @pytest.mark.parametrize(
        ("forwarded", "proxies", "expected"),
        [
            ("1.2.3.4", 0, PEER),
            ("", 1, PEER),
            ("1.2.3.4", 1, "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4, 10.0.0.2", 2, "1.2.3.4"),
            ("1.2.3.4", 2, PEER),
            (" , ,", 1, PEER),
        ],
    )
    def test_believes_only_our_own_proxies(self, forwarded, proxies, expected):
        meta = {"REMOTE_ADDR": PEER, "HTTP_X_FORWARDED_FOR": forwarded}
        assert addresses.of_request(meta, trusted_proxies=proxies) == expected


class TestMasked:
    @pytest.mark.parametrize(
        ("address", "expected"),
        [("41.82.10.20", "41.82.x.x"), ("2001:db8:1:2::5", "2001:db8::/32"), ("nonsense", ""), ("", "")],
    )
    def test_keeps_a_pattern_and_no_person(self, address, expected):
        assert addresses.masked(address) == expected


class TestNetwork:
    def test_counts_what_is_no_address_together(self):
        assert addresses.network("<script>") == addresses.network("") == "unknown"
