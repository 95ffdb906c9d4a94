"""Measurements at the size of years, run on demand: `make ledger-10m`. Not collected by pytest."""
