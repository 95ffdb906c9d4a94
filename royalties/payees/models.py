"""Tables of payees."""

from typing import ClassVar

from django.db import models

from royalties.payees.facts import PayeeFact


class Payee(models.Model):
    """A person or company that royalties are paid to. Author, user and payee are three different things."""

    id = models.CharField(primary_key=True, max_length=30)  # pye_…
    name = models.CharField(max_length=160)
    author_ref = models.CharField(max_length=30, null=True, blank=True, db_index=True)
    user_ref = models.CharField(max_length=30, null=True, blank=True)
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=5)
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user_ref"], name="payee_user_once"),
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="payee_country_is_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    def as_fact(self) -> PayeeFact:
        return PayeeFact(
            id=self.id,
            name=self.name,
            author_ref=self.author_ref,
            user_ref=self.user_ref,
            country=self.country,
            language=self.language,
            email=self.email,
        )
