"""`manage.py royalties_close`: what it prints, and its exit status."""

import io

import pytest
from django.core.management import CommandError, call_command
from freezegun import freeze_time

from tests.factories import royalties
from tests.royalties.conftest import NOVEMBER, OCTOBER


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with freeze_time(NOVEMBER):
        try:
            call_command("royalties_close", *arguments, stdout=out, stderr=err)
        except SystemExit as exit_:
            status = int(exit_.code or 0)
    return status, out.getvalue(), err.getvalue()


class TestRoyaltiesClose:
    def test_prints_the_statements(self, world, sell):
        sell(at=OCTOBER)
        status, out, err = run("2026-10")
        assert (status, err) == (0, "")
        assert "2026-10: 2 statement(s)" in out
        assert "ST-2026-10-0001" in out
        assert " 527 XOF" in out

    def test_prints_the_same_the_second_time(self, world, sell):
        sell(at=OCTOBER)
        assert run("2026-10") == run("2026-10")

    @pytest.mark.parametrize("period", ["2026-11", "2026-13", "octobre"])
    def test_refuses_with_status_2(self, world, period):
        status, out, err = run(period)
        assert (status, out) == (2, "")
        assert "refused" in err

    def test_warns_of_sales_without_contract_with_status_1(self, bookshop):
        royalties.sale(at=OCTOBER)
        status, _, err = run("2026-10")
        assert status == 1
        assert "no contract: Une si longue lettre" in err

    def test_asks_for_a_period(self, db):
        with pytest.raises(CommandError):
            run()
