"""Webhook intake and settlement, as ratios; see bench/README-payments.md."""
