"""Two sorted streams side by side."""

from hypothesis import given
from hypothesis import strategies as st

from billing.pairing import paired

words = st.lists(st.text(alphabet="abc", max_size=2)).map(sorted)


class TestPaired:
    @given(left=words, right=words)
    def test_gives_each_key_once_with_all_it_has_on_either_side(self, left, right):
        found = list(paired(left, right, left_key=str, right_key=str))
        assert [side for pair in found for side in pair[0]] == left
        assert [side for pair in found for side in pair[1]] == right
        keys = [(pair[0] or pair[1])[0] for pair in found]
        assert keys == sorted({*left, *right})
        assert all(len({*first, *second}) == 1 for first, second in found)

    def test_reads_no_further_than_it_must(self):
        def endless():
            yield "a"
            yield "b"
            raise AssertionError("read too far")

        assert next(iter(paired(endless(), [], left_key=str, right_key=str))) == (["a"], [])
