"""Where an outgoing webhook may go. A client gives us the address, so it must not lead into our own network.

The name is resolved once and the connection goes to the address that was checked: a second look-up could answer
otherwise. In the demo and in tests `private_allowed` lets receivers on this machine through, over plain HTTP too.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_FIRST_UNPRIVILEGED_PORT = 1024
# What may stand in a path or query as it is (RFC 3986), and the sign of what is encoded already.
_KEPT = "/?:@!$&'()*+,;=%"


class BadDestination(Exception):
    """The address is not one we send to; the message says why."""


@dataclass(frozen=True, slots=True)
class Destination:
    scheme: str
    host: str
    port: int
    target: str  # path and query, percent-encoded


def parse(url: str, *, private_allowed: bool) -> Destination:
    """Read an absolute https address without user name, on 443 or an unprivileged port.

    :raises BadDestination: anything else.
    """
    if any(ord(character) <= ord(" ") for character in url):
        raise BadDestination("the address has spaces or control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadDestination(f"not an address: {error}") from None
    if parts.scheme != "https" and not (private_allowed and parts.scheme == "http"):
        raise BadDestination("the address must begin with https://")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise BadDestination("the address must have a host and no user name")
    port = port or (443 if parts.scheme == "https" else 80)
    if not private_allowed and port != 443 and port < _FIRST_UNPRIVILEGED_PORT:
        raise BadDestination(f"port {port} is reserved for other services")
    return Destination(parts.scheme, parts.hostname, port, _target(parts))


def _target(parts: SplitResult) -> str:
    """Path and query as HTTP can carry them: `/crochet-é` goes out as `/crochet-%C3%A9`, as a browser would send it."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        return quote(target, safe=_KEPT)
    except UnicodeEncodeError:
        raise BadDestination("the address has characters that cannot be sent") from None


def resolve(destination: Destination, *, private_allowed: bool) -> str:
    """The one IP address to connect to.

    :raises BadDestination: the name has no address, or one of its addresses is not public.
    """
    try:
        found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadDestination(f"{destination.host} has no address: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private_allowed and not all(is_public(address) for address in addresses):
        raise BadDestination(f"{destination.host} leads to an address that is not public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether the address belongs to the public internet, also when it wraps an IPv4 address in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        elif ip in _NAT64 or ip.sixtofour or ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast
