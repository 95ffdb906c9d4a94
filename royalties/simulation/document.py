"""What a simulation prints: statements and lines as one canonical JSON. Pure; the same result gives the same bytes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from billing.money import plain
from royalties.rules.withholding import TaxRule
from royalties.simulation import explanation
from royalties.simulation.running import Result
from royalties.simulation.world import Line, Movement, Statement, World

FORMAT = "coko-royalties-simulation/1"


def compose(result: Result) -> dict[str, Any]:
    """The whole document."""
    world = result.world
    return {
        "format": FORMAT,
        "title": world.scenario.title,
        "statements": [_statement(world, one) for one in result.statements],
        "lines": [_line(world, line) for line in world.lines],
        "pools": world.pools,
        "counters": [
            {"counter": "/".join(key), "by": key[0], "at": str(value)} for key, value in sorted(world.counters.items())
        ],
    }


def text(document: Mapping[str, Any]) -> str:
    """As it is printed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def money(minor: int, currency: str) -> dict[str, str]:
    return {"amount": plain(minor, currency), "currency": currency}


def _line(world: World, line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": line.id,
        "period": line.period,
        "date": str(line.day),
        "kind": line.kind,
        "event": line.event,
        "payee": line.payee,
        "amount": money(line.amount_minor, line.currency),
        "in_escrow": line.in_escrow,
    }
    if line.book:
        told |= {
            "book": line.book,
            "contract": line.contract,
            "version": line.version,
            "clause": line.clause,
            "clause_text": _clause_text(world, line),
            "units": line.units,
        }
    if line.note:
        told["note"] = line.note
    return told | {
        "explanation": {
            "question": line.question,
            "inputs": line.inputs,
            "steps": explanation.steps(line.question, line.inputs, payee=line.payee, currency=line.currency),
        }
    }


def _clause_text(world: World, line: Line) -> str:
    for contract in world.scenario.contracts:
        for version in contract.versions if contract.id == line.contract else ():
            for clause in version.clauses if version.number == line.version else ():
                if clause.id == line.clause:
                    return clause.text
    return ""


def _statement(world: World, statement: Statement) -> dict[str, Any]:
    currency = statement.currency
    moved: dict[str, int] = defaultdict(int)
    for movement in statement.movements:
        moved[movement.kind] += movement.amount_minor
    earned = sum(line.amount_minor for line in statement.lines if not line.in_escrow)
    payee = world.scenario.payees[statement.payee]
    amounts = {
        "opening": statement.opening_minor,
        "earned": earned,
        "guarantee": moved["guarantee"],
        "reserve_held": moved["reserve_held"],
        "reserve_released": moved["reserve_released"],
        "advance_recouped": moved["advance_recouped"],
        "payable": earned + sum(moved.values()),
        "paid": statement.paid_minor,
        "closing": statement.closing_minor,
        "in_escrow": statement.escrow_minor,
    }
    return {
        "period": statement.period.id,
        "payee": {"id": payee.id, "name": payee.name},
        "currency": currency,
        **{name: money(amount, currency) for name, amount in amounts.items()},
        "books": list(_books(world, statement)),
        "contracts": [_position(position, currency) for position in statement.accounts],
        "movements": [_movement(movement) for movement in statement.movements],
        "payout": _payout(statement),
        "lines": [line.id for line in statement.lines],
        "checks": list(_checks(statement, amounts)),
    }


def _books(world: World, statement: Statement) -> Iterable[dict[str, Any]]:
    """Gross, returns and net apart: returns are never hidden in a net figure."""
    grouped: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in statement.lines:
        if line.book:
            grouped[line.book, line.contract].append(line)
    for (book, contract), lines in sorted(grouped.items()):
        sold = sum(line.units for line in lines if line.units > 0)
        returned = -sum(line.units for line in lines if line.units < 0)
        payable = [line for line in lines if not line.in_escrow]
        yield {
            "book": book,
            "title": world.scenario.books[book].title,
            "contract": contract,
            "units": {"sold": sold, "returned": returned, "net": sold - returned},
            "amounts": {
                kind: money(sum(line.amount_minor for line in payable if line.kind == kind), statement.currency)
                for kind in sorted({line.kind for line in payable})
            },
            "amount": money(sum(line.amount_minor for line in payable), statement.currency),
        }


def _position(position: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "contract": position["contract"],
        "debt_carried": money(position["debt_minor"], currency),
        "advance_unrecouped": money(position["unrecouped_minor"], currency),
        "reserve_balance": money(position["reserve_minor"], currency),
        "copies_held": position["copies_held"],
    }


def _movement(movement: Movement) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": movement.kind,
        "of": movement.source,
        "contract": movement.contract,
        "amount": money(movement.amount_minor, movement.currency),
    }
    if movement.kind == "reserve_held":
        told["release"] = movement.note
    elif movement.note:
        told["note"] = movement.note
    if movement.question != "given":
        told["explanation"] = {"question": movement.question, "inputs": movement.inputs}
    return told


def _payout(statement: Statement) -> dict[str, Any] | None:
    payout, currency = statement.payout, statement.currency
    if payout is None:
        return None
    told: dict[str, Any] = {
        "date": str(payout["date"]),
        "status": "paid" if payout["gross_minor"] else "carried_forward",
        "threshold": money(payout["threshold_minor"], currency),
        "gross": money(payout["gross_minor"], currency),
        "explanation": {"question": "payout", "inputs": payout["inputs"]},
    }
    if payout["gross_minor"]:
        rule: TaxRule = payout["rule"]
        told["withholding"] = {
            "amount": money(payout["withheld_minor"], currency),
            "rule": rule.id,
            "reference": rule.reference,
            "rate": str(rule.rate),
            "explanation": {"question": "withholding", "inputs": payout["tax_inputs"]},
        }
        told["net"] = money(payout["gross_minor"] - payout["withheld_minor"], currency)
    return told


def _checks(statement: Statement, amounts: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    closing = amounts["opening"] + amounts["payable"] - amounts["paid"]
    off = [line.id for line in statement.lines if _again(line) != line.amount_minor]
    off_movements = [m.source for m in statement.movements if m.question != "given" and _again(m) != m.amount_minor]
    yield _check("closing_adds_up", "" if closing == amounts["closing"] else f"{closing} minor units")
    yield _check("lines_recompute", ", ".join(off))
    yield _check("movements_recompute", ", ".join(off_movements))
    yield _check("nothing_claimed_in_cash", "" if amounts["paid"] >= 0 else f"{amounts['paid']} minor units")


def _again(of: Line | Movement) -> int:
    return explanation.amount(of.question, of.inputs, of.payee)


def _check(rule: str, failing: str) -> dict[str, Any]:
    return {"rule": rule, "holds": not failing, "detail": failing}
