"""The arithmetic of seals: a Merkle tree over a day's entries, and a chain of days. Pure; SHA-256.

The tree is that of Certificate Transparency (RFC 6962, section 2.1): a leaf is hashed after a byte 0, a node after a
byte 1, the left part of a tree is the largest power of two below its size, an empty tree is the hash of nothing. So
anybody's tool for it can check a proof of ours.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

GENESIS = bytes(32)  # what the first day is chained to
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def leaf_hash(*, entry_id: UUID, recorded_at: datetime, fingerprint: bytes) -> bytes:
    """One entry: its 16 bytes, the microseconds of its recording as 8 bytes big-endian, its 32 bytes of fingerprint."""
    micros = (recorded_at - _EPOCH) // timedelta(microseconds=1)
    return hashlib.sha256(b"\0" + entry_id.bytes + micros.to_bytes(8, "big", signed=True) + fingerprint).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> tuple[bytes, int]:
    """The root and the number of leaves; holds as many hashes as the tree is high."""
    peaks: list[tuple[int, bytes]] = []  # (size, hash) of complete trees, largest first
    count = 0
    for leaf in leaves:
        count += 1
        size, current = 1, leaf
        while peaks and peaks[-1][0] == size:
            current = node_hash(peaks.pop()[1], current)
            size *= 2
        peaks.append((size, current))
    if not peaks:
        return hashlib.sha256(b"").digest(), 0
    root = peaks.pop()[1]
    while peaks:
        root = node_hash(peaks.pop()[1], root)
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
