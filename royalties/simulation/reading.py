"""From a scenario's JSON, known to fit the schema, to facts. Pure."""

from collections.abc import Collection
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from royalties import periods
from royalties.rules.bases import Tax
from royalties.rules.terms import Kind
from royalties.simulation import pools_reading, rules_reading, terms_reading, text
from royalties.simulation import scenario as facts
from royalties.simulation.refusals import BadScenario
from royalties.simulation.scenario import Scenario
from royalties.simulation.values import (
    Json,
    amount,
    at,
    day,
    in_currency,
    known,
    once,
    rate,
    term,
)


def read(content: bytes) -> Scenario:
    """
    :raises BadScenario: the file is no scenario; the message has the path of each problem.
    """
    data = text.parse(content)
    found_periods = _periods(data)
    payees = {}
    for path, entry in once(data, "payees"):
        with at(path):
            payees[entry["id"]] = _payee(entry)
    books = {}
    for path, entry in once(data, "books"):
        with at(path):
            books[entry["id"]] = _book(entry, payees)
    contracts = tuple(
        terms_reading.contract(entry, path, books=books, payees=payees) for path, entry in once(data, "contracts")
    )
    pools = pools_reading.pools(data, [period.id for period in found_periods])
    return Scenario(
        title=data.get("title", ""),
        periods=found_periods,
        payees=payees,
        books=books,
        contracts=tuple(sorted(contracts, key=lambda contract: contract.id)),
        default_rates=rules_reading.default_rates(data),
        sales=_distinct((*_sales(data, books), *_tips(data, books))),
        refunds=_refunds(data, books),
        bonuses=_bonuses(data, payees),
        pools=pools,
        reads=pools_reading.reads(data, {pool.id for pool in pools}, books),
        read_before=pools_reading.read_before(data),
        verdicts=pools_reading.verdicts(data, {pool.id for pool in pools}),
        exchange_legs=rules_reading.legs(data),
        withholding_rules=rules_reading.withholding_rules(data),
        vat_rules=rules_reading.vat_rules(data),
        previous_balances=rules_reading.balances(data, payees, {contract.id for contract in contracts}),
        payout=rules_reading.payout(data),
    )


def _periods(data: Json) -> tuple[facts.Period, ...]:
    found = []
    for place, entry in enumerate(data["periods"]):
        with at(f"$.periods[{place}]"):
            found.append(_period(entry))
    for one, other in pairwise(found):
        if one.last_day >= other.start:
            raise BadScenario([f"$.periods: {one.id} and {other.id} overlap or are out of order"])
    return tuple(found)


def _period(entry: str | Json) -> facts.Period:
    if isinstance(entry, str):
        start, end = (periods.day_of(moment) for moment in periods.bounds(entry))
        last = end - timedelta(days=1)
        return facts.Period(entry, start, last, last)
    start, last = day(entry["from"]), day(entry["to"])
    if last < start or last == date.max:
        raise ValueError("ends before it begins, or never")
    return facts.Period(entry["id"], start, last, day(entry["payment_date"]) if "payment_date" in entry else last)


def _payee(data: Json) -> facts.Payee:
    return facts.Payee(
        id=data["id"],
        name=data.get("name", data["id"]),
        country=data.get("country"),
        tax_id=term(data["tax_id"]) if "tax_id" in data else None,
        treaty=term(data["treaty"]) if "treaty" in data else None,
        threshold=amount(data["threshold"]) if "threshold" in data else None,
    )


def _book(data: Json, payees: Collection[str]) -> facts.Book:
    return facts.Book(
        id=data["id"],
        title=data.get("title", data["id"]),
        format=data.get("format", ""),
        language=data.get("language", ""),
        pages=data.get("pages"),
        size_mb=Fraction(data["size_mb"]) if "size_mb" in data else None,
        splits=terms_reading.split_steps(data["splits"], payees) if "splits" in data else (),
    )


def _sales(data: Json, books: Collection[str]) -> tuple[facts.Sale, ...]:
    found = []
    for path, entry in once(data, "sales"):
        with at(path):
            found.append(_sale(entry, books, entry.get("quantity", 1)))
    return tuple(found)


def _distinct(sales: tuple[facts.Sale, ...]) -> tuple[facts.Sale, ...]:
    """A refund names a sale or a tip by its id alone."""
    names = [sale.id for sale in sales]
    if twice := sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
        raise BadScenario([f"$.tips: id {twice[0]!r} is a sale's too"])
    return sales


def _sale(data: Json, books: Collection[str], quantity: int) -> facts.Sale:
    known(data["book"], books, "book")
    priced = next(data[key] for key in ("received", "price", "list_price") if key in data)
    currency = priced["currency"]
    paid = in_currency(priced, currency) * (1 if "received" in data else quantity)
    listed = next((data[key] for key in ("list_price", "price") if key in data), None)
    unit_list = Fraction(in_currency(listed, currency)) if listed else Fraction(paid, quantity)
    return facts.Sale(
        id=data["id"],
        kind=Kind(data.get("kind", Kind.SALE)),
        book=data["book"],
        quantity=quantity,
        currency=currency,
        list_minor=unit_list * quantity,
        paid_minor=Fraction(paid),
        unit_list_minor=unit_list,
        day=day(data["date"]),
        reported_on=day(data.get("reported_on", data["date"])),
        taxes=tuple(_tax(entry, currency) for entry in data["taxes"]) if "taxes" in data else None,
        tax_included=data.get("tax_included", True),
        fee_minor=in_currency(data["fee"], currency) if "fee" in data else 0,
        costs={name: Fraction(in_currency(cost, currency)) for name, cost in data.get("costs", {}).items()},
        discount=rate(data["discount"]) if "discount" in data else None,
        territory=data.get("territory", ""),
        channel=data.get("channel", ""),
        counts=data.get("counts", True) and paid > 0,  # a free copy climbs no ladder
    )


def _tax(data: Json, currency: str) -> Tax:
    invoiced = Fraction(in_currency(data["amount"], currency)) if "amount" in data else None
    return Tax(data["name"], rate(data["rate"]), invoiced)


def _tips(data: Json, books: Collection[str]) -> tuple[facts.Sale, ...]:
    found = []
    for path, entry in once(data, "tips"):
        with at(path):
            as_sale = {key: value for key, value in entry.items() if key != "amount"}
            found.append(_sale({"taxes": [], **as_sale, "price": entry["amount"], "kind": "tip"}, books, 1))
    return tuple(found)


def _refunds(data: Json, books: Collection[str]) -> tuple[facts.Refund, ...]:
    found = []
    sales = {entry["id"] for _, entry in (*once(data, "sales"), *once(data, "tips"))}
    for path, entry in once(data, "refunds"):
        with at(path):
            if "sale" in entry:
                known(entry["sale"], sales, "sale")
            else:
                known(entry["book"], books, "book")
            priced = "book" in entry and ("price" in entry or "list_price" in entry)
            found.append(
                facts.Refund(
                    id=entry["id"],
                    day=day(entry["date"]),
                    quantity=entry.get("quantity"),
                    sale=entry.get("sale"),
                    book=entry.get("book"),
                    territory=entry.get("territory", ""),
                    channel=entry.get("channel", ""),
                    earlier=_sale(entry, books, entry["quantity"]) if priced else None,
                )
            )
    return tuple(found)


def _bonuses(data: Json, payees: Collection[str]) -> tuple[facts.Bonus, ...]:
    found = []
    for path, entry in once(data, "bonuses"):
        with at(path):
            known(entry["payee"], payees, "payee")
            granted, part = amount(entry["amount"]), rate(entry.get("rate", "1"))
            if granted.minor < 0 or part > 1:
                raise ValueError("a bonus is given, and at most all of it")
            found.append(
                facts.Bonus(entry["id"], entry["payee"], granted, part, day(entry["date"]), entry.get("reason", ""))
            )
    return tuple(found)
