"""Two roles: the application's reads the ledger, writes everything else, and posts through the functions alone."""

import psycopg.errors
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from billing.ledger import operations, queries
from config import grants
from sync.models import CrossServiceEvent
from sync.operations import publish
from tests.conftest import ALL_DATABASES
from tests.factories.ledger import AT, account, draft

ROLE = settings.DATABASE_APPLICATIONS["default"]["USER"]
OWNER = settings.DATABASES["default"]["USER"]
two_roles = pytest.mark.skipif(not settings.DATABASE_OWNERS, reason="the server given to the tests has one role")


def rows(sql: str, *values: object, alias: str = "default") -> list[tuple]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def refused(statement: str) -> bool:
    """Whether the role may not do this, whatever the guards of the tables would say."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL coko.ledger_writing = 'on'")
            cursor.execute(statement)
            transaction.set_rollback(True)
    except ProgrammingError as error:
        if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            return True
        raise
    return False


def tables(alias: str = "default") -> dict[str, str]:
    """Table → its first column."""
    return dict(
        rows(
            "SELECT relname, min(attname) FILTER (WHERE attnum = 1) FROM pg_class JOIN pg_attribute ON attrelid = oid"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') GROUP BY relname",
            alias=alias,
        )
    )


def ledger_tables() -> dict[str, str]:
    found = {name: column for name, column in tables().items() if name.startswith("ledger_")}
    assert {"ledger_account", "ledger_accountbalance", "ledger_journalentry", "ledger_posting"} <= set(found)
    return found


def functions(condition: str) -> list[tuple[str, str]]:
    """(name, spelled with its arguments) of the ledger's functions."""
    ours = "pronamespace = 'public'::regnamespace AND starts_with(proname, 'ledger_')"
    return rows(f"SELECT proname, oid::regprocedure::text FROM pg_proc WHERE {ours} AND {condition}")  # noqa: S608


class TestTheLedgerAsTheApplication:
    def test_is_read(self, as_application):
        assert [table for table in ledger_tables() if refused(f"TABLE {table}")] == []

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO {table} DEFAULT VALUES",
            "INSERT INTO {table} SELECT * FROM {table}",
            "COPY {table} FROM STDIN",
            "UPDATE {table} SET {column} = {column}",
            "UPDATE {table} SET {column} = {column} WHERE false",
            "DELETE FROM {table}",
            "TRUNCATE {table}",
            "TRUNCATE {table} CASCADE",
            "SELECT * FROM {table} FOR UPDATE",
            "LOCK TABLE {table} IN EXCLUSIVE MODE",
        ],
    )
    def test_is_written_by_no_statement_even_when_the_guards_are_told_to_look_away(self, as_application, statement):
        spelled = {table: statement.format(table=table, column=column) for table, column in ledger_tables().items()}
        assert [table for table, one in spelled.items() if not refused(one)] == []

    def test_has_sequences_that_do_not_move(self, as_application):
        sequences = rows(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S' AND starts_with(relname, 'ledger_')"
        )
        assert sequences
        for (sequence,) in sequences:
            assert refused(f"SELECT nextval('{sequence}')")
            assert refused(f"SELECT setval('{sequence}', 1)")

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE {table} DISABLE TRIGGER ALL",
            "ALTER TABLE {table} ADD COLUMN more int",
            "ALTER TABLE {table} OWNER TO CURRENT_USER",
            "CREATE TRIGGER more BEFORE UPDATE ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "CREATE RULE more AS ON INSERT TO {table} DO INSTEAD NOTHING",
            "DROP TABLE {table} CASCADE",
        ],
    )
    def test_keeps_its_tables_as_they_are(self, as_application, statement):
        assert [table for table in ledger_tables() if not refused(statement.format(table=table))] == []

    def test_keeps_its_triggers(self, as_application):
        triggers = rows(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND starts_with(tgrelid::regclass::text, 'ledger_')"
        )
        assert len(triggers) > 5
        assert [name for name, table in triggers if not refused(f"DROP TRIGGER {name} ON {table}")] == []

    def test_keeps_its_functions(self, as_application):
        found = functions("true")
        assert len(found) > 5
        assert [spelled for _, spelled in found if not refused(f"DROP FUNCTION {spelled} CASCADE")] == []
        assert [spelled for _, spelled in found if not refused(f"ALTER FUNCTION {spelled} SECURITY INVOKER")] == []

    def test_lends_its_trigger_functions_to_no_other_table(self, as_application):
        borrowed = functions("prorettype = 'trigger'::regtype")
        assert borrowed
        with transaction.atomic():
            run("CREATE TEMPORARY TABLE mine (entry_id uuid)")
            for name, _ in borrowed:
                assert refused(f"CREATE TRIGGER mine AFTER INSERT ON mine EXECUTE FUNCTION {name}()")

    @pytest.mark.parametrize(
        "statement",
        [
            "SET session_replication_role = 'replica'",
            f"SET ROLE {OWNER}",
            f"SET SESSION AUTHORIZATION {OWNER}",
            "CREATE TABLE more (id int)",
            "CREATE FUNCTION more() RETURNS int LANGUAGE sql RETURN 1",
            "CREATE SCHEMA more",
        ],
    )
    def test_is_not_walked_round(self, as_application, statement):
        assert refused(statement)


@pytest.mark.django_db(transaction=True, databases=ALL_DATABASES)
class TestPostingAsTheApplication:
    def test_goes_through_the_function_and_is_committed(self, as_application):
        entry = operations.post(draft=draft(), at=AT)
        back = operations.reverse(entry_ref=entry.id, key="test:back", reason="Erreur", at=AT)
        as_application.close()
        assert rows("SELECT current_user") == [(ROLE,)]
        assert queries.entry(entry.id).reversed_by == back.id
        assert queries.balance(account("552", "wave:SN")) == 0

    def test_leaves_nothing_open_behind_it(self, as_application):
        with transaction.atomic():
            operations.post(draft=draft(), at=AT)
            assert refused("INSERT INTO ledger_posting SELECT * FROM ledger_posting")

    def test_can_be_verified(self, as_application, capsys):
        operations.post(draft=draft(), at=AT)
        call_command("ledger_verify")
        assert "The books agree." in capsys.readouterr().out


@two_roles
@pytest.mark.django_db(databases=ALL_DATABASES)
class TestOtherTables:
    @pytest.mark.parametrize("alias", ALL_DATABASES)
    def test_are_read_and_written_but_never_emptied(self, alias):
        other = [name for name in tables(alias) if not name.startswith(("ledger_", "django_migrations"))]
        assert "sync_crossserviceevent" in other
        for table in other:
            allowed = {
                privilege
                for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
                if rows("SELECT has_table_privilege(%s, %s, %s)", ROLE, table, privilege, alias=alias) == [(True,)]
            }
            assert (table, allowed) == (table, {"SELECT", "INSERT", "UPDATE", "DELETE"})

    @pytest.mark.parametrize("alias", ALL_DATABASES)
    def test_but_the_record_of_migrations_is_only_read(self, alias):
        for privilege, allowed in (("SELECT", True), ("INSERT, UPDATE, DELETE, TRUNCATE", False)):
            assert rows("SELECT has_table_privilege(%s, 'django_migrations', %s)", ROLE, privilege, alias=alias) == [
                (allowed,)
            ]

    def test_are_really_written(self, as_application):
        with transaction.atomic():
            publish(using="default", topic="test", subject_ref="x", payload={}, at=AT)
            assert CrossServiceEvent.objects.using("default").filter(topic="test").count() == 1
            transaction.set_rollback(True)


@two_roles
@pytest.mark.django_db
class TestGive:
    """Made and looked at in the owner's transaction, which is rolled back."""

    def may(self, table: str, privileges: str) -> bool:
        return rows("SELECT has_table_privilege(%s, %s, %s)", ROLE, table, privileges)[0][0]

    def may_call(self, function: str, role: str = ROLE) -> bool:
        return rows("SELECT has_function_privilege(%s, %s, 'EXECUTE')", role, function)[0][0]

    def test_fences_a_new_table_of_the_ledger_from_its_first_moment(self):
        run("CREATE TABLE ledger_new (id int GENERATED BY DEFAULT AS IDENTITY)")
        for moment in ("before", "after"):
            assert self.may("ledger_new", "SELECT"), moment
            assert not self.may("ledger_new", "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"), moment
            grants.give("default")
        assert rows("SELECT has_sequence_privilege(%s, 'ledger_new_id_seq', 'USAGE, UPDATE')", ROLE) == [(False,)]

    def test_opens_any_other_new_table(self):
        run('CREATE TABLE "ledgerless One" (id serial)')
        grants.give("default")
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            assert self.may('"ledgerless One"', privilege)
        assert rows("""SELECT has_sequence_privilege(%s, '"ledgerless One_id_seq"', 'USAGE')""", ROLE) == [(True,)]

    def test_lets_the_application_alone_call_a_new_function_of_the_ledger(self):
        run("CREATE ROLE coko_bystander")
        run("CREATE FUNCTION ledger_new(a int, b text[] DEFAULT '{}') RETURNS int LANGUAGE sql RETURN 1")
        run("CREATE PROCEDURE ledger_new_batch() LANGUAGE sql AS 'SELECT 1'")
        run("CREATE FUNCTION ledger_new_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
        grants.give("default")
        for function in ("ledger_new(int, text[])", "ledger_new_batch()"):
            assert self.may_call(function)
            assert not self.may_call(function, "coko_bystander")
        assert not self.may_call("ledger_new_guard()")

    def test_takes_back_what_was_given_by_hand(self):
        run(f"GRANT ALL ON ledger_posting, sync_crossserviceevent TO {ROLE}")
        run(f"GRANT INSERT (entry_id) ON ledger_posting TO {ROLE}; GRANT INSERT ON ledger_account TO PUBLIC")
        grants.give("default")
        assert not self.may("ledger_posting", "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER")
        assert rows("SELECT has_any_column_privilege(%s, 'ledger_posting', 'INSERT')", ROLE) == [(False,)]
        assert not self.may("ledger_account", "INSERT")
        assert not self.may("sync_crossserviceevent", "TRUNCATE")

    def test_again_changes_nothing(self):
        kept = "SELECT relname, relacl::text FROM pg_class UNION SELECT proname, proacl::text FROM pg_proc"
        before = set(rows(kept))
        grants.give("default")
        assert set(rows(kept)) == before

    def test_refuses_a_role_that_is_not_there(self, settings):
        application = {**settings.DATABASE_APPLICATIONS["default"], "USER": "nobody_here"}
        settings.DATABASE_APPLICATIONS = {**settings.DATABASE_APPLICATIONS, "default": application}
        with pytest.raises(CommandError, match="no role 'nobody_here'"):
            call_command("migrate", database="default", verbosity=0)

    def test_leaves_a_database_with_one_role_alone(self, settings):
        settings.DATABASE_OWNERS = {}
        run("CREATE TABLE other_new (id int)")
        grants.give("default")
        assert not self.may("other_new", "INSERT")


@pytest.mark.django_db
class TestFunctionsThatRunAsTheOwner:
    def test_never_look_where_the_caller_points(self):
        loose = rows(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
            " AND NOT 'search_path=public, pg_temp' = ANY (coalesce(proconfig, '{}'))"
        )
        assert functions("prosecdef")
        assert loose == []

    @two_roles
    def test_like_all_of_the_ledger_are_not_everybodys_to_call(self):
        public = "EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)"
        assert functions(public) == []


class TestAsOwner:
    def test_is_the_owner_meanwhile(self, as_application):
        seen = [rows("SELECT current_user")]
        with grants.as_owner("default"):
            seen.append(rows("SELECT current_user"))
        seen.append(rows("SELECT current_user"))
        assert seen == [[(ROLE,)], [(OWNER,)], [(ROLE,)]]

    def test_lets_the_application_migrate(self, as_application):
        call_command("migrate", database="default", verbosity=0)
        assert rows("SELECT current_user") == [(ROLE,)]


@pytest.mark.django_db
class TestUnfenced:
    def test_names_what_the_owner_could_write(self):
        assert grants.unfenced() == sorted(ledger_tables())

    def test_is_nothing_for_the_application(self, as_application):
        assert grants.unfenced() == []


@pytest.mark.django_db
class TestCheckFence:
    def warnings(self, **options) -> list[str]:
        found = run_checks(tags=["security"], include_deployment_checks=True, **options)
        return [one.msg for one in found if one.id == "coko.W001"]

    def test_is_content_with_an_owner_of_the_tables(self, as_application):
        assert self.warnings() == self.warnings(databases=["default"]) == []

    def test_warns_of_one_role(self, settings):
        settings.DATABASE_OWNERS = {}
        [said] = self.warnings()
        assert "DATABASE_OWNER_URL" in said

    def test_warns_of_a_role_that_could_write_whatever_the_addresses_say(self):
        [said] = self.warnings(databases=["default"])
        assert "ledger_posting" in said
