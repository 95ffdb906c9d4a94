"""The checks a statement prints about itself. Pure.

They are the findings auditors report most often (wrong carried balances, terms of another date, sums that do not
match), each tried anew before the statement is issued. A check that fails is printed with its reason, never hidden.
"""

from collections.abc import Sequence

from royalties import explain
from royalties.runs.facts import RoyaltyLineFact
from royalties.statements.document import Balance
from royalties.statements.facts import AuditCheck


def checks(
    *, period: str, balance: Balance, carried_minor: int, ledger_minor: int, lines: Sequence[RoyaltyLineFact]
) -> tuple[AuditCheck, ...]:
    """Every check, in the order it is printed.

    `carried_minor` is what earlier statements leave owed, `ledger_minor` what the ledger says is owed at the end.
    """
    return (
        _equal("opening_is_last_closing", balance.opening_minor, carried_minor),
        _equal("lines_sum_to_earned", sum(line.amount_minor for line in lines), balance.earned_minor),
        _each("lines_recompute", lines, [line for line in lines if not _recomputes(line)]),
        _each("terms_in_force", lines, [line for line in lines if not explain.terms_in_force(line.inputs)]),
        _each("lines_posted", lines, [line for line in lines if line.amount_minor and not line.entry_ref]),
        _each("lines_of_this_month", lines, [line for line in lines if line.period != period]),
        _equal("ledger_agrees", balance.closing_minor, ledger_minor),
    )


def _recomputes(line: RoyaltyLineFact) -> bool:
    try:
        return explain.amount(line.inputs) == line.amount_minor
    except ValueError:
        return False


def _equal(rule: str, one: int, other: int) -> AuditCheck:
    return AuditCheck(rule, one == other, "" if one == other else f"{one} ≠ {other}")


def _each(rule: str, lines: Sequence[RoyaltyLineFact], failing: Sequence[RoyaltyLineFact]) -> AuditCheck:
    if failing:
        return AuditCheck(rule, False, ", ".join(line.id for line in failing[:5]))
    return AuditCheck(rule, True, str(len(lines)))
