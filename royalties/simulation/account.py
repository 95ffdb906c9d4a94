"""One contract's account in one currency, through all periods of a simulation."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from royalties.simulation.scenario import Contract
from royalties.simulation.world import World


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


def currencies(contract: Contract) -> set[str]:
    named = {contract.currency} if contract.currency else set()
    named |= {advance.amount.currency for advance in contract.advances}
    named |= {guarantee.amount.currency for guarantee in contract.guarantees}
    return named | {opening.amount.currency for reserve in contract.reserves for opening in reserve.opening}


def knows(account: Account, payee: str) -> bool:
    if account.debts.get(payee) or any(one.payee == payee for one in account.held):
        return True
    if account.contract is None:
        return False
    return any(step.payee == payee for version in account.contract.versions for step in version.splits)


def position(account: Account, payee: str, world: World) -> Mapping[str, Any]:
    """Where the payee's account with the contract stands at the end of the period."""
    return {
        "contract": account.ref,
        "debt_minor": account.debts.get(payee, 0),
        "unrecouped_minor": sum(account.advances.values()),
        "reserve_minor": sum(one.amount_minor for one in account.held if one.payee == payee),
        "copies_held": sum(held.quantity for held in world.held if held.covering.ref == account.ref),
    }
