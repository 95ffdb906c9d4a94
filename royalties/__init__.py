"""Turns sales and reading into what authors are owed."""
