"""Works, their editions, and the people and publishers behind them. Database: catalog."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from catalog.facts import AuthorFact, ContributorFact, EditionFact, PublisherFact

KINDS = ("ebook", "audio", "press", "comic", "school")
ROLES = ("author", "translator", "illustrator", "editor", "preface")


class Publisher(models.Model):
    """A house that publishes editions."""

    id = models.CharField(primary_key=True, max_length=30)  # pub_…
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)

    def __str__(self) -> str:
        return self.name

    def as_fact(self) -> PublisherFact:
        return PublisherFact(id=self.id, slug=self.slug, name=self.name, country=self.country)


class Author(models.Model):
    """Somebody who wrote, translated, illustrated, edited or prefaced."""

    id = models.CharField(primary_key=True, max_length=30)  # aut_…
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=80, blank=True)
    born_year = models.SmallIntegerField(null=True)
    died_year = models.SmallIntegerField(null=True)

    def __str__(self) -> str:
        return self.name

    def as_fact(self) -> AuthorFact:
        return AuthorFact(
            id=self.id,
            slug=self.slug,
            name=self.name,
            country=self.country,
            born_year=self.born_year,
            died_year=self.died_year,
        )


class Category(models.Model):
    """A shelf of the shop."""

    id = models.CharField(primary_key=True, max_length=30)  # cat_…
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """A work, whatever the languages and formats it is sold in."""

    id = models.CharField(primary_key=True, max_length=30)  # bok_…
    title = models.CharField(max_length=300)
    original_language = models.CharField(max_length=3, blank=True)
    region = models.CharField(max_length=80, blank=True)
    first_published_year = models.SmallIntegerField(null=True)  # of the work; empty when older than print or unsure
    summary = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class Shelving(models.Model):
    """A book stands in a category."""

    id = models.BigAutoField(primary_key=True)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="shelvings")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="shelvings")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["book", "category"], name="catalog_one_shelving_a_book_and_category"),
        ]

    def __str__(self) -> str:
        return f"{self.book} · {self.category}"


class Edition(models.Model):
    """One thing that can be sold: a work in one language and format."""

    id = models.CharField(primary_key=True, max_length=30)  # edn_…
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="editions")
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="editions")
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=300)
    subtitle = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=3)
    kind = models.CharField(max_length=10)
    isbn = models.CharField(max_length=13, null=True, unique=True)
    page_count = models.PositiveIntegerField(null=True)
    search_text = models.TextField()  # title and people in plain spelling
    sort_title = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="catalog_edition_kind"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sort_title", "id"], name="catalog_edition_order")
        ]

    def __str__(self) -> str:
        return self.title

    def as_fact(self) -> EditionFact:
        """The edition with all that is told of it. Reads prefetched rows when there are some."""
        return EditionFact(
            id=self.id,
            book_ref=self.book.id,
            slug=self.slug,
            title=self.title,
            subtitle=self.subtitle,
            language=self.language,
            kind=self.kind,
            publisher=self.publisher.name,
            contributors=self.contributors(),
            categories=tuple(sorted(shelving.category.slug for shelving in self.book.shelvings.all())),
            first_published_year=self.book.first_published_year,
            summary=self.book.summary,
            page_count=self.page_count,
            original_language=self.book.original_language,
            region=self.book.region,
        )

    def contributors(self) -> tuple[ContributorFact, ...]:
        """Those of the work, then those of this edition alone (its translator, its illustrator)."""
        own = [one for one in self.book.contributions.all() if one.edition_id in (None, self.id)]
        own.sort(key=lambda one: (one.edition_id is not None, one.position, one.id))
        return tuple(ContributorFact(author_ref=one.author.id, name=one.author.name, role=one.role) for one in own)


class Contribution(models.Model):
    """Who did what for a book; with an edition, for that edition alone."""

    id = models.BigAutoField(primary_key=True)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="contributions")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, related_name="contributions")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="contributions")
    role = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(role__in=ROLES), name="catalog_contribution_role"),
            models.UniqueConstraint(
                fields=["book", "edition", "author", "role"],
                nulls_distinct=False,
                name="catalog_one_contribution_a_person_and_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author} ({self.role})"
