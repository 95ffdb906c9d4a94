"""Our figures beside another system's."""

import json

import pytest

from royalties.simulation import comparison, reading, running
from royalties.simulation.refusals import BadScenario
from tests.royalties.simulation.scenarios import sale, scenario


def result() -> running.Result:
    data = scenario(sales=[sale("a", "10000"), sale("b", "5000", date="2026-11-01")])
    return running.run(reading.read(json.dumps(data).encode()))


class TestCompare:
    def test_tells_each_row_that_differs_or_is_missing_on_one_side(self):
        told = comparison.compare(
            result(),
            "period,payee,currency,amount\n2026-10,author,XOF,990\n2026-12,author,XOF,7\n2026-11,author,XOF,500\n",
        )
        assert told["rows_that_agree"] == 1
        assert [(d["period"], d["ours"], d["theirs"], d["difference"]) for d in told["differences"]] == [
            ("2026-10", "1000", "990", "10"),
            ("2026-12", "0", "7", "-7"),
        ]

    def test_goes_as_fine_as_the_columns(self):
        csv = (
            "period,payee,currency,book,kind,amount\n2026-10,author,XOF,b1,sale,1000\n2026-11,author,XOF,b1,sale,500\n"
        )
        assert comparison.compare(result(), csv)["differences"] == []

    @pytest.mark.parametrize(
        "csv",
        [
            "period,payee,amount\n",
            "period,payee,currency,amount,colour\n",
            "period,payee,currency,amount\na,b,XOF,1.5\n",
        ],
    )
    def test_refuses_columns_and_amounts_it_cannot_read(self, csv):
        with pytest.raises(BadScenario):
            comparison.compare(result(), csv)
