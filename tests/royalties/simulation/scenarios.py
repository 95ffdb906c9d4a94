"""Scenarios to start from: one author, one book, one contract."""

from __future__ import annotations

import json
from typing import Any

from royalties.simulation import document, reading, running


def money(amount: str, currency: str = "XOF") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def contract(clauses: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    splits = more.pop("splits", [{"payee": "author", "weight": 1}])
    version = {"version": 1, "from": "2020-01-01", "clauses": clauses, "splits": splits}
    return {"id": "c1", "books": ["b1"], "currency": "XOF", "versions": [version], **more}


def flat(rate: str = "10%", **more: Any) -> dict[str, Any]:
    return {"id": "all", "basis": "list_price", "rate": rate, **more}


def scenario(**more: Any) -> dict[str, Any]:
    return {
        "periods": ["2026-10", "2026-11", "2026-12"],
        "payees": [{"id": "author", "country": "SN"}, {"id": "agent"}, {"id": "translator"}, {"id": "illustrator"}],
        "books": [{"id": "b1", "format": "ebook"}, {"id": "b2", "format": "print"}],
        "contracts": [contract([flat()])],
        **more,
    }


def sale(name: str, price: str, quantity: int = 1, date: str = "2026-10-15", **more: Any) -> dict[str, Any]:
    return {"id": name, "book": "b1", "quantity": quantity, "price": money(price), "date": date, **more}


def simulate(data: dict[str, Any]) -> dict[str, Any]:
    """Through the text, as the command does."""
    told = document.compose(running.run(reading.read(json.dumps(data).encode())))
    for statement in told["statements"]:
        assert all(check["holds"] for check in statement["checks"]), statement["checks"]
    return json.loads(document.text(told))


def amounts(told: dict[str, Any], key: str, payee: str = "author") -> dict[str, str]:
    """One figure of a payee's statements, by period."""
    return {s["period"]: s[key]["amount"] for s in told["statements"] if s["payee"]["id"] == payee}


def lines(told: dict[str, Any], kind: str | None = None) -> dict[str, str]:
    return {x["id"]: x["amount"]["amount"] for x in told["lines"] if kind in (None, x["kind"])}
