"""Contract C, Orange Cameroon: a prompt on the payer's phone, payouts by cash-in."""
