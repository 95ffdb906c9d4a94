"""Which pages were read, from ranges that overlap, repeat and arrive in any order. Pure.

The union does not depend on order or repetition, so a device may send a session again and late ones may come last.
"""

from collections.abc import Iterable

Range = tuple[int, int]  # first and last page, both read


def union(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same pages as few ranges, ascending, that neither overlap nor touch."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def count(ranges: Iterable[Range]) -> int:
    """How many different pages were read."""
    return sum(last - first + 1 for first, last in union(ranges))
