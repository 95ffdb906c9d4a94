"""The caller's network address: whom we believe about it, and how little of it we keep. Standard library only."""

import ipaddress
from collections.abc import Mapping


def of_request(meta: Mapping[str, str], *, trusted_proxies: int) -> str:
    """The address of the caller, believing only as many forwarding proxies as we run ourselves.

    `X-Forwarded-For` grows to the right: the entry that our outermost proxy wrote is the n-th from the end. Anything
    left of it is the caller's own invention.
    """
    peer = meta.get("REMOTE_ADDR", "")
    chain = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if trusted_proxies == 0 or len(chain) < trusted_proxies:
        return peer
    return chain[-trusted_proxies]


def network(address: str) -> str:
    """What one household or attacker is counted as: the address itself, for IPv6 its /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


def masked(address: str) -> str:
    """Enough to see a pattern, too little to name a person: `41.82.x.x`, `2001:db8::/32`."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/32", strict=False))
    first, second, *_rest = str(parsed).split(".")
    return f"{first}.{second}.x.x"
