"""The double-entry ledger: accounts, entries, postings."""
