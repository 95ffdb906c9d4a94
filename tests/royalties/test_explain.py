"""A line recomputes from its inputs and from nothing else."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.facts import SaleLineFact
from billing.pricing.tax import split_inclusive
from royalties import allocation, explain
from royalties.contracts.facts import ShareFact, TermsFact
from royalties.runs import inputs

PAID_AT = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)


def sale_line(gross: int = 1500, fee: int = 15, rate: str = "18/100", paid_at: datetime = PAID_AT) -> SaleLineFact:
    split = split_inclusive(gross, [("TVA", Fraction(rate))])
    return SaleLineFact(
        item_ref="itm_1",
        invoice_ref="inv_1",
        invoice_number="DK-2026-000001",
        payment_ref="pay_1",
        entity="coko-sn",
        edition_ref="edn_1",
        title="Une si longue lettre",
        product_kind="ebook",
        country="SN",
        currency="XOF",
        provider="wave",
        quantity=1,
        gross_minor=gross,
        net_minor=split.net_minor,
        tax_lines=split.lines,
        fee_minor=fee,
        paid_at=paid_at,
    )


def terms(
    rate: Fraction = Fraction(7, 10), weights: tuple[int, ...] = (60, 40), until: date | None = None
) -> TermsFact:
    shares = tuple(ShareFact(f"pye_{place}", f"Auteur {place}", weight) for place, weight in enumerate(weights))
    return TermsFact(
        contract_ref="ctr_1",
        contract_title="Contrat",
        version=1,
        edition_ref="edn_1",
        basis="net_receipts",
        rate=rate,
        valid_from=date(2026, 10, 12),
        valid_to=until,
        shares=shares,
        clause="70 % des recettes nettes",
    )


def stored(payee: str = "pye_0", **given: object) -> dict[str, object]:
    """Inputs as they come back from the database."""
    written = inputs.of(sale=given.get("sale", sale_line()), terms=given.get("terms", terms()), payee_ref=payee)
    return json.loads(json.dumps(written))


class TestRecompute:
    @given(
        gross=st.integers(0, 10_000_000),
        fee=st.integers(0, 100_000),
        tax=st.sampled_from(["0", "18/100", "77/400"]),
        rate=st.fractions(min_value=Fraction(1, 100), max_value=1, max_denominator=500),
        weights=st.lists(st.integers(1, 1000), min_size=1, max_size=5).map(tuple),
    )
    def test_gives_after_the_round_trip_what_was_computed_before(self, gross, fee, tax, rate, weights):
        sale, agreed = sale_line(gross, fee, tax), terms(rate, weights)
        taxes = tuple(allocation.Tax(line.code, line.rate, line.amount_minor) for line in sale.tax_lines)
        before = allocation.compute(
            sale=allocation.SaleAmounts(sale.gross_minor, sale.net_minor, taxes, sale.fee_minor),
            rate=agreed.rate,
            weights={share.payee_ref: share.weight for share in agreed.shares},
        )
        for share in agreed.shares:
            kept = stored(share.payee_ref, sale=sale, terms=agreed)
            assert explain.recompute(kept) == before
            assert explain.amount(kept) == before.parts[share.payee_ref]

    @pytest.mark.parametrize("part", ["rules", "price", "contract", "schema"])
    def test_refuses_inputs_that_lack_a_part(self, part):
        kept = stored()
        del kept[part]
        with pytest.raises(explain.UnreadableInputs):
            explain.recompute(kept)

    def test_refuses_rules_it_does_not_know(self):
        kept = stored()
        kept["rules"]["rounding"] = "to_even"
        with pytest.raises(explain.UnreadableInputs):
            explain.recompute(kept)

    def test_refuses_a_payee_without_a_share(self):
        with pytest.raises(explain.UnreadableInputs):
            explain.amount(stored("pye_9"))


class TestSteps:
    def test_read_from_the_price_to_the_parts(self):
        assert [(step.kind, step.amount_minor) for step in explain.steps(stored())] == [
            ("gross", 1500),
            ("tax", -229),
            ("net", 1271),
            ("fee", -15),
            ("receipts", 1256),
            ("royalty", 879),
            ("split", 527),
            ("split", 352),
        ]

    def test_name_the_payees_and_mark_whose_line_it_is(self):
        split = [step for step in explain.steps(stored("pye_1")) if step.kind == "split"]
        assert [(step.name, str(step.rate), step.is_result) for step in split] == [
            ("Auteur 0", "3/5", False),
            ("Auteur 1", "2/5", True),
        ]

    def test_show_that_a_loss_stays_with_the_publisher(self):
        kinds = [step.kind for step in explain.steps(stored(sale=sale_line(100, 100)))]
        assert "floor" in kinds

    def test_leave_out_the_split_when_there_is_one_payee(self):
        assert "split" not in {step.kind for step in explain.steps(stored(terms=terms(weights=(1,))))}


class TestTermsInForce:
    def test_hold_on_the_first_day(self):
        assert explain.terms_in_force(stored())

    def test_end_before_the_last_day(self):
        assert not explain.terms_in_force(stored(terms=terms(until=date(2026, 10, 12))))

    def test_do_not_hold_the_day_before(self):
        early = sale_line(paid_at=datetime(2026, 10, 11, 23, 59, tzinfo=UTC))
        assert not explain.terms_in_force(stored(sale=early))
