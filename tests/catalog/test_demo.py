"""The demo catalogue is large enough, true to its file, and loaded once."""

from datetime import timedelta

import pytest

from catalog import demo, queries
from catalog.models import Author, Edition

pytestmark = pytest.mark.django_db(databases=["default", "catalog"])


class TestLoad:
    def test_gives_real_works_with_all_their_marks_and_nothing_made_up(self, at):
        loaded = demo.load(at=at)
        editions = queries.editions(limit=500)
        assert len({one.book_ref for one in editions}) >= 64
        assert {one.id for one in editions} == set(loaded)
        assert {one.kind for one in editions} == {"ebook", "audio", "comic", "school"}
        for one in editions:
            assert all((one.summary, one.categories, one.region, one.original_language)), one.slug
            assert "démo" in one.publisher
        assert not Edition.objects.filter(isbn__isnull=False).exists()
        assert not Author.objects.filter(died_year__gt=1948).exists()

        (chaka,) = queries.editions(search="chaka mofolo", limit=1)
        assert (chaka.first_published_year, chaka.original_language, chaka.region) == (1925, "st", "Lesotho")
        rihla = queries.edition_by_slug("voyages-d-ibn-batoutah")
        assert [one.role for one in rihla.contributors] == ["author", "translator", "translator"]

    def test_changes_nothing_the_second_time(self, at):
        loaded = demo.load(at=at)
        people = Author.objects.count()
        assert demo.load(at=at + timedelta(days=1)) == loaded
        assert Edition.objects.count() == len(loaded)
        assert Author.objects.count() == people
