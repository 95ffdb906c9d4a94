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
