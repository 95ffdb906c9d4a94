"""Two long sorted streams, read side by side. Pure; holds what has one key, and no more."""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")


def paired(
    left: Iterable[Left],
    right: Iterable[Right],
    *,
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
) -> Iterator[tuple[list[Left], list[Right]]]:
    """What each key has on either side, in order of the keys. Both sides come sorted, as Python sorts text."""
    keyed_left = ((left_key(item), False, item) for item in left)
    keyed_right = ((right_key(item), True, item) for item in right)
    keyed: Iterator[tuple[str, bool, Left | Right]] = merge(keyed_left, keyed_right, key=lambda found: found[0])
    for _, both in groupby(keyed, key=lambda found: found[0]):
        sides: tuple[list[Left], list[Right]] = ([], [])
        for _, is_right, item in both:
            sides[is_right].append(item)  # type: ignore[arg-type]  # the flag tells which
        yield sides
