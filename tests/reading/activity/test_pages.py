"""Pages are counted once, in whatever order ranges come."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reading.activity.pages import count, union

ranges = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 15)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=12
)


def as_set(given_ranges) -> set[int]:
    return {page for first, last in given_ranges for page in range(first, last + 1)}


class TestUnion:
    @given(ranges)
    def test_holds_exactly_the_pages_of_the_ranges(self, some):
        assert as_set(union(some)) == as_set(some)

    @given(ranges)
    def test_neither_overlaps_nor_touches(self, some):
        merged = union(some)
        assert all(earlier[1] + 1 < later[0] for earlier, later in pairwise(merged))

    @given(ranges, st.randoms())
    def test_does_not_depend_on_order_or_repetition(self, some, random):
        shuffled = some * 2
        random.shuffle(shuffled)
        assert union(shuffled) == union(some)

    @given(ranges, ranges)
    def test_may_be_made_in_two_steps(self, some, others):
        assert union([*union(some), *others]) == union([*some, *others])


class TestCount:
    @given(ranges)
    def test_is_the_number_of_different_pages(self, some):
        assert count(some) == len(as_set(some))
