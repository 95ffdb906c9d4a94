"""What the author's first page shows, put together from the queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from royalties import periods
from royalties.payees.facts import PayeeFact
from royalties.statements import pdf, queries
from royalties.statements.facts import RunningFact, StatementSummary
from royalties.web import chart

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Head:
    """One currency of the opening sentence."""

    currency: str
    latest_minor: int | None  # of the last closed month; None without a statement
    running_minor: int | None  # since; None without a sale
    code: str  # " (XOF)" where XOF and XAF, written alike, stand together


def of(payee: PayeeFact, *, at: datetime) -> dict[str, Any]:
    """The page's context."""
    issued = queries.statements_of(payee.id)
    running = queries.running(payee.id, at=at)
    latest = [each for each in issued if each.period == issued[0].period]
    heads = _heads(latest, running)
    return {
        "payee": payee,
        "heads": heads,
        "several": len({each.currency for each in issued} | {each.currency for each in running}) > 1,
        "latest_month": pdf.month_of(issued[0].period) if issued else None,
        "running": [(each, each.lines[::-1]) for each in running],
        "rows": [(each, pdf.month_of(each.period)) for each in issued],
        "charts": _charts(issued, running, now=periods.of(at)),
    }


def _heads(latest: Sequence[StatementSummary], running: Sequence[RunningFact]) -> list[Head]:
    stated: dict[str, int] = defaultdict(int)
    for each in latest:
        stated[each.currency] += each.earned_minor
    since = {each.currency: each.amount_minor for each in running}
    currencies = sorted(stated.keys() | since.keys(), key=lambda code: -stated.get(code, 0) - since.get(code, 0))
    several = len(currencies) > 1
    return [Head(code, stated.get(code), since.get(code), f" ({code})" if several else "") for code in currencies]


def _charts(issued: Sequence[StatementSummary], running: Sequence[RunningFact], *, now: str) -> list[chart.BarChart]:
    earned: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))  # currency → month → minor units
    for each in issued:
        earned[each.currency][each.period] += each.earned_minor
    for line in (line for each in running for line in each.lines):
        earned[line.currency][line.period] += line.amount_minor
    months = periods.last(_MONTHS, until=now)
    by_size = sorted(earned.items(), key=_total, reverse=True)
    return [chart.draw(currency, amounts, months=months) for currency, amounts in by_size]


def _total(of_currency: tuple[str, Mapping[str, int]]) -> int:
    return sum(of_currency[1].values())
