"""What a period's lines leave of a contract's earnings: guarantees, reserves, then debts and advances recovered."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

from royalties.rules import accounts, record
from royalties.rules.accounts import GuaranteeQuestion, RecoupQuestion, ReserveQuestion
from royalties.rules.splits import Of, SplitStep
from royalties.rules.terms import Version
from royalties.simulation.account import Account, HeldMoney
from royalties.simulation.scenario import Guarantee, Period, Reserve
from royalties.simulation.world import Line, Movement

_RESERVED = frozenset({"sale", "premium", "refund"})


def earn(account: Account, lines: list[Line], period: Period, place: int, names: list[str]) -> Iterator[Movement]:
    """What the period's lines leave available, after guarantees and reserves."""
    account.available = defaultdict(int)
    for line in lines:
        if not line.in_escrow:
            account.available[line.payee] += line.amount_minor
    if account.contract is None:
        return
    for guarantee in account.contract.guarantees:
        if guarantee.amount.currency == account.currency and _covers(guarantee, period):
            yield from _guarantee(account, guarantee, period)
    for reserve in account.contract.reserves:
        if not reserve.on_units:
            yield from _reserve(account, reserve, lines, period, place, names)


def _guarantee(account: Account, guarantee: Guarantee, period: Period) -> Iterator[Movement]:
    of_period = (
        account.available.get(guarantee.payee, 0) if guarantee.payee else sum(account.available.values(), start=0)
    )
    account.periods[guarantee.id] += 1
    account.earned[guarantee.id] += of_period
    is_cumulative = guarantee.kind is not accounts.GuaranteeKind.PER_PERIOD
    question = GuaranteeQuestion(
        kind=guarantee.kind,
        promised_minor=_promised(guarantee, period, account.periods[guarantee.id]),
        earned_minor=account.earned[guarantee.id] if is_cumulative else of_period,
        topped_up_before_minor=account.topped_up[guarantee.id],
        splits=_splits(account, guarantee, period),
    )
    account.topped_up[guarantee.id] += accounts.top_up(question)
    for payee, part in sorted(accounts.top_up_parts(question).items()):
        if part:
            account.available[payee] += part
            yield _movement(account, period, "guarantee", guarantee.id, payee, part, "guarantee", question)


def _covers(guarantee: Guarantee, period: Period) -> bool:
    """A term that ends inside a period takes the period in: a total is due there."""
    start, end = guarantee.term.valid_from, guarantee.term.valid_to
    return (start is None or start <= period.last_day) and (end is None or end > period.start)


def _promised(guarantee: Guarantee, period: Period, periods: int) -> int:
    """What is promised by the end of the period."""
    if guarantee.kind is accounts.GuaranteeKind.CUMULATIVE:
        return guarantee.amount.minor * periods
    is_due = guarantee.kind is accounts.GuaranteeKind.PER_PERIOD or not guarantee.term.holds(
        period.last_day + timedelta(days=1)
    )
    return guarantee.amount.minor if is_due else 0


def _splits(account: Account, guarantee: Guarantee, period: Period) -> tuple[SplitStep, ...]:
    assert account.contract is not None
    if guarantee.payee:
        return (SplitStep(guarantee.payee, Of.SHARE, Fraction(1)),)
    versions: tuple[Version, ...] = account.contract.versions
    return next((v for v in versions if v.covers(period.last_day)), versions[-1]).splits


def _reserve(
    account: Account, reserve: Reserve, lines: list[Line], period: Period, place: int, names: list[str]
) -> Iterator[Movement]:
    """Releases what is due, then holds of what the period earned."""
    due = [one for one in account.held if one.reserve == reserve.id and one.release == period.id]
    for one in due:
        account.held.remove(one)
        account.available[one.payee] += one.amount_minor
        yield _movement(account, period, "reserve_released", reserve.id, one.payee, one.amount_minor, "given", None)
    if reserve.release in names[: place + 1]:
        return  # its time is over
    earned: dict[str, int] = defaultdict(int)
    for line in lines:
        if not line.in_escrow and line.kind in _RESERVED and reserve.scope.admits(line.traits):
            earned[line.payee] += line.amount_minor
    release, note = _release(reserve, place, names)
    for payee in sorted(earned):
        question = ReserveQuestion(reserve.rate, earned[payee])
        if held := accounts.reserve(question):
            account.held.append(HeldMoney(reserve.id, payee, held, release))
            account.available[payee] -= held
            yield _movement(account, period, "reserve_held", reserve.id, payee, -held, "reserve", question, note)


def _release(reserve: Reserve, place: int, names: list[str]) -> tuple[str, str]:
    """The period that releases what is held now, and how it is told."""
    if reserve.release is not None:
        return reserve.release, reserve.release
    later = place + reserve.periods
    if later < len(names):
        return names[later], names[later]
    return "", f"{later - len(names) + 1} period(s) after the file ends"


def recover(account: Account, givers: list[Account], period: Period) -> Iterator[Movement]:
    """The account's debts and advances, from what these accounts have available."""
    for giver in givers:
        for payee in sorted(account.debts):
            taken = min(account.debts[payee], max(giver.available.get(payee, 0), 0))
            if taken > 0:
                giver.available[payee] -= taken
                account.debts[payee] -= taken
        yield from _recoup(account, giver, period)


def _recoup(account: Account, giver: Account, period: Period) -> Iterator[Movement]:
    if account.contract is None:
        return
    people = {step.payee for version in account.contract.versions for step in version.splits}
    for advance in account.contract.advances:
        if not account.advances.get(advance.id) or (advance.paid_on and advance.paid_on > period.last_day):
            continue
        meant = {advance.payee} if advance.payee else people
        able = {payee: amount for payee, amount in sorted(giver.available.items()) if payee in meant and amount > 0}
        question = RecoupQuestion(account.advances[advance.id], able)
        for payee, part in sorted(accounts.recoup(question).items()):
            giver.available[payee] -= part
            account.advances[advance.id] -= part
            note = "" if giver is account else f"from {giver.ref}, accounted jointly"
            yield _movement(account, period, "advance_recouped", advance.id, payee, -part, "recoup", question, note)


def _movement(
    account: Account,
    period: Period,
    kind: str,
    source: str,
    payee: str,
    amount: int,
    name: str,
    question: Any,
    note: str = "",
) -> Movement:
    inputs = {} if question is None else record.dump(question)
    return Movement(period.id, kind, source, account.ref, payee, account.currency, amount, name, inputs, note)
