"""The servers that come with us, and the data folders they refuse."""

import os
import pwd
import shutil
import socket

import psycopg
import pytest

from config import embedded


class TestSocketDir:
    def test_is_under_the_data_folder(self, monkeypatch):
        monkeypatch.setenv("COKO_VAR", "/srv/coko")
        assert str(embedded._socket_dir("pg")).startswith("/srv/coko/")

    def test_is_short_when_the_data_folder_is_deep(self, monkeypatch, tmp_path):
        deep = tmp_path.joinpath(*["a-rather-long-name"] * 8)
        monkeypatch.setenv("COKO_VAR", str(deep))
        path = embedded._socket_dir("pg") / ".s.PGSQL.5432.lock"
        assert len(os.fsencode(path)) <= 107
        assert embedded._socket_dir("pg") == embedded._socket_dir("pg") != embedded._socket_dir("redis")

    def test_really_can_be_listened_on(self, monkeypatch, tmp_path):
        monkeypatch.setenv("COKO_VAR", str(tmp_path.joinpath(*["a-rather-long-name"] * 8)))
        folder = embedded._socket_dir("pg")
        folder.mkdir(parents=True)
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(folder / ".s.PGSQL.5432"))
        finally:
            (folder / ".s.PGSQL.5432").unlink(missing_ok=True)
            folder.rmdir()


class TestOwnFolder:
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
    def test_refuses_a_folder_of_somebody_else(self, tmp_path):
        folder = tmp_path / "postgresql"
        folder.mkdir()
        os.chown(folder, 12_345, 12_345)
        with pytest.raises(embedded.EmbeddedRefused, match="12345"):
            embedded._own_folder(folder, pwd.getpwuid(os.geteuid()))
        assert folder.stat().st_uid == 12_345

    def test_makes_a_folder_for_the_owner_alone(self, tmp_path):
        embedded._own_folder(tmp_path / "postgresql", pwd.getpwuid(os.geteuid()))
        assert (tmp_path / "postgresql").stat().st_mode & 0o777 == 0o700


class TestServicesIfNeeded:
    @pytest.mark.skipif("DATABASE_URL" in os.environ, reason="the servers are not ours")
    def test_finds_the_servers_that_run_already_and_leaves_them_running(self):
        assert embedded._postgresql_answers()
        with embedded.services_if_needed():
            assert embedded._postgresql_answers()
        assert embedded._postgresql_answers()

    def test_starts_nothing_when_addresses_are_given(self, monkeypatch, tmp_path):
        monkeypatch.setenv("COKO_VAR", str(tmp_path))
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
        monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
        with embedded.services_if_needed():
            assert not (tmp_path / "postgresql").exists()
            assert not (tmp_path / "redis").exists()


@pytest.fixture
def own_server(monkeypatch):
    """PostgreSQL on a data folder of this test's own, started anew each time this is entered."""
    folder = embedded.var_dir() / "own-server"  # where PostgreSQL's user can pass already
    shutil.rmtree(folder, ignore_errors=True)
    monkeypatch.setenv("COKO_VAR", str(folder))
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield embedded.services_if_needed
    shutil.rmtree(folder)


class TestRoles:
    def owner(self) -> psycopg.Connection:
        return psycopg.connect(embedded.database_owner_urls()["default"], autocommit=True)

    def roles(self) -> dict[str, bool]:
        with self.owner() as connection:
            return dict(connection.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolcanlogin"))

    def test_are_the_owner_and_the_application_in_a_folder_made_before_there_were_two_too(self, own_server):
        both = {"coko": True, "coko_app": False}
        with own_server():
            assert self.roles() == both
            with self.owner() as connection:
                connection.execute("DROP ROLE coko_app")
            with own_server():  # left running by an older version
                assert self.roles() == both
            with self.owner() as connection:
                connection.execute("DROP ROLE coko_app")
        with own_server():
            assert self.roles() == both
            with psycopg.connect(embedded.database_urls()["reading"]) as application:
                assert application.execute("SELECT current_user").fetchone() == ("coko_app",)


class TestCeleryUrl:
    @pytest.mark.parametrize("address", ["redis://host:6379/0", "rediss://host/1"])
    def test_leaves_network_addresses_alone(self, address):
        assert embedded.celery_url(address) == address

    def test_spells_a_socket_as_celery_wants_it(self):
        assert embedded.celery_url("unix:///run/r.sock").startswith("redis+socket:///run/r.sock")
