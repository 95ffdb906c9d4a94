"""The reader's own pages: the library, and one book of it."""
