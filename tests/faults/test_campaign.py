"""A small fault campaign, and that its proof would notice. `make faults` runs the large one."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from billing.crashpoints import NAMES
from tests.faults.campaign import plan, proof
from tests.faults.campaign.evidence import Booked, Document, Evidence
from tests.faults.stack import ROOT

SIZES = plan.Sizes(payments=1000, refunds=200, payouts=300, kill_every=20)


def steps(seed: int) -> list[plan.Step]:
    return list(plan.steps(seed, SIZES, NAMES))


class TestPlan:
    def test_is_the_same_for_the_same_seed(self):
        assert steps(7) == steps(7) != steps(8)

    def test_has_as_much_of_each_as_was_asked_for(self):
        planned = steps(7)
        payouts = [one for step in planned if isinstance(step, plan.PayOut) for one in step.payouts]
        assert sum(isinstance(step, plan.Buy | plan.BuyAgain) for step in planned) == 1000
        assert sum(isinstance(step, plan.GiveBack) for step in planned) == 200
        assert len(payouts) == len({one.number for one in payouts}) == 300

    def test_goes_everywhere_and_lets_everybody_do_everything(self):
        bought = [step for step in steps(7) if isinstance(step, plan.Buy)]
        assert {(one.market, one.provider) for one in bought} == set(plan.COLLECTING)
        assert {one.payer for one in bought} == {plan.APPROVES, plan.REFUSES, plan.FAILS, plan.STUCK, plan.LATE}

    def test_orders_every_fault_of_the_list(self):
        ordered = [step for step in steps(7) if isinstance(step, plan.Spoil)]
        told = {(one.kind, one.details.get("status", one.details.get("method", ""))) for one in ordered}
        after_the_work = {one.kind for one in ordered if one.details.get("work_done")}
        plain = {"late", "hang", "drop", "truncate", "html", "empty", "slow_down", "unknown_status", "wrong_amount"}
        notifications = {"never", "duplicate", "forged", "delay", "out_of_order"}
        assert {kind for kind, _ in told} >= plain | notifications
        assert told >= {("error", 409), ("error", 401), ("error", 500), ("error", 504), ("method", "PUT")}
        assert after_the_work >= {"error", "hang", "drop", "html", "empty"}

    def test_kills_web_and_workers_at_every_kind_of_moment(self):
        kills = [step for step in steps(7) if isinstance(step, plan.Kill)]
        assert {name for kill in kills for name in kill.names} == {"web", "worker", "beat"}
        assert "" in {kill.crash_at for kill in kills}
        assert len({kill.crash_at for kill in kills}) > 5


PAYMENT = Document("pay_1", "wave:SN", "succeeded", amount_minor=1500, invoice_ref="inv_1", booked_as="captured")
WELL = Evidence(
    documents={"pay_1": PAYMENT},
    invoices={"inv_1": "paid"},
    moved={("wave:SN", "pay_1"): [1500]},
    fees={"wave:SN": 15},
    booked={("wave:SN", "pay_1"): Booked(reached=1485, kept=15)},
    balances={"wave:SN": 1485},
)


def wrong(**changed: object) -> list[str]:
    return proof.judge(replace(WELL, **changed)).wrong


class TestProof:
    def test_finds_nothing_where_all_is_well(self):
        assert wrong() == []

    @pytest.mark.parametrize("state", ["created", "pending", "unknown"])
    def test_names_what_never_ended(self, state):
        assert f"pay_1: still {state}" in wrong(documents={"pay_1": replace(PAYMENT, state=state)})

    def test_names_a_review_without_a_reason(self):
        assert "pay_1: in review without a reason" in wrong(documents={"pay_1": replace(PAYMENT, state="needs_review")})

    def test_names_a_payer_charged_twice(self):
        assert any("moved 2 times" in line for line in wrong(moved={("wave:SN", "pay_1"): [1500, 1500]}))

    def test_names_an_invoice_charged_twice(self):
        second = replace(PAYMENT, id="pay_2")
        both = {"documents": {"pay_1": PAYMENT, "pay_2": second}, "moved": {**WELL.moved, ("wave:SN", "pay_2"): [1500]}}
        assert any("inv_1: charged by ['pay_1', 'pay_2']" in line for line in wrong(**both))

    def test_is_content_when_the_second_charge_is_owed_back(self):
        second = replace(PAYMENT, id="pay_2", booked_as="captured_twice")
        found = proof.judge(
            replace(
                WELL,
                documents={"pay_1": PAYMENT, "pay_2": second},
                moved={**WELL.moved, ("wave:SN", "pay_2"): [1500]},
                booked={**WELL.booked, ("wave:SN", "pay_2"): Booked(1485, 15)},
                balances={"wave:SN": 2970},
            )
        )
        assert (found.wrong, found.owed_back) == ([], 1)

    def test_names_money_that_moved_and_is_not_booked(self):
        lost = replace(PAYMENT, state="failed", booked_as="")
        found = wrong(documents={"pay_1": lost}, booked={}, balances={}, invoices={"inv_1": "open"})
        assert any("1500 moved at the provider, 0 is booked" in line for line in found)

    def test_knows_what_the_providers_statement_would_show(self):
        lost = replace(WELL, documents={"pay_1": replace(PAYMENT, state="expired", booked_as="")})
        assert proof.unbooked(lost) == [("wave:SN", "pay_1")]
        assert proof.unbooked(WELL) == []

    def test_names_money_that_is_booked_and_never_moved(self):
        assert any("0 moved at the provider, 1500 is booked" in line for line in wrong(moved={}))

    def test_names_a_wallet_that_is_a_franc_off(self):
        assert [line for line in wrong(balances={"wave:SN": 1484}) if line.startswith("wave:SN: holds 1484")]

    def test_names_more_given_back_than_was_paid(self):
        back = Document("ref_1", "wave:SN", "succeeded", amount_minor=1501, payment_ref="pay_1")
        assert any("1501 of 1500" in line for line in wrong(documents={"pay_1": PAYMENT, "ref_1": back}))

    def test_names_a_paid_invoice_without_a_captured_payment(self):
        second = {**WELL.invoices, "inv_2": "paid"}
        assert wrong(invoices=second) == ["inv_2: paid, with 0 captured payments"]


@pytest.mark.stack
class TestCampaign:
    def test_ends_with_everything_settled_or_in_review_and_the_books_like_the_providers(self):
        sizes = {"PAYMENTS": "60", "REFUNDS": "12", "PAYOUTS": "18", "KILL_EVERY": "15"}
        given = {f"COKO_CAMPAIGN_{name}": count for name, count in sizes.items()}
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.campaign"],
            cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert "0 wrong" in done.stdout
        assert "The books agree." in done.stdout
