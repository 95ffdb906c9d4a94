"""Dated business configuration: sellers, taxes, provider routes."""
