"""Where webhooks may go: the public internet, over https, and nowhere else."""

import socket

import pytest

from billing.outbox.destination import BadDestination, is_public, parse, resolve

PRIVATE_HOSTS = [
    "127.0.0.1", "127.1", "0", "0.0.0.0",  # noqa: S104
    "2130706433", "0x7f000001", "0x7f.1", "017700000001", "10.0.0.1",
    "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "localhost", "localhost.", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12::1]",
    "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:53aa:64c::1]", "[ff02::1]", "[2001:db8::1]",
]  # fmt: skip
BAD_ADDRESSES = [
    "http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example/", "unix:///run/x.sock",
    "//shop.example/", "shop.example", "", "https://", "https:///path", "https://user@shop.example/",
    "https://user:pass@shop.example/", "https://shop.example:22/", "https://shop.example:25/", "https://shop.example:80/",
    "https://shop.example:99999/", "https://shop.example:abc/", "https://[::1/", "https://shop.example/\r\nHost: x",
    "https://shop .example/", "https://shop.example/\x00", "javascript:alert(1)", "https://@/",
]  # fmt: skip


class TestParse:
    @pytest.mark.parametrize("url", BAD_ADDRESSES)
    def test_refuses(self, url):
        with pytest.raises(BadDestination):
            parse(url, private_allowed=False)

    def test_reads_host_port_and_target(self):
        to = parse("https://shop.example:8443/hooks/coko?x=1", private_allowed=False)
        assert (to.host, to.port, to.target) == ("shop.example", 8443, "/hooks/coko?x=1")

    def test_allows_plain_http_only_where_private_addresses_are(self):
        assert parse("http://127.0.0.1:8000", private_allowed=True).target == "/"


class TestTarget:
    @pytest.mark.parametrize(
        ("written", "sent"),
        [
            ("", "/"),
            ("/a/b?c=1&d=%20e", "/a/b?c=1&d=%20e"),
            ("/crochet-é?nom=Aïssatou", "/crochet-%C3%A9?nom=A%C3%AFssatou"),
            ("/\x7f", "/%7F"),
            ("/a#b", "/a"),
        ],
    )
    def test_is_what_http_can_carry(self, written, sent):
        assert parse(f"https://shop.example{written}", private_allowed=False).target == sent

    def test_is_refused_when_it_is_no_text(self):
        with pytest.raises(BadDestination, match="cannot be sent"):
            parse("https://shop.example/\ud800", private_allowed=False)


class TestResolve:
    @pytest.mark.parametrize("host", PRIVATE_HOSTS)
    def test_refuses_what_leads_home(self, host):
        with pytest.raises(BadDestination):
            resolve(parse(f"https://{host}/", private_allowed=False), private_allowed=False)

    def test_refuses_a_name_of_which_one_address_is_private(self, monkeypatch):
        told = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: told)
        with pytest.raises(BadDestination, match="not public"):
            resolve(parse("https://shop.example/", private_allowed=False), private_allowed=False)

    def test_gives_the_checked_address(self, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: [(0, 0, 0, "", ("93.184.215.14", 443))])
        assert resolve(parse("https://shop.example/", private_allowed=False), private_allowed=False) == "93.184.215.14"

    def test_refuses_a_name_without_an_address(self, monkeypatch):
        def nothing(*asked: object, **more: object) -> None:
            raise socket.gaierror("unknown")

        monkeypatch.setattr(socket, "getaddrinfo", nothing)
        with pytest.raises(BadDestination, match="no address"):
            resolve(parse("https://shop.invalid/", private_allowed=False), private_allowed=False)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_lets_public_addresses_through(address):
    assert is_public(address)
