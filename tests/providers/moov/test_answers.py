"""Names compared as people write them."""

import pytest

from providers.moov.answers import names_match


class TestNamesMatch:
    @pytest.mark.parametrize(
        ("one", "other", "told"),
        [
            ("Awa DEMO", "demo awa", True),
            ("Élise N’Guessan", "NGUESSAN elise", None),
            ("Élise N’Guessan", "N'GUESSAN elise", True),
            ("Awa Demo", "Awa Marie Demo", None),
            ("Awa Demo", "Kofi Mensah", False),
            ("", "Awa", None),
        ],
    )
    def test_is_certain_only_of_the_whole(self, one, other, told):
        assert names_match(one, other) is told
