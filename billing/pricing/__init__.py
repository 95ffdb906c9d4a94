"""Prices by edition, country and currency, and the tax inside them."""
