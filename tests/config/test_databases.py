"""Addresses of databases, and which package lives where."""

import pytest
from django.apps import apps

from config import databases


class TestParse:
    def test_reads_every_part(self):
        made = databases.parse("postgresql://u%40x:p%2Fw@db.example:6543/my%20name?sslmode=require", role="web")
        assert [made[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
            "u@x", "p/w", "db.example", "6543", "my name",
        ]  # fmt: skip
        assert made["OPTIONS"]["sslmode"] == "require"

    def test_reads_a_socket_folder(self):
        made = databases.parse("postgresql://coko@/coko_main?host=%2Frun%2Fpg", role="web")
        assert (made["HOST"], made["PORT"]) == ("/run/pg", "")

    @pytest.mark.parametrize(
        "address", ["mysql://a/b", "sqlite:///x", "postgresql://host", "postgresql://host/", "", "nonsense"]
    )
    def test_refuses_what_is_not_postgresql_without_repeating_it(self, address):
        with pytest.raises(ValueError, match="not a PostgreSQL address"):
            databases.parse(address, role="web")

    @pytest.mark.parametrize(("role", "milliseconds"), [("web", 5_000), ("jobs", 60_000)])
    def test_bounds_every_statement(self, role, milliseconds):
        options = databases.parse("postgresql:///x", role=role)["OPTIONS"]
        assert f"-c statement_timeout={milliseconds}" in options["options"]
        assert options["connect_timeout"] == 5

    @pytest.mark.django_db
    def test_gives_connections_that_have_these_bounds(self):
        from django.db import connection

        with connection.cursor() as cursor:
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SHOW {name}")
                assert cursor.fetchone()[0] not in ("0", "")


class TestAddress:
    def test_is_the_given_one_or_a_sister_of_the_main_one(self):
        main = "postgresql://u@h/coko?sslmode=require"
        assert databases.sister(main, "auth") == "postgresql://u@h/coko_auth?sslmode=require"
        assert databases.sister(main, "default") == main


def found(**given: str) -> dict[str, tuple[str, str | None]]:
    """Alias → (where the application goes, where migrations go), embedded addresses as `embedded` and `owner`."""
    application = databases.addresses(
        lambda name: given.get(name, ""), embedded=dict.fromkeys(databases.ALIASES, "embedded")
    )
    owner = databases.owner_addresses(
        lambda name: given.get(name, ""), embedded=dict.fromkeys(databases.ALIASES, "owner")
    )
    return {alias: (application[alias], owner.get(alias)) for alias in databases.ALIASES}


class TestAddresses:
    def test_are_the_embedded_servers_when_nothing_is_given(self):
        assert set(found().values()) == {("embedded", "owner")}

    def test_have_one_role_when_no_owner_is_given(self):
        assert found(DATABASE_URL="postgresql://a@h/coko") == {
            "default": ("postgresql://a@h/coko", None),
            "auth": ("postgresql://a@h/coko_auth", None),
            "catalog": ("postgresql://a@h/coko_catalog", None),
            "reading": ("postgresql://a@h/coko_reading", None),
        }

    def test_have_the_owner_beside_the_main_owner(self):
        both = found(DATABASE_URL="postgresql://a@h/coko", DATABASE_OWNER_URL="postgresql://o@h/coko")
        assert both["default"] == ("postgresql://a@h/coko", "postgresql://o@h/coko")
        assert both["auth"] == ("postgresql://a@h/coko_auth", "postgresql://o@h/coko_auth")

    def test_never_migrate_another_database_than_the_one_that_is_used(self):
        both = found(
            DATABASE_URL="postgresql://a@h/coko",
            DATABASE_OWNER_URL="postgresql://o@h/coko",
            AUTH_DATABASE_URL="postgresql://a@elsewhere/people",
            READING_DATABASE_URL="postgresql://a@elsewhere/reading",
            READING_DATABASE_OWNER_URL="postgresql://o@elsewhere/reading",
        )
        assert both["auth"] == ("postgresql://a@elsewhere/people", None)
        assert both["reading"] == ("postgresql://a@elsewhere/reading", "postgresql://o@elsewhere/reading")
        assert found(AUTH_DATABASE_URL="postgresql://a@elsewhere/people")["auth"][1] is None

    @pytest.mark.parametrize("name", databases.OWNER_ALIASES.values())
    def test_refuse_an_owner_elsewhere_of_an_embedded_database(self, name):
        with pytest.raises(ValueError, match=name):
            found(**{name: "postgresql://o@h/coko"})


class TestRouter:
    def test_gives_every_table_exactly_one_home_or_all(self):
        for model in apps.get_models():
            homes = [
                alias for alias in databases.ALIASES if databases.Router().allow_migrate(alias, model._meta.app_label)
            ]
            assert len(homes) == (4 if model._meta.app_label in databases.EVERYWHERE else 1)

    def test_reads_and_writes_at_home(self):
        from config.identity.models import User

        assert databases.Router().db_for_read(User) == databases.Router().db_for_write(User) == "auth"

    def test_allows_no_relation_between_databases(self):
        from config.identity.models import ApiKey, User
        from sync.models import CrossServiceEvent

        assert databases.Router().allow_relation(User(), ApiKey())
        assert not databases.Router().allow_relation(User(), CrossServiceEvent())
