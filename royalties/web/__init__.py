"""The author portal."""
