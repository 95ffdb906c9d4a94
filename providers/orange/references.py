"""What names and proves things between Orange and us: references, ids of notifications, secrets. Pure."""

import hashlib
import re

_ROOM = 30  # contract A allows no more (documented); the others allow more, or say nothing
_PLAIN = re.compile(r"\A[A-Za-z0-9_-]{1,30}\Z")


def order_id(reference: str) -> str:
    """Our reference as it is (`pay_` and 26 characters just fit), else one derived from it, always the same."""
    if _PLAIN.match(reference):
        return reference
    return "x" + hashlib.sha256(reference.encode()).hexdigest()[: _ROOM - 1]


def echoed(said: str | None, reference: str) -> str | None:
    """Our reference where the provider echoes it; what else it said, for billing to see; None when it said nothing."""
    return reference if said == order_id(reference) else said or None


def secrets_of(text: str) -> list[str]:
    """The secrets of a comma-separated list, never an empty one; the first makes new proofs, all are accepted."""
    return [secret for part in text.split(",") if (secret := part.strip())]


def event_ref(*words: str) -> str:
    """The id of a notification that has none: the same words are the same event."""
    return hashlib.sha256("\x00".join(words).encode()).hexdigest()[:40]
