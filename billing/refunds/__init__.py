"""Money given back, and payments that somebody contests."""
