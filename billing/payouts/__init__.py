"""Money out: what is owed to somebody, sent to their wallet."""
