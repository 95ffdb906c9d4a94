"""From a scenario's JSON, known to fit the schema, to facts. Pure."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from billing.exchange import Leg
from billing.money import exact_rate, round_half_up
from royalties import periods
from royalties.rules.bases import Tax
from royalties.rules.pages import Boost, Cap, CapPer
from royalties.rules.pools import Idle, PoolRule, RuleKind
from royalties.rules.shares import State
from royalties.rules.terms import Kind
from royalties.rules.withholding import Residence, TaxRule
from royalties.simulation import scenario as facts
from royalties.simulation import terms_reading, text
from royalties.simulation.refusals import BadScenario
from royalties.simulation.scenario import Scenario
from royalties.simulation.values import (
    Json,
    after,
    amount,
    at,
    day,
    in_currency,
    known,
    once,
    price,
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
    pools = _pools(data, [period.id for period in found_periods])
    return Scenario(
        title=data.get("title", ""),
        periods=found_periods,
        payees=payees,
        books=books,
        contracts=tuple(sorted(contracts, key=lambda contract: contract.id)),
        default_rates=_default_rates(data),
        sales=_distinct((*_sales(data, books), *_tips(data, books))),
        refunds=_refunds(data, books),
        bonuses=_bonuses(data, payees),
        pools=pools,
        reads=_reads(data, {pool.id for pool in pools}, books),
        read_before=_read_before(data),
        verdicts=_verdicts(data, {pool.id for pool in pools}),
        exchange_legs=_legs(data),
        withholding_rules=_withholding_rules(data),
        vat_rules=_vat_rules(data),
        previous_balances=_balances(data, payees, {contract.id for contract in contracts}),
        payout=_payout(data),
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


def _default_rates(data: Json) -> tuple[facts.DefaultRate, ...]:
    found = []
    for path, entry in once(data, "default_rates"):
        with at(path):
            if rate(entry["rate"]) > 1:
                raise ValueError("a rate is between 0 and 1")
            found.append(facts.DefaultRate(Kind(entry["kind"]), rate(entry["rate"]), term(entry)))
    return tuple(found)


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


def _pools(data: Json, period_ids: Collection[str]) -> tuple[facts.PoolTerms, ...]:
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


def _reads(data: Json, pools: Collection[str], books: Collection[str]) -> tuple[facts.Read, ...]:
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


def _read_before(data: Json) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for entry in data.get("read_before", ()):
        key = entry["reader"], entry["book"]
        found[key] = found.get(key, 0) + entry["pages"]
    return found


def _verdicts(data: Json, pools: Collection[str]) -> tuple[facts.Verdict, ...]:
    found = []
    for path, entry in once(data, "verdicts"):
        with at(path):
            known(entry["pool"], pools, "pool")
            state = State(entry["verdict"])
            found.append(
                facts.Verdict(entry["id"], day(entry["date"]), entry["pool"], entry["reader"], entry.get("book"), state)
            )
    return tuple(found)


def _legs(data: Json) -> tuple[Leg, ...]:
    found: dict[tuple[str, str, date], Leg] = {}
    for path, entry in once(data, "exchange_rates"):
        with at(path):
            key = entry["from"], entry["to"], day(entry["date"])
            leg = Leg(*key[:2], exact_rate(Fraction(entry["rate"])), key[2], entry["source"])
            if found.setdefault(key, leg) != leg:
                raise ValueError("two rates for one pair and day")
    return tuple(sorted(found.values()))


def _withholding_rules(data: Json) -> tuple[TaxRule, ...]:
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


def _vat_rules(data: Json) -> tuple[facts.VatRule, ...]:
    rules = []
    for path, entry in once(data, "tax_rules"):
        if entry["kind"] == "vat":
            with at(path):
                tax = Tax(entry["name"], rate(entry["rate"]))
                formats = tuple(sorted(entry.get("formats", ())))
                rules.append(facts.VatRule(entry["id"], entry["country"], tax, term(entry), formats))
    return tuple(sorted(rules, key=lambda rule: rule.id))


def _balances(data: Json, payees: Collection[str], contracts: Collection[str]) -> tuple[facts.PreviousBalance, ...]:
    found = []
    for path, entry in once(data, "previous_balances"):
        with at(path):
            known(entry["payee"], payees, "payee")
            balance, contract = amount(entry["amount"]), entry.get("contract")
            if contract is not None and (known(contract, contracts, "contract"), balance.minor)[1] > 0:
                raise ValueError("a balance of a contract is a debt; what is owed to a payee belongs to no contract")
            found.append(facts.PreviousBalance(entry["payee"], balance, contract))
    return tuple(found)


def _payout(data: Json) -> facts.Payout | None:
    if "payout" not in data:
        return None
    with at("$.payout"):
        least = [amount(entry) for entry in data["payout"].get("thresholds", ())]
        return facts.Payout(data["payout"]["country"], {one.currency: one.minor for one in least})
