"""What is under seal: days hashed again, exports that were kept, proofs that a stranger checks."""

import io
import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.ledger import operations, queries, sealed, seals
from billing.ledger.exports import seal_lines
from tests.billing.ledger.test_verification import damage
from tests.factories.ledger import AT, posted, sale

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 3)
PAGE = Path(__file__).parents[3] / "docs" / "seals.md"


@pytest.fixture(autouse=True)
def today(monkeypatch) -> None:
    """The morning after the last day sealed."""
    monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(days=3))


@pytest.fixture
def books() -> list[str]:
    """Three days, sealed: some entries, one reversed; none; one."""
    first = operations.post_many(drafts=[sale() for _ in range(5)], at=AT)
    undo = operations.reverse(entry_ref=first[1].id, key="undo", reason="Essai", at=AT + timedelta(seconds=1))
    last = posted(at=AT + timedelta(days=2))
    operations.seal_days(at=AT + timedelta(days=3))
    return [entry.id for entry in (*first, undo, last)]


def said(**asked) -> str:
    return "\n".join(f"{found.subject}: {found.message}" for found in sealed.differences(**asked))


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def export(tmp_path: Path, *words: str) -> Path:
    file = tmp_path / "seals"
    run("ledger_seals", "--output", str(file), *words)
    return file


class TestDifferences:
    def test_are_none_in_what_was_just_sealed(self, books):
        assert said(at=AT + timedelta(days=3)) == ""

    def test_are_none_where_nothing_was_ever_sealed(self):
        posted()
        assert said(at=AT + timedelta(days=90)) == ""

    def test_are_those_of_the_days_asked_for(self, books):
        damage("UPDATE ledger_journalentry SET happened_at = happened_at - interval '1 hour' WHERE key = 'undo'")
        assert "2026-11-03: was sealed with 6 entries" in said()
        assert said(since=DAY + timedelta(days=1)) == ""
        with pytest.raises(queries.NoSuchSeal):
            said(since=DAY)

    @pytest.mark.parametrize(
        ("sql", "expected"),
        [
            ("UPDATE ledger_seal SET entry_count = 7 WHERE day = '2026-11-03'", "2026-11-03: the seal is not made of"),
            ("UPDATE ledger_seal SET root = sha256('x') WHERE day = '2026-11-04'", "2026-11-04: was sealed with 0"),
            ("UPDATE ledger_seal SET seal = sha256('x') WHERE day = '2026-11-03'", "2026-11-04: is chained to"),
            ("UPDATE ledger_seal SET previous = sha256('x') WHERE day = '2026-11-03'", "2026-11-03: is chained to"),
            ("DELETE FROM ledger_seal WHERE day = '2026-11-04'", "2026-11-05: follows the seal of 2026-11-03"),
            ("DELETE FROM ledger_seal WHERE day = '2026-11-03'", "6 entries are recorded before it"),
            ("DELETE FROM ledger_fence", "fence: stands at None"),
            ("UPDATE ledger_fence SET sealed_until = sealed_until - interval '1 day'", "fence: stands at 2026-11-05"),
        ],
    )
    def test_name_what_was_done_to_a_seal(self, books, sql, expected):
        damage(sql)
        assert expected in said()

    @pytest.mark.parametrize("sql", ["DELETE FROM ledger_seal WHERE day = '2026-11-05'", "DELETE FROM ledger_seal"])
    def test_name_last_seals_that_are_gone_once_no_sweep_can_be_under_way(self, books, sql):
        damage(sql)
        fence = sealed.midnight(DAY + timedelta(days=3))
        assert said(at=fence + timedelta(hours=5)) == ""
        assert "their seals end at" in said(at=fence + timedelta(hours=7))

    def test_name_a_fence_in_the_future(self, books):
        damage("UPDATE ledger_fence SET sealed_until = sealed_until + interval '5000 days'")
        assert "in the future" in said(at=AT + timedelta(days=4))

    def test_name_a_sweep_that_is_late(self, books):
        assert said(at=AT + timedelta(days=4)) == ""
        assert "2026-11-06: is over since 2026-11-07" in said(at=AT + timedelta(days=5))


class TestExport:
    @pytest.mark.parametrize("form", seal_lines.FORMATS)
    def test_is_read_back_and_agrees(self, books, tmp_path, form):
        file = export(tmp_path, "--format", form)
        with file.open() as lines:
            read = list(seal_lines.read(lines))
        assert [(seal.day, seal.seal) for seal in read] == [(seal.day, seal.seal) for seal in queries.all_seals()]
        assert "ok  export" in run("ledger_verify", "--seals", str(file))

    def test_shows_what_was_changed_and_sealed_anew(self, books, tmp_path):
        file = export(tmp_path)
        damage(
            "DELETE FROM ledger_posting WHERE recorded_at > '2026-11-05';"
            "DELETE FROM ledger_entrykey WHERE entry_id IN"
            " (SELECT id FROM ledger_journalentry WHERE recorded_at > '2026-11-05');"
            "DELETE FROM ledger_journalentry WHERE recorded_at > '2026-11-05';"
            "UPDATE ledger_accountbalance held SET (balance, version, recorded_at) ="
            " (SELECT coalesce(sum(amount_minor), 0), count(*), coalesce(max(recorded_at), '-infinity')"
            "  FROM ledger_posting line WHERE line.account_id = held.account_id AND line.stripe = held.stripe);"
            "DELETE FROM ledger_seal WHERE day = '2026-11-05'"
        )
        operations.seal_days(at=AT + timedelta(days=3))
        assert list(queries.differences(at=AT + timedelta(days=3))) == []
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("ledger_verify", "--seals", str(file), stdout=out)
        assert re.search(
            r"seal \| 2026-11-05 \| the seal is \w+, in seals it was \w+: the day was sealed anew", out.getvalue()
        )

    def test_shows_a_seal_that_is_gone(self, books, tmp_path):
        file = export(tmp_path, "--since", "2026-11-04")
        damage("DELETE FROM ledger_seal WHERE day = '2026-11-05'")
        with file.open() as lines:
            assert "the ledger none" in next(sealed.against(seal_lines.read(lines), of="x")).message

    @pytest.mark.parametrize(
        "text",
        ["", "nothing\n", '{"day": "2026-11-03"}\n', "{\n", "day,entries,root,previous,seal\n2026-11-03,1,aa,bb,cc\n"],
    )
    def test_that_is_none_cannot_be_compared(self, books, tmp_path, text):
        file = tmp_path / "seals"
        file.write_text(text)
        with pytest.raises(CommandError, match="could not run") as stopped:
            run("ledger_verify", "--seals", str(file))
        assert stopped.value.returncode == 2

    def test_that_was_changed_cannot_be_compared(self, books, tmp_path):
        file = export(tmp_path)
        file.write_text(file.read_text().replace('"entries": 6', '"entries": 5'))
        with pytest.raises(CommandError, match="the file was changed"):
            run("ledger_verify", "--seals", str(file))

    def test_that_is_not_there_cannot_be_compared(self, tmp_path):
        with pytest.raises(CommandError, match="cannot read") as stopped:
            run("ledger_verify", "--seals", str(tmp_path / "none"))
        assert stopped.value.returncode == 2

    def test_cannot_be_written_everywhere(self, books):
        with pytest.raises(CommandError, match="cannot write") as stopped:
            run("ledger_seals", "--output", "/nonexistent/seals")
        assert stopped.value.returncode == 2


class TestProof:
    """Checked by the program in docs/seals.md, as a process of its own that knows nothing of us."""

    @pytest.fixture
    def program(self, tmp_path) -> Path:
        file = tmp_path / "check_proof.py"
        file.write_text(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])
        return file

    def check(self, program: Path, proof: str, seal: str) -> subprocess.CompletedProcess[str]:
        program.with_name("proof.json").write_text(proof, encoding="utf-8")
        command = [sys.executable, "-I", str(program), "proof.json", seal]
        return subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)

    def test_of_every_entry_convinces_a_stranger(self, books, program):
        for ref in books:
            proof = run("ledger_seals", "--proof", ref)
            day = date.fromisoformat(json.loads(proof)["day"])
            done = self.check(program, proof, queries.seal_of(day).seal.hex())
            assert done.returncode == 0, done.stderr
            assert f"{ref} was in the books of {day}" in done.stdout
            assert queries.entry(ref).key in done.stdout

    @pytest.mark.parametrize(
        ("field", "change", "expected"),
        [
            ("content", lambda text: text.replace("3465", "9465"), "another content"),
            ("entry", lambda ref: ref[:-1] + ("0" if ref[-1] != "0" else "1"), "another entry"),
            ("record", lambda text: text[:40] + "ff" + text[42:], "not in the tree"),
            ("position", lambda position: position + 1, "not in the tree"),
            ("entries", lambda count: count + 1, "another seal|not in the tree"),
            ("root", lambda text: text[:-2] + ("00" if text[-2:] != "00" else "01"), "not in the tree"),
        ],
    )
    def test_that_was_changed_convinces_nobody(self, books, program, field, change, expected):
        proof = json.loads(run("ledger_seals", "--proof", books[0]))
        proof[field] = change(proof[field])
        done = self.check(program, json.dumps(proof), proof["seal"])
        assert done.returncode != 0
        assert re.search(expected, done.stderr), done.stderr

    def test_is_worth_what_the_seal_is(self, books, program):
        done = self.check(program, run("ledger_seals", "--proof", books[0]), "00" * 32)
        assert "another seal" in done.stderr

    def test_holds_the_record_that_was_hashed(self, books):
        """Python's record and PostgreSQL's are the same bytes: of a plain entry, and of a reversal."""
        since, until = queries.day_bounds(DAY)
        leaves = list(queries.leaves(since=since, until=until))
        for ref in books[:6]:
            proof = queries.proof(ref)
            assert leaves[proof.position] == seals.leaf_hash(proof.record)
            assert len(proof.record) == seals.RECORD_BYTES

    def test_is_refused_for_what_cannot_be_proved(self, books):
        later = posted(at=AT + timedelta(days=3)).id
        with pytest.raises(CommandError, match="not sealed yet") as stopped:
            run("ledger_seals", "--proof", later)
        assert stopped.value.returncode == 1
        for unknown in ("jrn_none", "jrn_" + "0" * 26):
            with pytest.raises(CommandError, match="no entry") as stopped:
                run("ledger_seals", "--proof", unknown)
            assert stopped.value.returncode == 2

    def test_is_refused_when_the_entry_or_its_day_was_changed(self, books):
        damage("UPDATE ledger_journalentry SET description = 'Autre' WHERE key = 'undo'")
        with pytest.raises(CommandError, match="not what was written"):
            run("ledger_seals", "--proof", books[5])
        damage("UPDATE ledger_journalentry SET closing = true WHERE key = 'undo'")
        with pytest.raises(CommandError, match="not what was sealed"):
            run("ledger_seals", "--proof", books[0])


class TestLedgerVerify:
    def test_says_until_when_days_are_sealed(self, books):
        assert f"Sealed until 2026-11-05, seal {queries.last_seal().seal.hex()}." in run("ledger_verify")

    def test_trusts_the_days_before(self, books):
        damage("UPDATE ledger_journalentry SET description = 'Autre' WHERE key = 'undo'")
        assert run("ledger_verify", "--since", "2026-11-04").endswith("The books agree.\n")
        with pytest.raises(SystemExit):
            run("ledger_verify")

    def test_exits_2_without_a_seal_to_trust(self, books):
        with pytest.raises(CommandError, match="no seal to start from") as stopped:
            run("ledger_verify", "--since", "2026-11-03")
        assert stopped.value.returncode == 2

    def test_knows_what_time_it_is(self, books, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(days=9))
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("ledger_verify", stdout=out)
        assert "the sweep is late" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_days_that_are_over_are_sealed_on_demand():
    posted()
    assert run("ledger_seals") == ""
    made = run("ledger_seals", "--make").splitlines()
    assert json.loads(made[0])["day"] == DAY.isoformat()
    assert len(made) == (timezone.localdate() - DAY).days
