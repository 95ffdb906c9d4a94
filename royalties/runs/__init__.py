"""AuthorRoyalty lines: calculate, post, close."""
