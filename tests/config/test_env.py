"""A value that cannot be read stops the boot and names the variable."""

import pytest

from config import env

NAME = "COKO_TEST_VALUE"


class TestText:
    def test_reads_the_file_that_is_named(self, monkeypatch, tmp_path):
        (tmp_path / "secret").write_text("kept apart\n")
        monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
        assert env.text(NAME) == "kept apart"

    def test_names_a_file_that_cannot_be_read(self, monkeypatch):
        monkeypatch.setenv(f"{NAME}_FILE", "/nowhere/secret")
        with pytest.raises(env.BadEnvironment, match=f"{NAME}_FILE"):
            env.text(NAME)

    def test_names_a_variable_that_is_missing(self):
        with pytest.raises(env.BadEnvironment, match=NAME):
            env.text(NAME)

    def test_takes_an_empty_value_as_missing(self, monkeypatch):
        monkeypatch.setenv(NAME, "")
        assert env.text(NAME, "default") == "default"


class TestFlag:
    @pytest.mark.parametrize(("value", "expected"), [("on", True), ("TRUE", True), ("0", False), ("no", False)])
    def test_reads_the_usual_words(self, monkeypatch, value, expected):
        monkeypatch.setenv(NAME, value)
        assert env.flag(NAME) is expected

    def test_refuses_others(self, monkeypatch):
        monkeypatch.setenv(NAME, "maybe")
        with pytest.raises(env.BadEnvironment, match=NAME):
            env.flag(NAME)


class TestInteger:
    @pytest.mark.parametrize("value", ["1", "10"])
    def test_takes_both_ends(self, monkeypatch, value):
        monkeypatch.setenv(NAME, value)
        assert env.integer(NAME, 5, low=1, high=10) == int(value)

    @pytest.mark.parametrize("value", ["0", "11", "-1", "1.0", "1e1", "one", " "])
    def test_refuses_others_and_names_the_variable(self, monkeypatch, value):
        monkeypatch.setenv(NAME, value)
        with pytest.raises(env.BadEnvironment, match=NAME):
            env.integer(NAME, 5, low=1, high=10)


class TestWords:
    def test_drops_empty_ones(self, monkeypatch):
        monkeypatch.setenv(NAME, " a, ,b,")
        assert env.words(NAME) == ["a", "b"]


class TestChoice:
    def test_refuses_what_is_not_offered(self, monkeypatch):
        monkeypatch.setenv(NAME, "c")
        with pytest.raises(env.BadEnvironment, match="a, b"):
            env.choice(NAME, "a", ("a", "b"))
