"""Names and wallets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import UnreadableAnswer
from providers.mtn import holders
from tests.providers.mtn.test_wire import sample


class TestSamePerson:
    @pytest.mark.parametrize(
        ("ours", "theirs", "same"),
        [
            ("Aïcha Koné", "KONE AICHA", True),
            ("Aïcha Koné", "Koné Aïcha Mariam", True),
            ("Jean-Paul N’Guessan", "NGUESSAN JEAN PAUL", False),  # "N" and "Guessan" are two words to us
            ("Jean-Paul N’Guessan", "N'GUESSAN JEAN PAUL", True),
            ("Koné", "KONE", True),
            ("Koné", "Koné Aïcha", False),
            ("Awa Demo", "Awa Traoré", False),
            ("Awa Demo", "", False),
            ("", "", False),
        ],
    )
    def test_compares_words(self, ours, theirs, same):
        assert holders.same_person(ours, theirs) is same

    @given(name=st.text(max_size=40), other=st.text(max_size=40))
    def test_does_not_depend_on_who_is_first(self, name, other):
        assert holders.same_person(name, other) == holders.same_person(other, name)


class TestRead:
    def test_reads_whether_and_who(self):
        assert holders.read_active(sample("active")) is True
        assert holders.read_name(sample("basic_data")) == "Sand Box"
        assert holders.read_name(sample("basic_data_without_name")) == "Aïcha KONÉ"
        assert holders.read_name({}) is None

    @pytest.mark.parametrize("document", [None, {}, {"result": "true"}, {"result": 1}, []])
    def test_does_not_guess_an_answer(self, document):
        with pytest.raises(UnreadableAnswer):
            holders.read_active(document)
