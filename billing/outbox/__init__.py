"""Signed webhooks to our own API clients."""
