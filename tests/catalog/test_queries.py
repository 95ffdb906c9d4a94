"""Finding what can be sold."""

import pytest

from catalog import queries
from tests.factories import catalog as factory

pytestmark = pytest.mark.django_db(databases=["default", "catalog"])


class TestEditions:
    def test_come_in_the_order_of_their_titles_without_accents(self, at):
        for title in ("Zèbre", "Écho", "Dune", "fable"):
            factory.edition(title=title, at=at)
        assert [one.title for one in queries.editions()] == ["Dune", "Écho", "fable", "Zèbre"]

    @pytest.mark.parametrize("search", ["équiano", "EQUIANO", "recit equi", "récit  d’Equiano"])
    def test_are_found_by_title_and_author_whatever_the_accents(self, search, at):
        wanted = factory.edition(title="Récit d’une vie", authors=("Olaudah Equiano",), at=at)
        factory.edition(title="Autre récit", authors=("Awa",), at=at)
        assert [one.id for one in queries.editions(search=search)] == [wanted.id]

    def test_treat_signs_in_the_search_as_text(self, at):
        factory.edition(title="Cent", at=at)
        assert queries.editions(search="100%_") == ()

    def test_are_filtered_by_language_and_category(self, at):
        factory.edition(title="A", language="fr", categories=("romans",), at=at)
        wanted = factory.edition(title="B", language="en", categories=("romans", "histoire"), at=at)
        factory.edition(title="C", language="en", categories=("poesie",), at=at)
        assert [one.id for one in queries.editions(language="en", category="romans")] == [wanted.id]
        assert queries.edition_count(language="en", category="romans") == 1
        assert queries.edition_count(language="en") == 2

    def test_come_in_pages_that_do_not_overlap(self, at):
        for title in "abcde":
            factory.edition(title=title, at=at)
        pages = [queries.editions(limit=2, offset=offset) for offset in (0, 2, 4)]
        assert [[one.title for one in page] for page in pages] == [["a", "b"], ["c", "d"], ["e"]]

    def test_cost_the_same_number_of_queries_for_one_and_for_many(self, at, django_assert_num_queries):
        for title in "abc":
            factory.edition(title=title, authors=("x", "y"), categories=("romans",), at=at)
        for limit in (1, 3):
            with django_assert_num_queries(5, using="catalog"):
                queries.editions(limit=limit)


class TestEdition:
    def test_is_refused_when_nobody_knows_it(self):
        with pytest.raises(queries.NoSuchEdition):
            queries.edition("edn_none")
        with pytest.raises(queries.NoSuchEdition):
            queries.edition_by_slug("nulle-part")


class TestEditionsByRef:
    def test_gives_those_that_exist_in_the_order_of_their_titles(self, at):
        late, early = (factory.edition(title=title, at=at) for title in ("Zébu", "Âne"))
        factory.edition(title="Autre", at=at)
        found = queries.editions_by_ref([late.id, early.id, "edn_none"])
        assert list(found) == [early.id, late.id]
        assert found[late.id] == late


class TestCategories:
    def test_count_editions_and_leave_out_empty_ones(self, at):
        factory.category(slug="vide", at=at)
        factory.edition(title="A", categories=("romans",), at=at)
        factory.edition(title="B", categories=("romans", "essais"), at=at)
        assert [(one.slug, one.edition_count) for one in queries.categories()] == [("essais", 1), ("romans", 2)]


class TestLanguages:
    def test_begin_with_the_most_frequent(self, at):
        for language in ("en", "fr", "fr"):
            factory.edition(language=language, at=at)
        assert queries.languages() == ("fr", "en")
