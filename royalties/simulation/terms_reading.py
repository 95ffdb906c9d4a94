"""Contracts of a scenario: from JSON to the terms the rules know. Pure."""

from collections.abc import Collection
from fractions import Fraction

from royalties.rules import splits, terms
from royalties.rules.accounts import GuaranteeKind
from royalties.rules.bases import Basis, Deduction, DeductionKind, PercentOf
from royalties.rules.splits import Of, SplitStep
from royalties.rules.terms import Clause, CounterScope, Kind, Scope, Version
from royalties.rules.tiers import Ladder, Tier, Trigger
from royalties.simulation.scenario import Advance, Contract, Guarantee, OpeningReserve, Reserve
from royalties.simulation.values import Json, after, amount, at, day, in_currency, known, price, rate, term


def contract(data: Json, path: str, *, books: Collection[str], payees: Collection[str]) -> Contract:
    """
    :raises BadScenario: with the path of what is wrong.
    """
    versions = tuple(
        _version(entry, f"{path}.versions[{place}]", currency=data.get("currency"), payees=payees)
        for place, entry in enumerate(data["versions"])
    )
    with at(path):
        for section, key in (("versions", "version"), ("advances", "id"), ("reserves", "id"), ("guarantees", "id")):
            names = [entry[key] for entry in data.get(section, ())]
            if len(set(names)) < len(names):
                raise ValueError(f"two of the {section} have one {key}")
        terms.refuse_overlaps(versions)
        return Contract(
            id=data["id"],
            title=data.get("title", data["id"]),
            books=frozenset(known(book, books, "book") for book in data["books"]),
            currency=data.get("currency"),
            by_reporting_date=data.get("date_rule") == "reporting_date",
            reading_after_end=data.get("reading_after_end", False),
            joint_account=data.get("joint_account"),
            versions=tuple(sorted(versions, key=lambda version: version.valid_from)),
            advances=tuple(_advance(entry, payees) for entry in data.get("advances", ())),
            reserves=tuple(_reserve(entry, data.get("currency"), payees) for entry in data.get("reserves", ())),
            guarantees=tuple(_guarantee(entry, payees) for entry in data.get("guarantees", ())),
        )


def split_steps(entries: Collection[Json], payees: Collection[str]) -> tuple[SplitStep, ...]:
    """
    :raises BadTerms: the parts make no whole.
    """
    steps = tuple(_split_step(entry, payees) for entry in entries)
    splits.refuse_bad_splits(steps)
    return steps


def _split_step(data: Json, payees: Collection[str]) -> SplitStep:
    of = Of(data.get("of", Of.SHARE))
    if (of is Of.SHARE) != ("weight" in data):
        raise ValueError(f"split of {data['payee']}: a share has a weight, a percentage of {of} a rate")
    part = Fraction(data["weight"]) if of is Of.SHARE else rate(data["rate"])
    return SplitStep(known(data["payee"], payees, "payee"), of, part, data.get("role", ""))


def _version(data: Json, path: str, *, currency: str | None, payees: Collection[str]) -> Version:
    clauses = []
    for place, entry in enumerate(data["clauses"]):
        with at(f"{path}.clauses[{place}]"):
            clauses.append(_clause(entry, currency))
    if len({clause.id for clause in clauses}) < len(clauses):
        with at(path):
            raise ValueError("two clauses have one id")
    with at(path):
        return Version(
            number=data["version"],
            valid_from=day(data["from"]),
            valid_to=after(data.get("to")),
            clauses=tuple(clauses),
            splits=split_steps(data["splits"], payees),
        )


def _clause(data: Json, currency: str | None) -> Clause:
    counter = data.get("counter", {})
    return Clause(
        id=data["id"],
        kind=Kind(data.get("kind", Kind.SALE)),
        scope=scope(data.get("scope", {}), currency),
        basis=Basis(data["basis"]),
        deductions=tuple(_deduction(entry) for entry in data.get("deductions", ())),
        ladder=_ladder(data, counter, currency),
        counter=CounterScope(counter.get("of", CounterScope.CLAUSE)),
        counter_name=counter.get("name", ""),
        counter_per_period=counter.get("per_period", False),
        text=data.get("text", ""),
    )


def scope(data: Json, currency: str | None) -> Scope:
    """Which sales are meant; a band of prices is in the contract's currency."""
    band = data.get("price", {})
    if band and currency is None:
        raise ValueError("a band of prices needs the contract's `currency`")
    low, high = (Fraction(in_currency(band[end], currency or "")) if end in band else None for end in ("from", "to"))
    editions, formats, languages, territories, channels = (
        tuple(sorted(data.get(name, ()))) for name in ("books", "formats", "languages", "territories", "channels")
    )
    return Scope(editions, formats, languages, territories, channels, low, high)


def _deduction(data: Json) -> Deduction:
    kind = DeductionKind(data["kind"])
    if kind is DeductionKind.COST and "name" not in data:
        raise ValueError("a cost is deducted by its name")
    return Deduction(
        kind=kind,
        name=data.get("name", kind.value),
        rate=rate(data["rate"]) if "rate" in data else None,
        per_mb_minor=price(data["per_mb"]) if "per_mb" in data else None,
        minimum_minor=price(data["minimum"]) if "minimum" in data else None,
        currency=data["per_mb"]["currency"] if "per_mb" in data else "",
        of=PercentOf(data.get("of", PercentOf.LEFT)),
    )


def _ladder(data: Json, counter: Json, currency: str | None) -> Ladder:
    trigger = Trigger(counter.get("by", Trigger.UNITS))
    opening = _position(counter.get("opening", _zero(trigger, currency)), trigger, currency)
    if "rate" in data:
        return Ladder(trigger, (Tier(Fraction(0), rate(data["rate"])),), opening)
    *lower, last = data["tiers"]
    if "up_to" in last or any("up_to" not in tier for tier in lower):
        raise ValueError("every tier but the last says how far it goes (`up_to`), the last does not")
    starts = [Fraction(0), *(_position(tier["up_to"], trigger, currency) for tier in lower)]
    rungs = zip(starts, data["tiers"], strict=True)
    return Ladder(trigger, tuple(Tier(start, rate(tier["rate"])) for start, tier in rungs), opening)


def _zero(trigger: Trigger, currency: str | None) -> object:
    return 0 if trigger is Trigger.UNITS else {"amount": "0", "currency": currency}


def _position(value: object, trigger: Trigger, currency: str | None) -> Fraction:
    """Where a counter stands: copies, or an amount in the contract's currency."""
    if trigger is Trigger.UNITS:
        if not isinstance(value, int):
            raise ValueError("a counter by units counts copies, not money")
        return Fraction(value)
    if currency is None:
        raise ValueError(f"a counter by {trigger} needs the contract's `currency`")
    if not isinstance(value, dict):
        raise ValueError(f"a counter by {trigger} counts money")
    return Fraction(in_currency(value, currency))


def _advance(data: Json, payees: Collection[str]) -> Advance:
    paid = amount(data["amount"])
    recouped = in_currency(data["recouped"], paid.currency) if "recouped" in data else 0
    if not 0 <= recouped <= paid.minor:
        raise ValueError(f"advance {data['id']}: recouped is not between nothing and all of it")
    payee = known(data["payee"], payees, "payee") if "payee" in data else None
    return Advance(data["id"], paid, recouped, payee, day(data["paid_on"]) if "paid_on" in data else None)


def _reserve(data: Json, currency: str | None, payees: Collection[str]) -> Reserve:
    on_units = data["on"] == "units"
    opening = tuple(
        OpeningReserve(known(entry["payee"], payees, "payee"), amount(entry["amount"]), entry["release"])
        for entry in data.get("opening", ())
    )
    if on_units and opening:
        raise ValueError(f"reserve {data['id']}: an opening balance is money, a reserve on units holds none")
    held = rate(data["rate"])
    if held > 1:
        raise ValueError(f"reserve {data['id']}: more than everything cannot be held")
    meant = scope(data.get("scope", {}), currency)
    return Reserve(data["id"], held, on_units, data.get("periods", 0), data.get("release"), meant, opening)


def _guarantee(data: Json, payees: Collection[str]) -> Guarantee:
    payee = known(data["payee"], payees, "payee") if "payee" in data else None
    kind, promised = GuaranteeKind(data["kind"]), amount(data["amount"])
    if promised.minor < 0:
        raise ValueError(f"guarantee {data['id']}: promises less than nothing")
    if kind is GuaranteeKind.TOTAL and "to" not in data:
        raise ValueError(f"guarantee {data['id']}: a total is due at the end of its term (`to`)")
    return Guarantee(data["id"], kind, promised, payee, term(data))
