"""What each provider says of our wallets, against the ledger, to the smallest unit."""
