"""From a sale to whole francs, and back."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.rules import lines, record, tiers
from royalties.rules.bases import Basis, Deduction, DeductionKind, Sale, Tax
from royalties.rules.lines import AdjustmentQuestion, Exchange, LineQuestion, RefundQuestion
from royalties.rules.refusals import ReturnsExceedSales
from royalties.rules.splits import Of, SplitStep
from tests.royalties.rules.test_splits import plans
from tests.royalties.rules.test_tiers import COUNTERS, ladders

NET = (Deduction(DeductionKind.TAX, "tax"), Deduction(DeductionKind.PAYMENT_FEE, "payment fee"))
ALONE = (SplitStep("author", Of.SHARE, F(1)),)


def question(price: int, quantity: int = 1, rate: str = "7/10", splits: tuple[SplitStep, ...] = ALONE, fee: int = 15):
    sold = Sale(quantity, "XOF", F(price * quantity), F(price * quantity), (Tax("TVA", F("0.18")),), fee_minor=F(fee))
    return LineQuestion(Basis.NET_RECEIPTS, tiers.flat(F(rate)), F(0), splits, sale=sold, deductions=NET)


@st.composite
def questions(draw: st.DrawFn) -> LineQuestion:
    quantity, price = draw(st.integers(1, 50)), draw(st.integers(0, 3000))
    sold = Sale(
        quantity,
        "XOF",
        F(price * quantity),
        F(price * quantity),
        (Tax("TVA", F("0.18")),),
        fee_minor=F(draw(st.integers(0, 500))),
    )
    basis = draw(st.sampled_from([Basis.NET_RECEIPTS, Basis.LIST_PRICE]))
    return LineQuestion(basis, draw(ladders()), draw(COUNTERS), draw(plans()), sale=sold, deductions=NET)


class TestCompute:
    def test_rounds_once_at_the_line(self):
        """3 copies at 1,500 with 18 %: 4,500 ÷ 1.18 − 15 = 3,798.56, of which 70 % are 2,658.99."""
        done = lines.compute(question(1500, 3))
        assert done.exact_minor == (F(4500) / F("1.18") - 15) * F(7, 10)
        assert done.royalty_minor == 2659

    def test_changes_the_currency_before_it_rounds(self):
        """10.00 EUR at 655.957: 70 % are 4,591.699 XOF."""
        fixed = Exchange("EUR", "XOF", F("6.55957"), F("655.957"), _day(), "PEG")
        sold = Sale(1, "EUR", F(1000), F(1000))
        asked = LineQuestion(Basis.NET_RECEIPTS, tiers.flat(F(7, 10)), F(0), ALONE, sale=sold, exchange=fixed)
        done = lines.compute(asked)
        assert (done.exact_minor, done.royalty_minor) == (F("4591.699"), 4592)

    @given(asked=questions())
    def test_gives_away_exactly_the_royalty_and_rounds_by_at_most_a_half(self, asked):
        done = lines.compute(asked)
        assert sum(done.parts.values()) == done.royalty_minor
        assert abs(done.royalty_minor - done.exact_minor) <= F(1, 2)

    @given(asked=questions())
    def test_gives_the_same_from_what_was_written_down(self, asked):
        assert lines.compute(record.load(LineQuestion, record.dump(asked))) == lines.compute(asked)


class TestRefund:
    def test_takes_the_dearest_copies_back_first(self):
        """Of 7,300 copies from counter 4,200, the last 1,500 stand in the 15 % tier; 2,000 come back."""
        from tests.royalties.rules.test_tiers import USUAL

        sold = Sale(7300, "EUR", F(7300 * 2400), F(7300 * 2400))
        ladder = tiers.Ladder(tiers.Trigger.UNITS, USUAL)
        asked = LineQuestion(Basis.LIST_PRICE, ladder, F(4200), ALONE, sale=sold)
        back = lines.refund(RefundQuestion(asked, 0, 2000, {"author": 2_232_000}))
        assert [(part.rate, part.counted) for part in back.slices] == [(F("0.15"), -1500), (F("0.125"), -500)]
        assert back.royalty_minor == -(540_000 + 150_000)

    @given(asked=questions(), pieces=st.lists(st.integers(1, 20), min_size=1, max_size=5))
    def test_in_any_pieces_gives_back_no_more_than_was_given_and_all_of_it_in_the_end(self, asked, pieces):
        left = dict(lines.compute(asked).parts)
        moved, sold, before = lines.compute(asked).counted, asked.sale.quantity, 0
        for piece in [*pieces, sold]:
            now = min(piece, sold - before)
            if not now:
                break
            back = lines.refund(RefundQuestion(asked, before, now, left))
            assert sum(back.parts.values()) == back.royalty_minor <= 0
            left = {payee: amount + back.parts[payee] for payee, amount in left.items()}
            assert min(left.values()) >= 0
            moved, before = moved + tiers.moved(back.slices), before + now
        assert before == sold
        assert set(left.values()) == {0}
        assert moved == 0

    def test_refuses_more_copies_than_the_line_has(self):
        asked = question(1500, 3)
        with pytest.raises(ReturnsExceedSales):
            lines.refund(RefundQuestion(asked, 2, 2, dict(lines.compute(asked).parts)))

    def test_of_one_copy_is_rounded_as_a_line(self):
        """A third of 2,658.99 is 886.33."""
        back = lines.refund(RefundQuestion(question(1500, 3), 0, 1, {"author": 2659}))
        assert back.royalty_minor == -886


class TestAdjustment:
    def test_is_what_the_line_gains_over_what_it_was(self):
        was, now = question(1500, 3), question(1500, 4)
        gained = lines.adjustment(AdjustmentQuestion(was, now))
        assert gained == {"author": lines.compute(now).royalty_minor - lines.compute(was).royalty_minor}
        assert lines.adjustment(AdjustmentQuestion(was, None)) == {"author": -2659}


def _day():
    from datetime import date

    return date(2026, 10, 1)
