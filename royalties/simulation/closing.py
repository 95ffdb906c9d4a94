"""The end of a period: from a contract's earnings to what is payable, paid out, and carried forward."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from royalties.rules import record, withholding
from royalties.rules.refusals import NoTaxRule
from royalties.rules.withholding import PayoutQuestion, Taxpayer, WithholdingQuestion
from royalties.simulation.account import Account, HeldMoney, currencies, knows, position
from royalties.simulation.earnings import earn, recover
from royalties.simulation.scenario import Period
from royalties.simulation.world import Line, Movement, Statement, World


class Closing:
    """All accounts, closed period by period."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts: dict[tuple[str, str], Account] = {}
        self.closings: dict[tuple[str, str], int] = {}
        self.unattributed: dict[tuple[str, str], int] = defaultdict(int)  # previous balances of no contract, unpaid
        scenario = world.scenario
        for contract in scenario.contracts:
            for currency in currencies(contract):
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
            movements += earn(account, own, period, place, [one.id for one in self.world.scenario.periods])
        for account in self._accounts():
            movements += recover(account, [account], period)
        for account in self._accounts():
            movements += recover(account, self._joined(account), period)
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
        return not any(knows(other, payee) for other in others)

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
                position(a, payee, self.world) for a in self._accounts() if a.currency == currency and knows(a, payee)
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
