"""REST for reading."""
