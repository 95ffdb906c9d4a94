"""Pools of a scenario, what was read for them, and later verdicts: from JSON to facts. Pure."""

from collections.abc import Collection, Mapping
from fractions import Fraction

from billing.money import round_half_up
from royalties.rules.pages import Boost, Cap, CapPer
from royalties.rules.pools import Idle, PoolRule, RuleKind
from royalties.rules.shares import State
from royalties.simulation import scenario as facts
from royalties.simulation.values import (
    Json,
    at,
    day,
    in_currency,
    known,
    once,
    price,
    rate,
)


def pools(data: Json, period_ids: Collection[str]) -> tuple[facts.PoolTerms, ...]:
    found: list[facts.PoolTerms] = []
    seen: dict[tuple[str, str, str], str] = {}
    for path, entry in once(data, "pools"):
        with at(path):
            key = entry["period"], entry["country"], entry["currency"]
            if key in seen:
                raise ValueError(f"pool {seen[key]} is of the same period, country and currency")
            seen[key] = entry["id"]
            known(entry["period"], period_ids, "period")
            found.append(_pool(entry))
    return tuple(found)


def _pool(data: Json) -> facts.PoolTerms:
    currency = data["currency"]
    fees: dict[str, Fraction] = {}
    for entry in data.get("fees", ()):
        if entry["reader"] in fees:
            raise ValueError(f"reader {entry['reader']} brings fees twice")
        fees[entry["reader"]] = Fraction(in_currency(entry["amount"], currency))
    if any(fee < 0 for fee in fees.values()):
        raise ValueError("a fee is not negative")
    rule = _pool_rule(data["rule"], currency)
    return facts.PoolTerms(
        id=data["id"],
        period=data["period"],
        country=data["country"],
        currency=currency,
        amount_minor=_pool_amount(data, fees, is_sum=rule.price_minor is None),
        fees=fees,
        rule=rule,
        others=data.get("other_pages", 0),
        normaliser=data.get("normaliser", ""),
    )


def _pool_amount(data: Json, fees: Mapping[str, Fraction], *, is_sum: bool) -> int:
    given = ("amount" in data) + ("share" in data)
    if given != is_sum:
        raise ValueError(
            "a pool to divide has either an `amount` or a `share` of its fees; units and hours have neither"
        )
    if "amount" in data:
        total = in_currency(data["amount"], data["currency"])
    else:
        total = round_half_up(rate(data.get("share", "0")) * sum(fees.values(), start=Fraction(0)))
    if total < 0:
        raise ValueError("a pool is not negative")
    return total


def _pool_rule(data: Json, currency: str) -> PoolRule:
    cap, boost = data.get("cap"), data.get("boost")
    if "price" in data and data["price"]["currency"] != currency:
        raise ValueError(f"the price is in {data['price']['currency']}, the pool in {currency}")
    return PoolRule(
        kind=RuleKind(data["kind"]),
        alpha=rate(data["alpha"]) if "alpha" in data else None,
        idle=Idle(data["idle"]) if "idle" in data else None,
        cap=Cap(CapPer(cap["per"]), Fraction(cap["amount"]), cap.get("lifetime", False)) if cap else None,
        weights={book: Fraction(factor) for book, factor in data.get("weights", {}).items()},
        boost=Boost(Fraction(boost["amount"]), boost["readers"], Fraction(boost["factor"])) if boost else None,
        threshold=rate(data["threshold"]) if "threshold" in data else None,
        price_minor=price(data["price"]) if "price" in data else None,
    )


def reads(data: Json, pools: Collection[str], books: Collection[str]) -> tuple[facts.Read, ...]:
    found = []
    for path, entry in once(data, "reads"):
        with at(path):
            ranges = tuple((first, last) for first, last in entry.get("ranges", ()))
            if any(last < first for first, last in ranges):
                raise ValueError("a range ends before it begins")
            found.append(
                facts.Read(
                    pool=known(entry["pool"], pools, "pool"),
                    reader=entry["reader"],
                    book=known(entry["book"], books, "book"),
                    amount=entry.get("pages", entry.get("seconds", 0)),
                    ranges=ranges,
                    weight=Fraction(entry.get("weight", "1")),
                    verdict=State(entry.get("verdict", State.PAYABLE)),
                )
            )
    return tuple(found)


def read_before(data: Json) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for entry in data.get("read_before", ()):
        key = entry["reader"], entry["book"]
        found[key] = found.get(key, 0) + entry["pages"]
    return found


def verdicts(data: Json, pools: Collection[str]) -> tuple[facts.Verdict, ...]:
    found = []
    for path, entry in once(data, "verdicts"):
        with at(path):
            known(entry["pool"], pools, "pool")
            state = State(entry["verdict"])
            found.append(
                facts.Verdict(entry["id"], day(entry["date"]), entry["pool"], entry["reader"], entry.get("book"), state)
            )
    return tuple(found)
