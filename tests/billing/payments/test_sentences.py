"""What customers are told of a failure."""

import pytest

from billing.payments import sentences
from providers.failures import FAILURES, FailureReason, Side


class TestSentence:
    @pytest.mark.parametrize("reason", FailureReason)
    @pytest.mark.parametrize("language", sentences.LANGUAGES)
    def test_is_there_in_every_language(self, reason, language):
        assert len(sentences.sentence(reason, language)) > 20

    def test_falls_back_to_french(self):
        assert sentences.sentence("expired", "pt") == sentences.sentence("expired", "fr")

    @pytest.mark.parametrize("reason", FailureReason)
    def test_blames_nobody_for_what_is_not_theirs(self, reason):
        ours = sentences.sentence("no such reason", "fr")
        if FAILURES[reason].side in (Side.PROVIDER, Side.MERCHANT):
            assert sentences.sentence(reason, "fr") == ours

    @pytest.mark.parametrize("said", sentences.SENTENCES.values())
    def test_speaks_four_languages_in_one_line(self, said):
        assert set(said) == set(sentences.LANGUAGES)
        assert all("\n" not in text and text == text.strip() for text in said.values())
