"""Wave's own account of a wallet, from the samples in `samples/`."""

import json
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.amounts import Amount
from providers.contract import MovementKind
from providers.errors import UnreadableAnswer
from providers.wave import statement_wire as wire

SAMPLES = Path(__file__).parent / "samples"
DAY = date(2026, 11, 3)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def page(document: Any, cursor: str | None = None):
    return wire.read_page(document, day=DAY, cursor=cursor)


class TestReadBalance:
    def test_may_be_less_than_nothing(self):
        assert wire.read_balance(sample("balance_negative")) == Amount(-1275, "XOF")

    @pytest.mark.parametrize("document", [None, {}, {"amount": 5, "currency": "XOF"}, {"amount": "5"}])
    def test_is_not_guessed(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_balance(document)


class TestReadPage:
    def test_tells_what_each_line_is(self):
        assert [line.kind for line in page(sample("transactions_day")).lines] == [
            MovementKind.PAYMENT,
            MovementKind.PAYMENT,
            MovementKind.REFUND,
            MovementKind.PAYOUT,
            MovementKind.PAYOUT_REVERSAL,
            MovementKind.TRANSFER,
            MovementKind.PAYMENT,
            MovementKind.PAYOUT,
            MovementKind.OTHER,
        ]

    def test_reads_amounts_as_what_the_wallet_gained(self):
        lines = page(sample("transactions_day")).lines
        gross = [line.net_minor + line.fee_minor for line in lines]
        assert gross[:5] == [100, 1500, -1500, -5000, 5000]
        balances = [line.balance_minor for line in lines]
        assert [after - before for before, after in pairwise(balances)] == [line.net_minor for line in lines[1:]]

    def test_keeps_what_leads_back_to_us(self):
        line = page(sample("transactions_day")).lines[1]
        assert (line.transaction_ref, line.provider_ref) == ("TCN4Y4ZC3FM", "cos-18qq25rgr100a")
        assert (line.client_reference, line.counterparty_phone) == ("pay_01", "+221555110219")
        assert line.happened_at == datetime(2026, 11, 3, 8, 10, tzinfo=UTC)
        assert line.raw["counterparty_mobile"] == "+22155•••••19"
        assert "+221555110219" not in repr(line)

    def test_gives_each_line_a_name_of_its_own(self):
        lines = page(sample("transactions_day")).lines
        assert len({line.line_ref for line in lines}) == len(lines)

    def test_leads_on_until_the_last(self):
        document = sample("transactions_day")
        assert page(document).next_cursor == "TW4u8nQzvR"
        document["page_info"]["has_next_page"] = False
        assert page(document).next_cursor is None

    @pytest.mark.parametrize(
        "info", [None, {}, {"has_next_page": "no"}, {"has_next_page": True}, {"has_next_page": True, "end_cursor": "X"}]
    )
    def test_does_not_walk_in_circles(self, info):
        with pytest.raises(UnreadableAnswer):
            page({**sample("transactions_day"), "page_info": info}, cursor="X")

    def test_refuses_another_days(self):
        with pytest.raises(UnreadableAnswer):
            wire.read_page(sample("transactions_day"), day=date(2026, 11, 4), cursor=None)

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": None},
            {"amount": 99},
            {"amount": "9.5"},
            {"fee": "x"},
            {"fee": 1},
            {"balance": "1e4"},
            {"currency": "???"},
            {"timestamp": "yesterday"},
            {"timestamp": "2026-11-03T08:00:00"},
            {"transaction_id": ""},
        ],
        ids=str,
    )
    def test_leaves_out_no_line_that_it_cannot_read(self, change):
        document = sample("transactions_day")
        document["items"][0] |= change
        with pytest.raises(UnreadableAnswer):
            page(document)

    @pytest.mark.parametrize("items", [None, {}, ["x"]])
    def test_cannot_read_what_is_no_list_of_lines(self, items):
        with pytest.raises(UnreadableAnswer):
            page({**sample("transactions_day"), "items": items})

    @given(net=st.integers(-(10**12), 10**12), fee=st.integers(0, 10**9))
    def test_keeps_every_amount(self, net: int, fee: int):
        document = sample("transactions_day")
        document["items"] = [{**document["items"][0], "amount": str(net), "fee": str(fee)}]
        (line,) = page(document).lines
        assert (line.net_minor, line.fee_minor) == (net, fee)

    @pytest.mark.parametrize(("word", "kind"), wire.KINDS.items())
    def test_knows_every_documented_kind(self, word, kind):
        document = sample("transactions_day")
        document["items"] = [{**document["items"][0], "transaction_type": word}]
        assert page(document).lines[0].kind is kind
        assert wire.unknown_types(page(document)) == set()

    def test_calls_an_undocumented_kind_other_and_names_it(self):
        document = sample("transactions_day")
        document["items"][0]["transaction_type"] = "moon_rent"
        found = page(document)
        assert found.lines[0].kind is MovementKind.OTHER
        assert wire.unknown_types(found) == {"moon_rent"}
