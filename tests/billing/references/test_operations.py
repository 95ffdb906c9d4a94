"""Keeping the local copies up to date."""

from datetime import timedelta

import pytest
from django.db import transaction

from billing.references.facts import AuthorOfBook, UserFact
from billing.references.models import AuthorReference, BookReference, UserReference
from billing.references.operations import refresh
from billing.references.queries import UnknownAuthor, UnknownBook, UnknownUser, author, book, books, user
from billing.references.tasks import refresh as refresh_task
from sync.operations import EventNotApplied, publish
from tests.factories import billing

# Real commits: sync gives out nothing of a transaction that is still open.
pytestmark = pytest.mark.django_db(databases=["default", "auth", "catalog"], transaction=True)


def say(topic, subject_ref, payload, at, using="catalog"):
    with transaction.atomic(using=using):
        publish(using=using, topic=topic, subject_ref=subject_ref, payload=payload, at=at)


def say_book(at, title="Une si longue lettre", edition_ref=billing.EDITION):
    payload = {
        "id": edition_ref,
        "book_ref": "bok_1",
        "title": title,
        "language": "fr",
        "kind": "ebook",
        "contributors": [{"author_ref": billing.AUTHOR, "name": "M. Bâ", "role": "author"}],
        "summary": "what billing does not keep",
    }
    say("catalog.edition", edition_ref, payload, at)


def say_author(at, name):
    say("catalog.author", billing.AUTHOR, {"id": billing.AUTHOR, "name": name}, at)


class TestRefresh:
    def test_copies_books_authors_and_users(self, at):
        say_author(at, "Mariama Bâ")
        say_book(at)
        say(
            "identity.user",
            "usr_1",
            {"id": "usr_1", "name": "Awa", "email": "awa@example.org", "language": "en"},
            at,
            "auth",
        )
        assert refresh(at=at) == 3
        assert book(billing.EDITION).contributors == (AuthorOfBook(billing.AUTHOR, "Mariama Bâ", "author"),)
        assert author(billing.AUTHOR).name == "Mariama Bâ"
        assert user("usr_1") == UserFact("usr_1", "Awa", "awa@example.org", "en")

    def test_changes_nothing_when_told_twice(self, at):
        for _ in range(2):
            say_author(at, "Mariama Bâ")
            say_book(at)
        assert refresh(at=at) == 4
        once = (book(billing.EDITION), BookReference.objects.count(), AuthorReference.objects.count())
        assert once[1:] == (1, 1)
        assert refresh(at=at) == 0
        assert (book(billing.EDITION), 1, 1) == once

    def test_follows_a_rename_even_one_told_with_an_earlier_date(self, at):
        say_author(at, "M. Bâ")
        say_book(at, title="Titre de travail")
        refresh(at=at)
        say_author(at - timedelta(days=1), "Mariama Bâ")
        say_book(at - timedelta(days=1))
        refresh(at=at)
        assert book(billing.EDITION).title == "Une si longue lettre"
        assert book(billing.EDITION).contributors[0].name == "Mariama Bâ"

    def test_prints_the_name_told_with_the_book_until_the_author_is_known(self, at):
        say_book(at)
        refresh(at=at)
        assert book(billing.EDITION).contributors[0].name == "M. Bâ"

    @pytest.mark.parametrize("poisoned", ["catalog", "auth"])
    def test_goes_on_with_the_other_source_when_one_holds_poison(self, at, poisoned):
        whole = {"id": "usr_1", "name": "Awa", "email": "awa@example.org", "language": "en"}
        say("identity.user", "usr_1", {} if poisoned == "auth" else whole, at, "auth")
        say("catalog.author", billing.AUTHOR, {} if poisoned == "catalog" else {"name": "Mariama Bâ"}, at)
        with pytest.raises(EventNotApplied) as failure:
            refresh(at=at)
        assert failure.value.event.payload == {}
        assert (UserReference.objects.count(), AuthorReference.objects.count()) == (
            (1, 0) if poisoned == "catalog" else (0, 1)
        )

    def test_is_what_the_sweep_calls(self, at):
        say_book(at)
        assert refresh_task() == 1
        assert UserReference.objects.count() == 0


class TestUnknown:
    def test_is_refused_by_name(self):
        with pytest.raises(UnknownBook):
            book("edn_none")
        with pytest.raises(UnknownAuthor):
            author("aut_none")
        with pytest.raises(UnknownUser):
            user("usr_none")

    def test_is_left_out_of_many(self, at):
        billing.know_book(at=at)
        assert set(books([billing.EDITION, "edn_none"])) == {billing.EDITION}
