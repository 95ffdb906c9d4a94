"""Where the bars of a year go. Pure; the template draws them, and the table behind them says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from royalties import periods

WIDTH, HEIGHT = 360, 144
_BASELINE, _TOP = 122, 22
_GAP = 6
_EDGE = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One month. Positions are whole units of the drawing."""

    month: date
    amount_minor: int
    x: int
    y: int
    width: int
    height: int
    is_running: bool
    is_labelled: bool

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def label_y(self) -> int:
        return self.y - 6

    @property
    def label_anchor(self) -> str:
        """Which end of the label stands over the bar, so that a long amount at the edge is not cut off."""
        if self.x < _EDGE:
            return "start"
        return "end" if self.x + self.width > WIDTH - _EDGE else "middle"

    @property
    def label_x(self) -> int:
        return {"start": self.x, "middle": self.middle, "end": self.x + self.width}[self.label_anchor]


@dataclass(frozen=True, slots=True)
class BarChart:
    """The last months of one currency."""

    currency: str
    bars: tuple[Bar, ...]
    width: int = WIDTH
    height: int = HEIGHT
    baseline: int = _BASELINE


def draw(currency: str, amounts: Mapping[str, int], *, months: Sequence[str]) -> BarChart:
    """Bars in proportion to the largest amount; a month below zero draws none, its amount is in the table."""
    largest = max([amounts.get(month, 0) for month in months] + [1])
    step = WIDTH // len(months)
    best = max(months, key=lambda month: (amounts.get(month, 0), month))
    bars = []
    for place, month in enumerate(months):
        amount = amounts.get(month, 0)
        height = max(0, amount) * (_BASELINE - _TOP) // largest
        bars.append(
            Bar(
                month=periods.bounds(month)[0].date(),
                amount_minor=amount,
                x=place * step + _GAP // 2,
                y=_BASELINE - height,
                width=step - _GAP,
                height=height,
                is_running=month == months[-1],
                is_labelled=month == best and amount > 0,
            )
        )
    return BarChart(currency, tuple(bars))
