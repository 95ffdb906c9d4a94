"""Hosted checkout, receipts, and the door for provider notifications."""
