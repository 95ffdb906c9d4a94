"""The arithmetic of seals: a Merkle tree over a day's entries, and a chain of days. Pure; SHA-256.

The tree is that of Certificate Transparency (RFC 6962, section 2.1): a leaf is hashed after a byte 0, a node after a
byte 1, the left part of a tree is the largest power of two below its size, an empty tree is the hash of nothing. So
anybody's tool for it can check a proof of ours. A leaf is an entry's *record*: everything its row and its lines say
(docs/seals.md has the bytes).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

GENESIS = bytes(32)  # what the first day is chained to
RECORD_BYTES = 81
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def record_of(
    *,
    entry_id: UUID,
    recorded_at: datetime,
    happened_at: datetime,
    closing: bool,
    reversed_id: UUID | None,
    fingerprint: bytes,
) -> bytes:
    """One entry in 81 bytes: id, when recorded, from when it counts, closing or not, what it reverses, fingerprint."""
    reverses = bytes(16) if reversed_id is None else reversed_id.bytes
    moments = _micros(recorded_at) + _micros(happened_at)
    return entry_id.bytes + moments + bytes([closing]) + reverses + fingerprint


def leaf_hash(record: bytes) -> bytes:
    return hashlib.sha256(b"\0" + record).digest()


def leaves_of(packed: bytes) -> Iterator[bytes]:
    """The leaves of records that stand one after the other."""
    for start in range(0, len(packed), RECORD_BYTES):
        yield hashlib.sha256(b"\0" + packed[start : start + RECORD_BYTES]).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> tuple[bytes, int]:
    """The root and the number of leaves; holds as many hashes as the tree is high."""
    peaks: list[bytes] = []  # the roots of complete trees, largest first: one for each bit of the count
    count = 0
    for leaf in leaves:
        current, carried = leaf, count
        while carried & 1:
            current = node_hash(peaks.pop(), current)
            carried >>= 1
        peaks.append(current)
        count += 1
    if not peaks:
        return hashlib.sha256(b"").digest(), 0
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root, count


def seal_hash(*, previous: bytes, day: date, count: int, root: bytes) -> bytes:
    """The day's seal: the seal before, the day as `2026-11-22`, the count as 8 bytes big-endian, the root."""
    return hashlib.sha256(previous + day.isoformat().encode() + count.to_bytes(8, "big") + root).digest()


def proof_of(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """The audit path of a leaf (RFC 6962, section 2.1.1), from the leaf's neighbour up."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if position < split:
        return [*proof_of(leaves[:split], position), root_of(leaves[split:])[0]]
    return [*proof_of(leaves[split:], position - split), root_of(leaves[:split])[0]]


def root_from_proof(*, leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root a proof leads to.

    :raises ValueError: the path is too short or too long for a tree of that size.
    """
    if size <= 1:
        if path:
            raise ValueError("the path goes beyond the tree")
        return leaf
    if not path:
        raise ValueError("the path ends below the root")
    split = _split(size)
    if position < split:
        below = root_from_proof(leaf=leaf, position=position, size=split, path=path[:-1])
        return node_hash(below, path[-1])
    below = root_from_proof(leaf=leaf, position=position - split, size=size - split, path=path[:-1])
    return node_hash(path[-1], below)


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _micros(moment: datetime) -> bytes:
    """Microseconds since 1970 as 8 bytes big-endian, signed."""
    return ((moment - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)
