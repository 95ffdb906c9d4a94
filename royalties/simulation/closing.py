"""The end of a period: from a contract's earnings to what is payable, paid out, and carried forward."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any

from royalties.rules import accounts, record, withholding
from royalties.rules.accounts import GuaranteeQuestion, RecoupQuestion, ReserveQuestion
from royalties.rules.refusals import NoTaxRule
from royalties.rules.splits import Of, SplitStep
from royalties.rules.terms import Version
from royalties.rules.withholding import PayoutQuestion, Taxpayer, WithholdingQuestion
from royalties.simulation.scenario import Contract, Guarantee, Period, Reserve
from royalties.simulation.world import Line, Movement, Statement, World

_RESERVED = frozenset({"sale", "premium", "refund"})


@dataclass(slots=True)
class HeldMoney:
    reserve: str
    payee: str
    amount_minor: int
    release: str  # id of a period, empty: after the file ends


@dataclass(slots=True)
class Account:
    """One contract in one currency, through all periods. `debts` are what a payee was overpaid."""

    ref: str
    currency: str
    contract: Contract | None
    debts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    advances: dict[str, int] = field(default_factory=dict)
    held: list[HeldMoney] = field(default_factory=list)
    earned: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # guarantee and payee → since it began
    topped_up: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    periods: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unpaid: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # in the payee's balance, from here
    available: dict[str, int] = field(default_factory=dict)  # of the running period

    @property
    def joint(self) -> str | None:
        return self.contract.joint_account if self.contract else None


class Closing:
    """All accounts, closed period by period."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts: dict[tuple[str, str], Account] = {}
        self.closings: dict[tuple[str, str], int] = {}
        self.unattributed: dict[tuple[str, str], int] = defaultdict(int)  # previous balances of no contract, unpaid
        scenario = world.scenario
        for contract in scenario.contracts:
            for currency in _currencies(contract):
                self._account(contract.id, currency)
        for balance in scenario.previous_balances:
            key = balance.payee, balance.amount.currency
            if balance.contract is None:
                world.balances[key] += balance.amount.minor
                self.unattributed[key] += max(balance.amount.minor, 0)
            else:
                self._account(balance.contract, balance.amount.currency).debts[balance.payee] -= balance.amount.minor
            self.closings[key] = self.closings.get(key, 0) + balance.amount.minor

    def close(self, period: Period, place: int) -> Iterator[Statement]:
        """Everybody's statement of the period, by payee and currency."""
        lines = [line for line in self.world.lines if line.period == period.id]
        movements: list[Movement] = []
        for account in self._accounts(lines):
            own = [line for line in lines if (line.contract, line.currency) == (account.ref, account.currency)]
            movements += _earn(account, own, period, place, [one.id for one in self.world.scenario.periods])
        for account in self._accounts():
            movements += _recover(account, [account], period)
        for account in self._accounts():
            movements += _recover(account, self._joined(account), period)
        for account in self._accounts():
            self._settle(account)
        for line in lines:
            if not line.contract:  # a bonus is nobody's account
                self.world.balances[line.payee, line.currency] += line.amount_minor
        for payee, currency in self._holders(lines, movements):
            yield self._statement(period, payee, currency, lines, movements)

    def _account(self, ref: str, currency: str) -> Account:
        key = ref, currency
        if key not in self.accounts:
            contract = next((one for one in self.world.scenario.contracts if one.id == ref), None)
            account = Account(ref, currency, contract)
            for advance in contract.advances if contract else ():
                if advance.amount.currency == currency:
                    account.advances[advance.id] = advance.amount.minor - advance.recouped_minor
            for reserve in contract.reserves if contract else ():
                account.held += [
                    HeldMoney(reserve.id, opening.payee, opening.amount.minor, opening.release)
                    for opening in reserve.opening
                    if opening.amount.currency == currency
                ]
            self.accounts[key] = account
        return self.accounts[key]

    def _accounts(self, lines: list[Line] | None = None) -> list[Account]:
        for line in lines or ():
            if line.contract:
                self._account(line.contract, line.currency)
        return [self.accounts[key] for key in sorted(self.accounts)]

    def _joined(self, account: Account) -> list[Account]:
        if account.joint is None:
            return []
        return [
            other
            for other in self._accounts()
            if other is not account and other.joint == account.joint and other.currency == account.currency
        ]

    def _settle(self, account: Account) -> None:
        """What is left over is the payee's. What is missing comes from what the account gave and was not paid out yet;

        beyond it, it is a debt of this account, never a claim in cash.
        """
        for payee, amount in account.available.items():
            key = payee, account.currency
            if amount >= 0:
                account.unpaid[payee] += amount
                self.world.balances[key] += amount
                continue
            taken = min(-amount, account.unpaid[payee])
            account.unpaid[payee] -= taken
            if self._is_only_account(account, payee):
                older = min(-amount - taken, self.unattributed[key])
                self.unattributed[key] -= older
                taken += older
            self.world.balances[key] -= taken
            account.debts[payee] += -amount - taken
        account.available = {}

    def _is_only_account(self, account: Account, payee: str) -> bool:
        """Then a previous balance that names no contract is this one's."""
        others = (other for other in self._accounts() if other is not account and other.currency == account.currency)
        return not any(_knows(other, payee) for other in others)

    def _holders(self, lines: list[Line], movements: list[Movement]) -> list[tuple[str, str]]:
        found = {(line.payee, line.currency) for line in lines}
        found |= {(movement.payee, movement.currency) for movement in movements}
        return sorted(found | set(self.closings))

    def _statement(
        self, period: Period, payee: str, currency: str, lines: list[Line], movements: list[Movement]
    ) -> Statement:
        key = payee, currency
        opening = self.closings.get(key, 0)
        payout = self._payout(period, payee, currency)
        paid = payout["gross_minor"] if payout else 0
        self.world.balances[key] -= paid
        if paid:
            self.unattributed[key] = 0
            for account in self._accounts():
                if account.currency == currency:
                    account.unpaid[payee] = 0
        debts = sum(account.debts.get(payee, 0) for account in self._accounts() if account.currency == currency)
        self.closings[key] = self.world.balances[key] - debts
        return Statement(
            period=period,
            payee=payee,
            currency=currency,
            opening_minor=opening,
            closing_minor=self.closings[key],
            lines=tuple(line for line in lines if (line.payee, line.currency) == key),
            movements=tuple(one for one in movements if (one.payee, one.currency) == key),
            accounts=tuple(
                _position(a, payee, self.world) for a in self._accounts() if a.currency == currency and _knows(a, payee)
            ),
            escrow_minor=sum(
                line.amount_minor for line in self.world.lines if line.in_escrow and (line.payee, line.currency) == key
            ),
            payout=payout,
            paid_minor=paid,
        )

    def _payout(self, period: Period, payee_ref: str, currency: str) -> dict[str, Any] | None:
        """What is paid on the payment date; None when the file pays nothing out.

        :raises NoTaxRule: the payee is to be paid, and no rule of withholding is known.
        """
        scenario, payee = self.world.scenario, self.world.scenario.payees[payee_ref]
        if scenario.payout is None:
            return None
        own = payee.threshold
        threshold = own.minor if own and own.currency == currency else scenario.payout.thresholds.get(currency, 0)
        question = PayoutQuestion(self.world.balances[payee_ref, currency], threshold)
        gross = withholding.payout(question)
        told: dict[str, Any] = {
            "date": period.payment_date,
            "threshold_minor": threshold,
            "balance_minor": question.balance_minor,
            "gross_minor": gross,
            "inputs": record.dump(question),
        }
        if not gross:
            return told
        if payee.country is None:
            raise NoTaxRule(f"payee {payee_ref} is to be paid, and no country of residence is known")
        day = period.payment_date
        taxpayer = Taxpayer(
            payee_ref,
            payee.country,
            tax_id_valid=payee.tax_id is not None and payee.tax_id.holds(day),
            treaty_proven=payee.treaty is not None and payee.treaty.holds(day),
        )
        rule = withholding.rule_for(
            scenario.withholding_rules, payer_country=scenario.payout.country, payee=taxpayer, on=day, currency=currency
        )
        tax_question = WithholdingQuestion(gross, rule.rate, rule.base, rule.from_minor)
        tax = withholding.withheld(tax_question)
        return told | {"rule": rule, "withheld_minor": tax, "tax_inputs": record.dump(tax_question)}


def _currencies(contract: Contract) -> set[str]:
    named = {contract.currency} if contract.currency else set()
    named |= {advance.amount.currency for advance in contract.advances}
    named |= {guarantee.amount.currency for guarantee in contract.guarantees}
    return named | {opening.amount.currency for reserve in contract.reserves for opening in reserve.opening}


def _earn(account: Account, lines: list[Line], period: Period, place: int, names: list[str]) -> Iterator[Movement]:
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


def _recover(account: Account, givers: list[Account], period: Period) -> Iterator[Movement]:
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


def _knows(account: Account, payee: str) -> bool:
    if account.debts.get(payee) or any(one.payee == payee for one in account.held):
        return True
    if account.contract is None:
        return False
    return any(step.payee == payee for version in account.contract.versions for step in version.splits)


def _position(account: Account, payee: str, world: World) -> Mapping[str, Any]:
    """Where the payee's account with the contract stands at the end of the period."""
    return {
        "contract": account.ref,
        "debt_minor": account.debts.get(payee, 0),
        "unrecouped_minor": sum(account.advances.values()),
        "reserve_minor": sum(one.amount_minor for one in account.held if one.payee == payee),
        "copies_held": sum(held.quantity for held in world.held if held.covering.ref == account.ref),
    }
