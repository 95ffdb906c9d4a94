"""Pools: published examples, then what holds for every pool."""

from collections import defaultdict
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.rules import pools, shares
from royalties.rules.pages import Boost, Cap, CapPer, Fact
from royalties.rules.pools import Idle, Pool, PoolRule, RuleKind
from royalties.rules.refusals import BadPool
from royalties.rules.shares import State

SUM_RULES = [RuleKind.PRO_RATA, RuleKind.USER_CENTRIC, RuleKind.HYBRID]


def fact(reader: str, title: str, pages: int, state: State = State.PAYABLE, before: int = 0) -> Fact:
    return Fact(reader, title, state, F(pages), F(pages), F(before))


def rule(kind: RuleKind = RuleKind.PRO_RATA, **more: object) -> PoolRule:
    if kind is RuleKind.HYBRID:
        more.setdefault("alpha", F(1, 3))
    return PoolRule(kind, **more)


def given_to(pool: Pool) -> dict[str, int]:
    return {title: shares.whole(share) for title, share in pools.divide(pool).titles.items()}


READS = st.dictionaries(
    st.tuples(st.sampled_from("rstuv"), st.sampled_from("ABCDEF"), st.sampled_from(State)),
    st.integers(1, 4000),
    max_size=20,
)
FEES = st.fixed_dictionaries({reader: st.integers(1, 3000) for reader in "rstuv"})
CAPS = st.sampled_from(
    [None, Cap(CapPer.READER_AND_TITLE, F(300)), Cap(CapPer.READER, F(1000)), Cap(CapPer.READER_AND_TITLE, F(50), True)]
)


@st.composite
def made(draw: st.DrawFn) -> Pool:
    read = draw(READS)
    facts = tuple(fact(reader, title, pages, state) for (reader, title, state), pages in read.items())
    asked = rule(
        draw(st.sampled_from(SUM_RULES)),
        cap=draw(CAPS),
        idle=draw(st.sampled_from(Idle)),
        weights=draw(st.dictionaries(st.sampled_from("ABC"), st.fractions(0, 4, max_denominator=4), max_size=3)),
    )
    fees = {reader: F(fee) for reader, fee in draw(FEES).items()}
    return Pool(asked, draw(st.integers(0, 10**7)), facts, fees)


class TestPublishedExamples:
    def test_amazons_own(self):
        """KDP help: of 10,000,000 USD for 100,000,000 pages, 10,000, 20,000 and 10,000 pages earn 1,000, 2,000, 1,000.

        (100 pages read 100 times, 200 pages 100 times, 200 pages half read 100 times.)
        """
        facts = (fact("r", "A", 10_000), fact("r", "B", 20_000), fact("r", "C", 10_000))
        pool = Pool(rule(), 1_000_000_000, facts, others=F(99_960_000))
        assert given_to(pool) == {"A": 100_000, "B": 200_000, "C": 100_000}

    def test_six_equal_titles(self):
        """254,237 XOF: 42,373 five times and 42,372 (issue 6, proof); ties go by title."""
        pool = Pool(rule(), 254_237, tuple(fact("r", title, 70) for title in "FEDCBA"))
        assert given_to(pool) == dict.fromkeys("ABCDE", 42_373) | {"F": 42_372}

    def test_user_centric_pays_each_readers_money_to_what_they_read(self):
        """1,000 of r go to A and B 1:3, 1,000 of s to A alone; pro-rata the heavy reader decides."""
        facts = (fact("r", "A", 100), fact("r", "B", 300), fact("s", "A", 10))
        fees = {"r": F(1000), "s": F(1000)}
        assert given_to(Pool(rule(RuleKind.USER_CENTRIC), 2000, facts, fees)) == {"A": 1250, "B": 750}
        assert given_to(Pool(rule(), 2000, facts)) == {"A": 537, "B": 1463}
        half = rule(RuleKind.HYBRID, alpha=F(1, 2))
        assert given_to(Pool(half, 2000, facts, fees)) == {"A": 893, "B": 1107}

    def test_kdp_counts_3000_pages_of_a_reader_and_title_for_ever(self):
        cap = Cap(CapPer.READER_AND_TITLE, F(3000), lifetime=True)
        facts = (fact("r", "A", 2000, before=2500), fact("s", "B", 500))
        assert given_to(Pool(rule(cap=cap), 1000, facts)) == {"A": 500, "B": 500}

    def test_deezer_counts_1000_of_a_reader(self):
        cap = Cap(CapPer.READER, F(1000))
        facts = (fact("r", "A", 3000), fact("r", "B", 1000), fact("s", "B", 1000))
        assert given_to(Pool(rule(cap=cap), 2000, facts)) == {"A": 750, "B": 1250}

    def test_deezer_doubles_what_many_listen_to(self):
        boost = Boost(F(1000), 2, F(2))
        facts = (fact("r", "A", 500), fact("s", "A", 500), fact("r", "B", 1000))
        assert given_to(Pool(rule(boost=boost), 3000, facts)) == {"A": 2000, "B": 1000}

    def test_storytel_norway_pays_a_title_once_a_fifth_is_read(self):
        """NOK 10 a reader once 20 % is read; 60 of 300 pages are the fifth, 59 are not, and before is before."""
        unit = rule(RuleKind.UNIT, threshold=F(1, 5), price_minor=F(1000))
        facts = (fact("r", "A", 60), fact("s", "A", 59), fact("t", "A", 10, before=55), fact("u", "A", 90, before=60))
        pool = Pool(unit, 0, facts, lengths={"A": F(300)})
        assert given_to(pool) == {"A": 2000}

    def test_storytel_pays_hours(self):
        """4.61 öre a point and hour: at 50 points 2.305 SEK an hour; here the price of 100 points, 4.61."""
        hourly = rule(RuleKind.HOURLY, price_minor=F(461))
        pool = Pool(hourly, 0, (fact("r", "A", 5400),))
        assert given_to(pool) == {"A": F(1383, 2)}


class TestIdle:
    FACTS = (fact("r", "A", 100), fact("r", "B", 300), fact("s", "A", 10))
    FEES = {"r": F(1000), "s": F(1000), "idle": F(1000)}

    @pytest.mark.parametrize(
        ("policy", "titles", "retained"),
        [
            (Idle.RETAINED, {"A": 1250, "B": 750}, 1000),
            (Idle.BY_PAGES, {"A": 1250 + 268, "B": 750 + 732}, 0),
            (Idle.BY_SHARES, {"A": 1875, "B": 1125}, 0),
        ],
    )
    def test_money_goes_where_the_policy_says(self, policy, titles, retained):
        pool = Pool(rule(RuleKind.USER_CENTRIC, idle=policy), 3000, self.FACTS, self.FEES)
        assert given_to(pool) == titles
        assert pools.divide(pool).retained_minor == retained

    def test_money_is_retained_under_pro_rata_and_hybrid_too_where_the_policy_says_so(self):
        for kind in (RuleKind.PRO_RATA, RuleKind.HYBRID):
            done = pools.divide(Pool(rule(kind, idle=Idle.RETAINED), 3000, self.FACTS, self.FEES))
            assert done.retained_minor == 1000

    def test_is_refused_without_a_policy(self):
        with pytest.raises(BadPool):
            pools.divide(Pool(rule(RuleKind.USER_CENTRIC), 3000, self.FACTS, self.FEES))


class TestQuarantine:
    def test_keeps_its_share_in_escrow_and_void_counts_for_nothing(self):
        facts = (
            fact("r", "A", 100),
            fact("bot", "A", 100, State.QUARANTINED),
            fact("r", "B", 200),
            fact("bot", "B", 9999, State.VOID),
        )
        share = pools.divide(Pool(rule(), 1001, facts)).titles["A"]
        assert shares.minor(share) == 251
        assert shares.minor(_escrow(share)) == 250

    @given(pool=made())
    def test_and_payable_make_the_titles_share(self, pool):
        for share in pools.divide(pool).titles.values():
            assert shares.minor(share) + shares.minor(_escrow(share)) == shares.whole(share)


class TestDivide:
    @given(pool=made())
    def test_gives_away_the_pool_and_nothing_else(self, pool):
        done = pools.divide(pool)
        total = sum(shares.whole(share) for share in done.titles.values())
        assert total + done.retained_minor + done.others_minor == pool.amount_minor

    @given(pool=made())
    def test_gives_each_title_the_exact_share_rounded_to_one_side(self, pool):
        for share in pools.divide(pool).titles.values():
            exact = shares.exact(share.payable) + shares.exact(share.quarantined)
            assert abs(shares.whole(share) - exact) < 1

    @given(pool=made(), alpha=st.fractions(0, 1, max_denominator=10))
    def test_gives_what_the_formula_says(self, pool, alpha):
        """α · Σ_j P · fee_j/Σfee · t_ij/T_j + (1 − α) · P · T_i/T, written down once more, without caps or weights."""
        read: dict[tuple[str, str], int] = defaultdict(int)
        for one in pool.facts:
            if one.state is not State.VOID:
                read[one.reader, one.title] += int(one.amount)
        by_reader, everything = defaultdict(int), sum(read.values())
        for (reader, _), pages in read.items():
            by_reader[reader] += pages
        fees = {reader: fee for reader, fee in pool.fees.items() if by_reader[reader]}
        whole = sum(fees.values())
        wanted: dict[str, F] = defaultdict(F)
        for (reader, title), pages in read.items():
            wanted[title] += alpha * pool.amount_minor * fees[reader] / whole * pages / by_reader[reader]
            wanted[title] += (1 - alpha) * F(pool.amount_minor * pages, everything)
        asked = PoolRule(RuleKind.HYBRID, alpha=alpha)
        assert _exact(Pool(asked, pool.amount_minor, pool.facts, fees)) == wanted

    @given(pool=made(), seed=st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_the_facts(self, pool, seed):
        facts = list(pool.facts)
        seed.shuffle(facts)
        shuffled = Pool(pool.rule, pool.amount_minor, tuple(facts), pool.fees)
        assert given_to(shuffled) == given_to(pool)

    @given(pool=made(), pages=st.integers(1, 10**6))
    def test_bounds_what_one_reader_can_take_under_user_centric_by_what_they_paid(self, pool, pages):
        """However many pages a thief reads, nobody else's exact share falls by more than the thief's own money."""
        asked = PoolRule(RuleKind.USER_CENTRIC, idle=Idle.RETAINED)
        honest = Pool(asked, pool.amount_minor, tuple(f for f in pool.facts if f.reader != "v"), pool.fees)
        stolen = Pool(asked, pool.amount_minor, (*honest.facts, fact("v", "thief", pages)), pool.fees)
        before, after = _exact(honest), _exact(stolen)
        brought = pool.amount_minor * pool.fees["v"] / sum(pool.fees.values())
        assert after["thief"] == brought
        assert all(after[title] == before[title] for title in before)

    @given(pool=made(), more=st.integers(1, 1000))
    def test_gives_no_title_less_for_more_pages_under_pro_rata(self, pool, more):
        facts = tuple(f for f in pool.facts if f.reader != "z")
        asked = PoolRule(RuleKind.PRO_RATA)
        one = _exact(Pool(asked, pool.amount_minor, facts))
        other = _exact(Pool(asked, pool.amount_minor, (*facts, fact("z", "A", more))))
        assert other["A"] >= one.get("A", 0)

    def test_refuses_readers_nobody_says_what_paid(self):
        with pytest.raises(BadPool):
            pools.divide(Pool(rule(RuleKind.USER_CENTRIC), 100, (fact("r", "A", 1),), {}))

    @pytest.mark.parametrize(
        ("kind", "more"),
        [
            (RuleKind.HYBRID, {"alpha": None}),
            (RuleKind.PRO_RATA, {"alpha": F(1, 2)}),
            (RuleKind.UNIT, {"price_minor": F(1)}),
            (RuleKind.HOURLY, {}),
        ],
    )
    def test_refuses_rules_that_lack_or_mix_what_they_need(self, kind, more):
        with pytest.raises(BadPool):
            PoolRule(kind, **more)


def _escrow(share: shares.Share) -> shares.Share:
    from dataclasses import replace

    return replace(share, wanted=State.QUARANTINED)


def _exact(pool: Pool) -> dict[str, F]:
    done: dict[str, F] = defaultdict(F)
    for title, share in pools.divide(pool).titles.items():
        done[title] = shares.exact(share.payable) + shares.exact(share.quarantined)
    return done
