"""REST for authors."""
