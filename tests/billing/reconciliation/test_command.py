"""`manage.py reconcile` and the sweep: exit 0 they agree, 1 they differ, 2 it could not run."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.reconciliation import queries, tasks
from billing.reconciliation.models import SettlementLine, StatementImport
from tests.factories import payments as attempts
from tests.factories.billing import reference_world
from tests.factories.statements import as_csv, line, wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> datetime:
    moment = timezone.now()
    reference_world(at=moment - timedelta(days=1))
    return moment


def run(*arguments: str) -> int:
    try:
        call_command("reconcile", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    except CommandError as refused:
        return refused.returncode
    return 0


def sold(own_wave, now):
    payment = attempts.start(at=now)
    own_wave.approve(payment.provider_ref)
    return attempts.operations.refresh(payment_ref=payment.id, source="poll", at=now)


class TestPull:
    def test_agrees_with_what_was_sold(self, own_wave, now, capsys):
        payment = sold(own_wave, now)
        day = now.astimezone(UTC).date().isoformat()
        assert run("--pull", "--provider", "wave", "--market", "SN", "--day", day) == 0
        told = capsys.readouterr().out
        assert "difference 0; 0 wait, 0 changed" in told
        assert run("--report", "--day", day) == 0
        assert queries.worklist() == ()
        assert payment.state == "succeeded"

    def test_differs_when_money_is_there_that_nobody_asked_for(self, own_wave, now, tmp_path, capsys):
        sold(own_wave, now)
        path = tmp_path / "lines.csv"
        path.write_text(as_csv([line(happened_at=now)]))
        assert run(str(path), "--provider", "wave", "--market", "SN") == 1
        assert "1 worklist" in capsys.readouterr().out

    def test_of_a_silent_provider_imports_nothing(self, own_wave, now):
        sold(own_wave, now)
        own_wave.fault("transactions", "error", status=500, times=9)
        assert run("--pull", "--provider", "wave", "--market", "SN") == 2
        assert StatementImport.objects.count() == 0

    def test_by_the_sweep_twice_brings_each_line_once(self, own_wave, now):
        sold(own_wave, now)
        assert tasks.pull_lately() >= 2
        first = (SettlementLine.objects.count(), StatementImport.objects.count(), wallet())
        tasks.pull_lately()
        assert (SettlementLine.objects.count(), StatementImport.objects.count(), wallet()) == first


class TestRefusals:
    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--pull",),
            ("--pull", "--report"),
            ("--pull", "--provider", "visa", "--market", "SN"),
            ("no-such-file.csv", "--provider", "wave", "--market", "SN"),
        ],
    )
    def test_end_with_two(self, own_wave, now, arguments):
        assert run(*arguments) == 2

    def test_tell_the_line(self, own_wave, now, tmp_path, capsys):
        path = tmp_path / "lines.csv"
        path.write_text(as_csv([{**line(happened_at=now), "amount": "?"}]))
        assert run(str(path), "--provider", "wave", "--market", "SN") == 2
        assert "line 2: '?' is no amount" in capsys.readouterr().err
