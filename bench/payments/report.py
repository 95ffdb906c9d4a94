"""What was measured, round by round; medians, spread, ratios; and whether a goal is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Figure:
    """One row: values in `unit`, and beside them the ratios to what was measured in the same round."""

    name: str
    unit: str
    versus: str = ""  # what the ratio is to
    goal: float | None = None
    goal_on_ratio: bool = False
    values: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def verdict(self) -> str:
        judged = self.ratio if self.goal_on_ratio else self.median
        if self.goal is None or judged is None:
            return ""
        return "meets" if judged >= self.goal else "MISSES"

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "values": self.values,
            "versus": self.versus,
            "ratio": self.ratio,
            "ratios": self.ratios,
            "goal": self.goal,
            "verdict": self.verdict,
            "note": self.note,
        }


def table(figures: Sequence[Figure]) -> str:
    heading = ("figure", "median", "unit", "min – max", "ratio (min – max)", "of", "goal", "verdict", "note")
    rows = [heading, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in (1, 3, 4) else cell.ljust(width)
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
        "" if figure.median is None else _number(figure.median),
        figure.unit,
        f"{_number(min(figure.values))} – {_number(max(figure.values))}" if len(figure.values) > 1 else "",
        ratio,
        figure.versus if figure.ratios else "",
        "" if figure.goal is None else f"≥ {figure.goal:g}" + (" (ratio)" if figure.goal_on_ratio else ""),
        figure.verdict,
        figure.note,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
