"""Who may open what, and why."""

from datetime import timedelta
from uuid import uuid4

import pytest

from reading import library
from tests.reading.conftest import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


def record(reader, edition, at, *, first=1, last=10):
    return library.record(
        user_ref=reader.id,
        edition_ref=edition.id,
        device_ref="phone",
        client_uuid=uuid4(),
        started_at=at - timedelta(minutes=5),
        ended_at=at,
        first_page=first,
        last_page=last,
        at=at,
    )


class TestMayOpen:
    def test_allows_what_was_bought(self, reader, bought):
        permission = library.may_open(user_ref=reader.id, edition_ref=bought.id)
        assert permission == library.Permission(may=True, why=library.Reason.BOUGHT)

    def test_refuses_what_was_not(self, reader, unbought):
        permission = library.may_open(user_ref=reader.id, edition_ref=unbought.id)
        assert permission == library.Permission(may=False, why=library.Reason.NOT_BOUGHT)

    def test_refuses_somebody_elses_book(self, bought):
        assert not library.may_open(user_ref="usr_other", edition_ref=bought.id).may


class TestShelf:
    def test_is_empty_for_who_bought_nothing(self, bought):
        assert library.shelf("usr_other") == ()

    def test_holds_what_was_bought_with_progress(self, reader, bought, unbought, at):
        (item,) = library.shelf(reader.id)
        assert (item.edition, item.progress) == (bought, None)
        record(reader, bought, at)
        (item,) = library.shelf(reader.id)
        assert item.progress.read_count == 10


class TestRecord:
    def test_refuses_a_book_that_is_not_on_the_shelf(self, reader, unbought, at):
        with pytest.raises(library.NotOnShelf):
            record(reader, unbought, at)

    def test_refuses_pages_the_book_does_not_have(self, reader, bought, at):
        record(reader, bought, at, first=21, last=30)
        with pytest.raises(library.BeyondLastPage) as refused:
            record(reader, bought, at, first=22, last=31)
        assert refused.value.page_count == 30

    def test_refuses_a_book_nobody_knows(self, reader, bought, at):
        with pytest.raises(library.NoSuchEdition):
            library.item(user_ref=reader.id, edition_ref="edn_none")
