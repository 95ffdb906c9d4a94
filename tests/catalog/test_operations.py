"""What changes in the catalogue, and what is told of it."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction

from catalog import operations, queries
from catalog.models import Edition
from sync.facts import EventFact
from sync.operations import consume
from tests.factories import catalog as factory

DATABASES = ["default", "catalog"]


def told(at) -> list[EventFact]:
    """What the catalogue has published since the last time we asked."""
    events: list[EventFact] = []
    topics = ["catalog.author", "catalog.edition"]
    consume(consumer="test", source="catalog", topics=topics, apply=events.append, at=at)
    return events


@pytest.mark.django_db(databases=["default", "catalog"])
class TestAddAuthor:
    def test_gives_two_people_of_one_name_two_addresses(self, at):
        first, second = (operations.add_author(name="Awa Démo", at=at) for _ in range(2))
        assert queries.author(first).slug == "awa-demo"
        assert queries.author(second).slug == "awa-demo-2"

    def test_refuses_an_address_in_use(self, at):
        operations.add_author(name="Awa", slug="awa", at=at)
        with pytest.raises(operations.SlugTaken):
            operations.add_author(name="Autre", slug="awa", at=at)


@pytest.mark.django_db(databases=["default", "catalog"])
class TestAddBook:
    def test_refuses_an_unknown_author_and_keeps_nothing(self, at):
        with pytest.raises(operations.UnknownReference, match="aut_none"):
            operations.add_book(title="Titre", credits=[("aut_none", "author")], at=at)
        assert not operations.Book.objects.exists()

    def test_refuses_an_unknown_role(self, at):
        author_ref = operations.add_author(name="Awa", at=at)
        with pytest.raises(operations.UnknownRole):
            operations.add_book(title="Titre", credits=[(author_ref, "ghost")], at=at)

    def test_refuses_an_unknown_category(self, at):
        with pytest.raises(operations.UnknownReference, match="nulle-part"):
            operations.add_book(title="Titre", credits=[], categories=["nulle-part"], at=at)


@pytest.mark.django_db(databases=["default", "catalog"])
class TestAddEdition:
    def test_takes_the_title_of_the_work(self, at):
        edition = factory.edition(title="L’Île d’Awa", at=at)
        assert (edition.title, edition.slug) == ("L’Île d’Awa", "l-ile-d-awa")

    def test_gives_a_title_without_ascii_an_address_all_the_same(self, at):
        assert factory.edition(title="المقدمة", at=at).slug == "edition"

    def test_credits_the_translator_of_one_edition_only(self, at):
        original = factory.edition(authors=("Awa",), at=at)
        translator = operations.add_author(name="Binta", at=at)
        edition_ref = operations.add_edition(
            book_ref=original.book_ref,
            publisher_ref=factory.publisher(at=at),
            language="en",
            kind="ebook",
            title="Three Springs",
            credits=[(translator, "translator")],
            at=at,
        )
        assert [(one.name, one.role) for one in queries.edition(edition_ref).contributors] == [
            ("Awa", "author"),
            ("Binta", "translator"),
        ]
        assert [one.name for one in queries.edition(original.id).contributors] == ["Awa"]

    def test_refuses_an_unknown_kind(self, at):
        with pytest.raises(operations.UnknownKind):
            factory.edition(kind="papyrus", at=at)

    def test_keeps_two_editions_without_isbn_and_refuses_the_same_isbn_twice(self, at):
        edition = factory.edition(at=at)
        add = {
            "book_ref": edition.book_ref,
            "publisher_ref": factory.publisher(at=at),
            "language": "fr",
            "kind": "audio",
        }
        operations.add_edition(**add, at=at)
        operations.add_edition(**add, isbn="given", at=at)
        with pytest.raises(IntegrityError):
            operations.add_edition(**add, isbn="given", at=at)


@pytest.mark.django_db(transaction=True, databases=DATABASES)
class TestWhatIsTold:
    def test_is_the_whole_edition_and_its_people(self, at):
        edition = factory.edition(authors=("Awa", "Binta"), categories=("romans",), at=at)
        *authors, last = told(at)
        assert [event.payload for event in authors] == [
            {"id": one.author_ref, "name": one.name} for one in edition.contributors
        ]
        assert (last.topic, last.subject_ref) == ("catalog.edition", edition.id)
        assert last.payload["title"] == edition.title
        assert last.payload["categories"] == ["romans"]
        assert [one["name"] for one in last.payload["contributors"]] == ["Awa", "Binta"]

    def test_is_nothing_when_the_change_is_undone(self, at):
        with transaction.atomic(using="catalog"):
            factory.edition(at=at)
            transaction.set_rollback(True, using="catalog")
        assert told(at) == []

    def test_follows_a_new_name_into_every_edition_and_keeps_addresses(self, at):
        edition = factory.edition(authors=("Awa Demo",), at=at)
        author_ref = edition.contributors[0].author_ref
        told(at)
        operations.rename_author(author_ref=author_ref, name="Awa N’Démo", at=at)
        assert [event.topic for event in told(at)] == ["catalog.author", "catalog.edition"]
        assert queries.author(author_ref).slug == "awa-demo"
        assert queries.edition(edition.id).contributors[0].name == "Awa N’Démo"
        assert [one.id for one in queries.editions(search="n demo")] == [edition.id]

    def test_follows_a_corrected_title_and_keeps_the_address(self, at):
        edition = factory.edition(title="Ancien", at=at)
        told(at)
        operations.retitle_edition(edition_ref=edition.id, title="Nouveau", at=at)
        (event,) = told(at)
        assert event.payload["title"] == "Nouveau"
        assert queries.edition_by_slug("ancien").title == "Nouveau"
        assert queries.edition_count(search="ancien") == 0


@pytest.mark.django_db(databases=["default", "catalog"])
class TestRefusals:
    def test_rename_needs_a_known_author(self, at):
        with pytest.raises(queries.NoSuchAuthor):
            operations.rename_author(author_ref="aut_none", name="x", at=at)

    def test_retitle_needs_a_known_edition(self, at):
        with pytest.raises(queries.NoSuchEdition):
            operations.retitle_edition(edition_ref="edn_none", title="x", at=at)


@pytest.mark.django_db(transaction=True, databases=["default", "catalog"])
class TestSlugs:
    def test_differ_when_one_title_is_added_by_many_at_once(self, at):
        edition = factory.edition(title="Georges", at=at)
        publisher_ref = factory.publisher(at=at)
        start = threading.Barrier(4)

        def add() -> None:
            try:
                start.wait(20)
                operations.add_edition(
                    book_ref=edition.book_ref, publisher_ref=publisher_ref, language="fr", kind="ebook", at=at
                )
            finally:
                connections.close_all()

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        slugs = set(Edition.objects.values_list("slug", flat=True))
        assert slugs == {"georges", "georges-2", "georges-3", "georges-4", "georges-5"}
