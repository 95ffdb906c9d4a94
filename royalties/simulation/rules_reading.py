"""Rates, tax rules, balances and payouts of a scenario: from JSON to facts. Pure."""

from collections.abc import Collection
from datetime import date
from fractions import Fraction

from billing.exchange import Leg
from billing.money import exact_rate
from royalties.rules.bases import Tax
from royalties.rules.terms import Kind
from royalties.rules.withholding import Residence, TaxRule
from royalties.simulation import scenario as facts
from royalties.simulation.values import (
    Json,
    after,
    amount,
    at,
    day,
    known,
    once,
    rate,
    term,
)


def default_rates(data: Json) -> tuple[facts.DefaultRate, ...]:
    found = []
    for path, entry in once(data, "default_rates"):
        with at(path):
            if rate(entry["rate"]) > 1:
                raise ValueError("a rate is between 0 and 1")
            found.append(facts.DefaultRate(Kind(entry["kind"]), rate(entry["rate"]), term(entry)))
    return tuple(found)


def legs(data: Json) -> tuple[Leg, ...]:
    found: dict[tuple[str, str, date], Leg] = {}
    for path, entry in once(data, "exchange_rates"):
        with at(path):
            key = entry["from"], entry["to"], day(entry["date"])
            leg = Leg(*key[:2], exact_rate(Fraction(entry["rate"])), key[2], entry["source"])
            if found.setdefault(key, leg) != leg:
                raise ValueError("two rates for one pair and day")
    return tuple(sorted(found.values()))


def withholding_rules(data: Json) -> tuple[TaxRule, ...]:
    found = []
    for path, entry in once(data, "tax_rules"):
        if entry["kind"] != "withholding":
            continue
        with at(path):
            least = amount(entry["from_amount"]) if "from_amount" in entry else None
            if rate(entry["rate"]) > 1 or rate(entry.get("base", "1")) > 1:
                raise ValueError("more than everything cannot be withheld")
            found.append(
                TaxRule(
                    id=entry["id"],
                    country=entry["country"],
                    rate=rate(entry["rate"]),
                    reference=entry["reference"],
                    valid_from=day(entry["from"]),
                    valid_to=after(entry.get("to")),
                    residence=Residence(entry["residence"]) if "residence" in entry else None,
                    payee_countries=tuple(sorted(entry.get("payee_countries", ()))),
                    tax_id=entry.get("tax_id"),
                    treaty=entry.get("treaty", False),
                    from_minor=least.minor if least else 0,
                    currency=least.currency if least else "",
                    base=rate(entry.get("base", "1")),
                )
            )
    return tuple(found)


def vat_rules(data: Json) -> tuple[facts.VatRule, ...]:
    rules = []
    for path, entry in once(data, "tax_rules"):
        if entry["kind"] == "vat":
            with at(path):
                tax = Tax(entry["name"], rate(entry["rate"]))
                formats = tuple(sorted(entry.get("formats", ())))
                rules.append(facts.VatRule(entry["id"], entry["country"], tax, term(entry), formats))
    return tuple(sorted(rules, key=lambda rule: rule.id))


def balances(data: Json, payees: Collection[str], contracts: Collection[str]) -> tuple[facts.PreviousBalance, ...]:
    found = []
    for path, entry in once(data, "previous_balances"):
        with at(path):
            known(entry["payee"], payees, "payee")
            balance, contract = amount(entry["amount"]), entry.get("contract")
            if contract is not None and (known(contract, contracts, "contract"), balance.minor)[1] > 0:
                raise ValueError("a balance of a contract is a debt; what is owed to a payee belongs to no contract")
            found.append(facts.PreviousBalance(entry["payee"], balance, contract))
    return tuple(found)


def payout(data: Json) -> facts.Payout | None:
    if "payout" not in data:
        return None
    with at("$.payout"):
        least = [amount(entry) for entry in data["payout"].get("thresholds", ())]
        return facts.Payout(data["payout"]["country"], {one.currency: one.minor for one in least})
