"""Money in, money out, and the ledger that proves it."""
