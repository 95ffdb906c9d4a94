"""A scenario that is none is refused with the path of each problem."""

import json
from fractions import Fraction

import pytest

from royalties.simulation import reading, text
from royalties.simulation.refusals import BadScenario
from royalties.simulation.values import rate
from tests.royalties.simulation.scenarios import contract, flat, money, sale, scenario


def problems(data: object) -> tuple[str, ...]:
    with pytest.raises(BadScenario) as refused:
        reading.read(data if isinstance(data, bytes) else json.dumps(data).encode())
    return refused.value.problems


class TestRead:
    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            (scenario(colour=1), "$.colour: unknown key"),
            (scenario(sales=[sale("s", "1", colour=1)]), "$.sales[0].colour: unknown key"),
            (
                scenario(contracts=[contract([flat(scope={"colour": []})])]),
                "$.contracts[0].versions[0].clauses[0].scope.colour: unknown key",
            ),
            (
                scenario(contracts=[contract([{"id": "x", "basis": "list_price"}])]),
                "$.contracts[0].versions[0].clauses[0]: wants exactly one of rate | tiers",
            ),
            (scenario(sales=[{"id": "s", "book": "b1", "date": "2026-10-01"}]), "$.sales[0]: wants one of price |"),
            (
                scenario(contracts=[contract([flat(deductions=[{"kind": "tax"}])])]),
                "$.contracts[0].versions[0].clauses[0].deductions: has no place here",
            ),
            (scenario(sales=[sale("s", "1.5")]), "$.sales[0]: 1.5 has more decimals than XOF allows (0)"),
            (
                scenario(sales=[{**sale("s", "1"), "price": {"amount": 1, "currency": "XOF"}}]),
                "$.sales[0].price.amount: 1 is",
            ),
            (scenario(sales=[sale("s", "1", book="nothing")]), "$.sales[0]: the file has no book 'nothing'"),
            (scenario(sales=[sale("s", "1", date="2026-13-01")]), "$.sales[0]: month must be in 1..12"),
            (scenario(sales=[sale("s", "1"), sale("s", "2")]), "$.sales[1]: id 's' was used before"),
            (scenario(sales=[sale("s", "1", fee=money("1", "XAF"))]), "$.sales[0]: is in XAF, the rest in XOF"),
            (scenario(periods=["2026-11", "2026-10"]), "$.periods: 2026-11 and 2026-10 overlap or are out of order"),
            (scenario(tax_rules=[{"kind": "vat", "colour": 1}]), "$.tax_rules[0].colour: unknown key"),
            (
                scenario(contracts=[contract([flat()], splits=[{"payee": "nobody", "weight": 1}])]),
                "$.contracts[0].versions[0]: the file has no payee 'nobody'",
            ),
            ({}, "$: 'periods' is a required property"),
        ],
    )
    def test_tells_the_path_of_what_is_wrong(self, data, problem):
        found = problems(data)
        assert any(one.startswith(problem) for one in found), found

    def test_tells_all_unknown_keys_at_once(self):
        found = problems(scenario(colour=1, sales=[sale("s", "1", shape=1)]))
        assert found == ("$.colour: unknown key", "$.sales[0].shape: unknown key")

    @pytest.mark.parametrize(
        "content",
        [b"", b"[", b"\xff", b'{"periods": ["2026-10"], "periods": []}', b'{"periods": [1.5]}', b'{"periods": [NaN]}'],
    )
    def test_refuses_what_is_no_json_holds_floats_or_says_something_twice(self, content):
        assert problems(content)[0].startswith("$: ")

    def test_takes_one_fact_told_twice_once(self):
        found = reading.read(json.dumps(scenario(sales=[sale("s", "1"), sale("s", "1")])).encode())
        assert len(found.sales) == 1


class TestRate:
    @pytest.mark.parametrize(
        ("text", "value"), [("12.5%", "1/8"), ("12.5 %", "1/8"), ("0.125", "1/8"), ("1/8", "1/8"), ("100%", "1")]
    )
    def test_is_exact(self, text, value):
        assert rate(text) == Fraction(value)


class TestSchema:
    def test_is_a_schema_and_admits_every_example(self):
        validator = text._validator()
        validator.check_schema(validator.schema)
        examples = sorted((text.SCHEMA.parent / "examples").glob("*.json"))
        assert examples
        for example in examples:
            assert list(validator.iter_errors(json.loads(example.read_text()))) == []
