"""Dated contract terms, rates and splits."""
