"""What was measured, round by round; medians, spread, ratios; and whether a goal is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach, and what it must; `at_most` when small is good."""

    goal: float
    floor: float | None = None
    at_most: bool = False

    def verdict(self, value: float) -> str:
        if self._meets(value, self.goal):
            return "meets goal"
        if self.floor is not None and self._meets(value, self.floor):
            return "meets floor"
        return "MISSES"

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {self.goal:g}" + (f" (floor {self.floor:g})" if self.floor is not None else "")

    def _meets(self, value: float, bound: float) -> bool:
        return value <= bound if self.at_most else value >= bound


@dataclass(slots=True)
class Figure:
    """One row of the table: values in `unit`, and beside them the ratio to what was measured in the same round."""

    name: str
    unit: str
    versus: str = ""  # what the ratio is to
    goal: Goal | None = None
    goal_on_ratio: bool = True
    values: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def value(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def verdict(self) -> str:
        judged = self.ratio if self.goal_on_ratio else self.value
        if self.goal is None or judged is None:
            return ""
        return self.goal.verdict(judged)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.value,
            "values": self.values,
            "versus": self.versus,
            "ratio": self.ratio,
            "ratios": self.ratios,
            "goal": None if self.goal is None else str(self.goal),
            "verdict": self.verdict,
            "note": self.note,
        }


def table(figures: Sequence[Figure]) -> str:
    heading = ("figure", "median", "unit", "min – max", "ratio (min – max)", "of", "goal", "verdict", "note")
    rows = [heading, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    numbers = {1, 3, 4}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
    if len(figure.ratios) > 1:
        ratio += f" ({min(figure.ratios):.3g} – {max(figure.ratios):.3g})"
    return (
        figure.name,
        "" if figure.value is None else _number(figure.value),
        figure.unit if figure.values else "",
        f"{_number(min(figure.values))} – {_number(max(figure.values))}" if len(figure.values) > 1 else "",
        ratio,
        figure.versus if figure.ratios else "",
        "" if figure.goal is None else str(figure.goal),
        figure.verdict,
        figure.note,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
