"""Local copies of books, authors and users. Imported by this package only.

Nothing points at these rows with a foreign key: what was printed or booked has its own copy.
"""

from django.db import models


class BookReference(models.Model):
    """One edition as the catalogue last described it."""

    edition_ref = models.CharField(primary_key=True, max_length=30)
    book_ref = models.CharField(max_length=30)
    title = models.TextField()
    language = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    contributors = models.JSONField(default=list)  # [{"author_ref", "name", "role"}, …] in printing order
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.edition_ref} {self.title}"


class AuthorReference(models.Model):
    """One author as the catalogue last named them."""

    author_ref = models.CharField(primary_key=True, max_length=30)
    name = models.TextField()
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.author_ref} {self.name}"


class UserReference(models.Model):
    """One user as identity last described them."""

    user_ref = models.CharField(primary_key=True, max_length=30)
    name = models.TextField()
    email = models.TextField()
    language = models.CharField(max_length=10)
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return self.user_ref
