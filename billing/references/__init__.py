"""Local copies of books, authors and users, fed by sync."""
