"""An invoice with a line that gives back: the fee is shared among those that charge."""

from billing.invoices.rows import fee_shares


def test_a_line_that_gives_back_bears_no_fee():
    assert fee_shares(15, {"itm_back": -750, "itm_new": 1500}) == {"itm_back": 0, "itm_new": 15}
