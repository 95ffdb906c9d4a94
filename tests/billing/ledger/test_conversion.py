"""Between currencies: every entry whole in each, every rounding visible, gains and losses as accountants book them."""

from collections import defaultdict
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing.exchange import EURO, Leg, RateFact, parities, path
from billing.ledger import chart, conversion
from billing.ledger.conversion import BadConversion, Booked, Nature, TooSmallToConvert
from billing.ledger.draft import AccountKey, EntryDraft
from billing.money import NotAnAmount, convert_exactly

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CURRENCIES = ("XOF", "XAF", "EUR", "USD", "TND")

amounts = st.integers(-(10**12), 10**12).filter(bool)
rates = st.fractions("1/2000", 2000, max_denominator=10**6)
pairs = st.permutations(CURRENCIES).map(lambda order: order[:2])
ITEMS = {"debt": "4011", "claim": "4111"}


def account(code: str, currency: str, holder: str = "") -> AccountKey:
    return AccountKey("coko-sn", code, currency, holder)


def bank(currency: str) -> AccountKey:
    return account("521", currency)


def stated(base: str, quote: str, rate: Fraction | int | str) -> RateFact:
    return RateFact.stated(base, quote, Fraction(rate), on=DAY, source="ECB")


def parity(base: str, quote: str) -> RateFact:
    return RateFact(base, quote, DAY, path(base, quote, parities(DAY)))


def balances(*conversions: conversion.Converted) -> dict[AccountKey, int]:
    """What the accounts stand at after these entries; each is built as a draft, which refuses what is not whole."""
    sums: dict[AccountKey, int] = defaultdict(int)
    for number, one in enumerate(conversions):
        draft = one.draft(key=f"test:{number}", journal="OD", happened_at=AT, description="Change", source_ref="pay_1")
        assert isinstance(draft, EntryDraft)
        for line in draft.lines:
            sums[line.account] += line.amount_minor
    return {key: balance for key, balance in sums.items() if balance}


def of_code(found: dict[AccountKey, int], *codes: str) -> dict[str, int]:
    return {key.code: balance for key, balance in found.items() if key.code in codes}


def convert_or_skip(**asked) -> conversion.Converted:
    try:
        return conversion.convert(**asked)
    except TooSmallToConvert:
        assume(False)
        raise


class TestConvert:
    @given(pairs, amounts, rates)
    def test_is_whole_in_each_currency_and_moves_what_was_asked(self, pair, amount, rate):
        one, other = pair
        done = convert_or_skip(source=bank(one), target=bank(other), amount_minor=amount, rate=stated(one, other, rate))
        found = balances(done)
        assert found[bank(one)] == -amount
        assert found[bank(other)] == done.booked.item_minor == stated(one, other, rate).convert(amount)

    @given(pairs, amounts, rates)
    def test_leaves_a_position_worth_less_than_half_a_unit_of_either(self, pair, amount, rate):
        one, other = pair
        fact = stated(one, other, rate)
        done = convert_or_skip(source=bank(one), target=bank(other), amount_minor=amount, rate=fact)
        found = balances(done)
        taken = found[conversion.exchange_account("coko-sn", one, other)]
        given_out = found[conversion.exchange_account("coko-sn", other, one)]
        worth = convert_exactly(taken, one, other, fact.rate) + given_out
        assert worth == done.remainder
        assert abs(worth) <= Fraction(1, 2)
        assert abs(convert_exactly(1, other, one, 1 / fact.rate) * worth) <= Fraction(1, 2)

    @given(pairs, amounts, rates)
    def test_sold_back_at_the_same_rate_closes_the_position_to_zero(self, pair, amount, rate):
        one, other = pair
        fact = stated(one, other, rate)
        there = convert_or_skip(source=bank(one), target=bank(other), amount_minor=amount, rate=fact)
        back = conversion.convert(
            source=bank(other), target=bank(one), amount_minor=there.booked.item_minor, rate=fact.inverse()
        )
        found = balances(there, back)
        assert of_code(found, conversion.EXCHANGE) == {}
        assert bank(other) not in found
        # What is missing on our account is what stands, by name, on the rounding accounts.
        rounding = sum(balance for key, balance in found.items() if key.holder.startswith("rounding:"))
        assert found.get(bank(one), 0) == -rounding

    @given(pairs, amounts, rates)
    def test_mirrors_a_debt(self, pair, amount, rate):
        one, other = pair
        asked = {"source": bank(one), "target": bank(other), "rate": stated(one, other, rate)}
        done = convert_or_skip(amount_minor=amount, **asked)
        mirror = conversion.convert(amount_minor=-amount, **asked)
        assert [line.amount_minor for line in mirror.lines] == [-line.amount_minor for line in done.lines]
        assert mirror.remainder == -done.remainder

    def test_reads_as_in_the_books(self):
        """100.00 EUR become 65 596 XOF: three tenths of a franc more than the parity gives, told and kept."""
        done = conversion.convert(
            source=bank("EUR"), target=bank("XOF"), amount_minor=100_00, rate=parity("EUR", "XOF")
        )
        assert balances(done) == {
            bank("EUR"): -100_00,
            account("585", "EUR", "change:EUR-XOF"): 100_00,
            account("585", "XOF", "change:EUR-XOF"): -65_596,
            bank("XOF"): 65_596,
        }
        assert done.remainder == Fraction("-0.3")

    def test_books_the_francs_that_a_cent_cannot_say(self):
        """653 F CFA are 99.55 cents: one euro arrives, worth 656 F CFA. The three francs are a gain, by name."""
        done = conversion.convert(source=bank("XOF"), target=bank("EUR"), amount_minor=653, rate=parity("XOF", "EUR"))
        assert balances(done) == {
            bank("XOF"): -653,
            account("585", "XOF", "change:EUR-XOF"): 656,
            account("776", "XOF", "rounding:EUR-XOF"): -3,
            account("585", "EUR", "change:EUR-XOF"): -1_00,
            bank("EUR"): 1_00,
        }

    @given(amounts)
    def test_takes_one_franc_for_the_other_without_a_remainder(self, amount):
        done = conversion.convert(
            source=bank("XOF"), target=bank("XAF"), amount_minor=amount, rate=parity("XOF", "XAF")
        )
        assert (balances(done)[bank("XAF")], done.remainder, len(done.lines)) == (amount, 0, 4)

    @given(st.integers(-(10**9), 10**9).filter(bool))
    def test_is_exact_at_the_peg_where_it_can_be(self, thousands):
        done = conversion.convert(
            source=bank("EUR"), target=bank("XOF"), amount_minor=thousands * 1000_00, rate=parity("EUR", "XOF")
        )
        assert (balances(done)[bank("XOF")], done.remainder, len(done.lines)) == (thousands * 655_957, 0, 4)

    def test_refuses_an_amount_of_which_nothing_would_arrive(self):
        with pytest.raises(TooSmallToConvert):
            conversion.convert(source=bank("XOF"), target=bank("EUR"), amount_minor=3, rate=parity("XOF", "EUR"))

    @pytest.mark.parametrize(
        ("source", "target", "amount", "rate"),
        [
            (bank("EUR"), bank("XOF"), 0, parity("EUR", "XOF")),
            (bank("EUR"), bank("XOF"), 1, parity("XOF", "EUR")),  # the rate the wrong way round
            (bank("EUR"), bank("XAF"), 1, parity("EUR", "XOF")),
            (bank("XOF"), bank("XOF"), 1, RateFact("XOF", "XOF", DAY, ())),
            (bank("EUR"), AccountKey("coko-ci", "521", "XOF"), 1, parity("EUR", "XOF")),
        ],
    )
    def test_refuses_what_does_not_belong_together(self, source, target, amount, rate):
        with pytest.raises(BadConversion):
            conversion.convert(source=source, target=target, amount_minor=amount, rate=rate)

    def test_refuses_what_is_beyond_the_ledger(self):
        with pytest.raises(NotAnAmount):
            conversion.convert(
                source=bank("EUR"), target=bank("XOF"), amount_minor=2**63 - 1, rate=parity("EUR", "XOF")
            )


class TestExplanation:
    def test_stands_in_the_entry_with_rate_date_and_source_of_each_leg(self):
        legs = path("USD", "XOF", (Leg(EURO, "USD", Fraction("1.0512"), DAY, "ECB"), *parities(DAY)))
        done = conversion.convert(
            source=bank("USD"), target=bank("XOF"), amount_minor=10_00, rate=RateFact("USD", "XOF", DAY, legs)
        )
        draft = done.draft(key="k", journal="BQ", happened_at=AT, description="Vente de dollars", source_ref="adv_1")
        assert draft.description == (
            "Vente de dollars · 10.00 USD → 6240 XOF : "
            "1 EUR = 1.0512 USD (ECB 2026-11-20), 1 EUR = 655.957 XOF (PEG 2026-11-20)"
        )

    def test_of_a_settlement_names_both_values(self):
        done = settled(item="debt", amount=100_00, value=60_000, paid=61_000)
        assert done.explanation == (
            "-100.00 USD = -60000 XOF : 1 USD = 600 XOF (ECB 2026-11-20) ; → -61000 XOF (avis 7 2026-12-01)"
        )


def settled(*, item: str, amount: int, value: int, paid: int, nature: Nature = Nature.TRADE) -> conversion.Converted:
    """A debt or a claim of `amount` US cents, entered at `value` francs, settled for `paid`."""
    sign = -1 if item == "debt" else 1
    return conversion.settle(
        item=account(ITEMS[item], "USD", "pye_1"),
        booked=Booked(sign * amount, sign * value),
        money=bank("XOF"),
        settled_minor=sign * paid,
        entered_at=stated("USD", "XOF", Fraction(value * 100, amount)),
        settled_on=date(2026, 12, 1),
        settled_by="avis 7",
        nature=nature,
    )


class TestEnterAndSettle:
    def test_a_debt_that_became_dearer_is_a_loss(self):
        item, rate = account("4011", "USD", "pye_1"), stated("USD", "XOF", 600)
        entered = conversion.enter(item=item, item_minor=-100_00, against=account("6346", "XOF"), rate=rate)
        assert balances(entered) == {
            item: -100_00,
            account("585", "USD", "change:USD-XOF"): 100_00,
            account("585", "XOF", "change:USD-XOF"): -60_000,
            account("6346", "XOF"): 60_000,
        }
        paid = settled(item="debt", amount=100_00, value=60_000, paid=61_000)
        assert balances(entered, paid) == {
            account("6346", "XOF"): 60_000,
            bank("XOF"): -61_000,
            account("656", "XOF", "change:USD-XOF"): 1_000,
        }

    @pytest.mark.parametrize(
        ("item", "paid", "nature", "booked"),
        [
            ("debt", 61_000, Nature.TRADE, {"656": 1_000}),
            ("debt", 59_000, Nature.TRADE, {"756": -1_000}),
            ("claim", 61_000, Nature.TRADE, {"756": -1_000}),
            ("claim", 59_000, Nature.TRADE, {"656": 1_000}),
            ("claim", 61_000, Nature.FINANCIAL, {"776": -1_000}),
            ("claim", 59_000, Nature.FINANCIAL, {"676": 1_000}),
            ("claim", 60_000, Nature.TRADE, {}),
        ],
    )
    def test_the_difference_is_a_gain_or_a_loss(self, item, paid, nature, booked):
        found = balances(settled(item=item, amount=100_00, value=60_000, paid=paid, nature=nature))
        assert of_code(found, "656", "756", "676", "776") == booked

    @given(pairs, amounts, rates, st.integers(1, 10**12))
    def test_leave_nothing_behind_but_the_difference(self, pair, amount, rate, paid):
        foreign, ours = pair
        item, fact = account("4011", foreign, "pye_1"), stated(foreign, ours, rate)
        try:
            entered = conversion.enter(item=item, item_minor=amount, against=account("6346", ours), rate=fact)
        except TooSmallToConvert:
            assume(False)
        value = entered.booked.value_minor
        moved = paid if amount > 0 else -paid
        done = conversion.settle(
            item=item,
            booked=entered.booked,
            money=bank(ours),
            settled_minor=moved,
            entered_at=fact,
            settled_on=DAY,
            settled_by="avis",
        )
        found = balances(entered, done)
        gain_or_loss = of_code(found, "656", "756")
        assert sum(gain_or_loss.values()) == value - moved
        assert set(gain_or_loss) <= ({"656"} if value > moved else {"756"})
        assert of_code(found, conversion.EXCHANGE, "4011") == {}
        assert entered.remainder + done.remainder == 0

    @given(amounts, st.integers(1, 10**9), st.integers(1, 10**9))
    def test_a_claims_gain_is_the_debts_loss(self, amount, value, paid):
        asked = {"amount": abs(amount), "value": value, "paid": paid}
        debt, claim = settled(item="debt", **asked), settled(item="claim", **asked)
        assert [line.amount_minor for line in debt.lines] == [-line.amount_minor for line in claim.lines]

    @given(st.integers(1, 10**9), st.integers(1, 10**9), st.lists(st.integers(1, 10**9), max_size=8))
    def test_in_parts_takes_off_exactly_what_was_entered(self, amount, value, cuts):
        entered = conversion.Converted((), "", Booked(-amount, -value), Fraction(0))
        rest, parts = entered.booked, []
        for cut in sorted(cut for cut in cuts if cut < amount):
            if -cut <= rest.item_minor:
                break
            part, rest = rest.split(-cut)
            parts.append(part)
        parts.append(rest)
        assert sum(part.item_minor for part in parts) == -amount
        assert sum(part.value_minor for part in parts) == -value
        assert all(part.value_minor <= 0 for part in parts)
        for part in parts:
            done = conversion.settle(
                item=account("4011", "USD"),
                booked=part,
                money=bank("XOF"),
                settled_minor=-5,
                entered_at=stated("USD", "XOF", 600),
                settled_on=DAY,
                settled_by="avis",
            )
            assert balances(done)[account("4011", "USD")] == -part.item_minor

    def test_sells_what_we_hold_with_a_financial_gain(self):
        rate = stated("XOF", "USD", Fraction(1, 600))
        bought = conversion.convert(source=bank("XOF"), target=bank("USD"), amount_minor=60_000, rate=rate)
        sold = conversion.settle(
            item=bank("USD"),
            booked=bought.booked,
            money=bank("XOF"),
            settled_minor=61_000,
            entered_at=rate.inverse(),
            settled_on=DAY,
            settled_by="avis",
            nature=Nature.FINANCIAL,
        )
        assert balances(bought, sold) == {
            bank("XOF"): 1_000,
            account("776", "XOF", "change:USD-XOF"): -1_000,
        }

    @pytest.mark.parametrize("settled_minor", [0, 61_000])
    def test_refuses_money_that_moves_the_wrong_way(self, settled_minor):
        with pytest.raises(BadConversion):
            settled(item="debt", amount=100_00, value=60_000, paid=-settled_minor)

    @pytest.mark.parametrize("part", [0, 1, -101])
    def test_refuses_a_part_that_is_none(self, part):
        with pytest.raises(BadConversion):
            Booked(-100, -600).split(part)

    def test_refuses_an_item_without_value(self):
        with pytest.raises(TooSmallToConvert):
            conversion.enter(item=account("4011", "XOF"), item_minor=-3, against=bank("EUR"), rate=parity("XOF", "EUR"))


class TestClearRounding:
    @given(st.lists(st.tuples(st.sampled_from([("EUR", "XOF"), ("XOF", "EUR")]), amounts), min_size=1, max_size=12))
    def test_the_position_is_worth_exactly_the_sum_of_the_remainders(self, moves):
        """Nothing is lost: what could not be posted is the position's worth, and clearing books its whole units."""
        done = []
        told = Fraction(0)  # in francs
        for (one, other), amount in moves:
            converted = convert_or_skip(
                source=bank(one), target=bank(other), amount_minor=amount, rate=parity(one, other)
            )
            done.append(converted)
            told += converted.remainder if other == "XOF" else converted.remainder * Fraction("6.55957")
        assert worth(balances(*done)) == told
        cleared = clear(balances(*done))
        if cleared is None:
            assert abs(told) < 1
            return
        after = balances(*done, cleared)
        assert worth(after) == told + cleared.remainder
        assert abs(worth(after)) < 1
        assert sum(b for key, b in after.items() if key.holder == "rounding:EUR-XOF") == sum(
            b for key, b in balances(*done).items() if key.holder == "rounding:EUR-XOF"
        ) + int(told)

    def test_books_what_a_hundred_roundings_came_to(self):
        """A hundred times one euro is 65 600 F CFA, four more than a hundred euros at once: a gain of four."""
        many = [
            conversion.convert(source=bank("EUR"), target=bank("XOF"), amount_minor=1_00, rate=parity("EUR", "XOF"))
        ] * 100
        cleared = clear(balances(*many))
        assert {line.account.code: line.amount_minor for line in cleared.lines} == {"585": 4, "776": -4}

    def test_says_the_same_whichever_way_round(self):
        there = conversion.clear_rounding(
            entity="coko-sn", base_minor=100_00, quote_minor=-65_600, rate=parity("EUR", "XOF")
        )
        back = conversion.clear_rounding(
            entity="coko-sn", base_minor=-65_600, quote_minor=100_00, rate=parity("XOF", "EUR")
        )
        assert there.lines == back.lines

    def test_refuses_a_position_that_moves_with_the_market(self):
        with pytest.raises(BadConversion, match="revalued"):
            conversion.clear_rounding(
                entity="coko-sn", base_minor=100, quote_minor=-60_000, rate=stated("USD", "XOF", 600)
            )


def position(found: dict[AccountKey, int]) -> tuple[int, int]:
    euros = found.get(conversion.exchange_account("coko-sn", "EUR", "XOF"), 0)
    return euros, found.get(conversion.exchange_account("coko-sn", "XOF", "EUR"), 0)


def worth(found: dict[AccountKey, int]) -> Fraction:
    """Of the position, in francs, at the parity."""
    euros, francs = position(found)
    return Fraction(euros, 100) * Fraction("655.957") + francs


def clear(found: dict[AccountKey, int]) -> conversion.Converted | None:
    euros, francs = position(found)
    return conversion.clear_rounding(entity="coko-sn", base_minor=euros, quote_minor=francs, rate=parity("EUR", "XOF"))


class TestAccounts:
    def test_are_in_the_chart(self):
        for code in (conversion.EXCHANGE, "656", "756", "676", "776"):
            assert chart.account(code)

    def test_of_a_pair_have_one_holder_whichever_way_round(self):
        assert conversion.holder("XOF", "EUR") == conversion.holder("EUR", "XOF") == "change:EUR-XOF"
