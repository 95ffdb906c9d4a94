"""Money in: one row an attempt, every change an event."""
