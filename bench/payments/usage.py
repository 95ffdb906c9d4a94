"""Processor time of groups of processes, from /proc: what a piece of work costs, whoever else is on the machine."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds(groups: Mapping[str, int]) -> dict[str, float]:
    """Group → processor seconds of that process and all below it, so far."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue  # ended meanwhile; its parent has its time
        values = text.rpartition(")")[2].split()
        children.setdefault(int(values[1]), []).append(int(folder.name))
        used[int(folder.name)] = sum(map(int, values[11:15])) / _TICKS  # own and of ended children, user and system
    return {name: _below(root, children, used) for name, root in groups.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    """Group → milliseconds of processor time for each of `count` pieces of work."""
    return {name: 1000 * (after[name] - before[name]) / count for name in after}


def _below(root: int, children: Mapping[int, list[int]], used: Mapping[int, float]) -> float:
    return used.get(root, 0.0) + sum(_below(child, children, used) for child in children.get(root, []))
