"""Run a campaign and prove what must be true after it: `make faults`.

    python -m tests.faults.campaign                       1,000 payments, 200 refunds, 300 payouts
    COKO_CAMPAIGN_SEED=7 python -m tests.faults.campaign  another one

Exit status: 0 everything holds; 1 something does not, and is named. What ran stays under `var/faults` for a look.
"""

# ruff: noqa: T201 - it prints what it found

import argparse
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from config import embedded
from tests.faults.stack import Stack, running

if TYPE_CHECKING:
    from tests.faults.campaign.driver import Campaign
    from tests.faults.campaign.proof import Proof

SEED = int(os.environ.get("COKO_CAMPAIGN_SEED", "20261128"))
PAYMENTS = int(os.environ.get("COKO_CAMPAIGN_PAYMENTS", "1000"))
REFUNDS = int(os.environ.get("COKO_CAMPAIGN_REFUNDS", "200"))
PAYOUTS = int(os.environ.get("COKO_CAMPAIGN_PAYOUTS", "300"))
KILL_EVERY = int(os.environ.get("COKO_CAMPAIGN_KILL_EVERY", "20"))
REDIS_NUMBER = 14
_SHOWN_MAX = 40


def main() -> int:
    argparse.ArgumentParser(
        prog="python -m tests.faults.campaign", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    ).parse_args()
    folder = embedded.var_dir() / "faults"
    shutil.rmtree(folder, ignore_errors=True)  # the providers' book of the run before, too
    folder.mkdir(parents=True)
    with embedded.services_if_needed(), running(folder, "coko_campaign", REDIS_NUMBER) as stack:
        # Sweeps must not crowd each other out while their worker is killed every few seconds.
        stack.environment["COKO_SWEEP_SECONDS"], stack.job_processes = "3", 2
        stack.start()
        with _as_one_of_it(stack):
            return _run(stack)


class _as_one_of_it:
    """This process as one more of the stack: its database, its keys, its simulators."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._before = dict(os.environ)

    def __enter__(self) -> None:
        os.environ.update(self._stack.environment | {"COKO_ROLE": "jobs", "COKO_LOG_LEVEL": "ERROR"})
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self._before)


def _run(stack: Stack) -> int:
    from billing.crashpoints import NAMES
    from tests.faults.campaign import drain, evidence, plan, proof
    from tests.faults.campaign.driver import Campaign

    begun = time.monotonic()
    sizes = plan.Sizes(PAYMENTS, REFUNDS, PAYOUTS, KILL_EVERY)
    campaign = Campaign(stack)
    campaign.carry_out(plan.steps(SEED, sizes, NAMES))
    campaign.count("seconds of trouble", round(time.monotonic() - begun))
    drain.drain(campaign, SEED)
    late = drain.last_moment()
    drain.ask_about(campaign, proof.unbooked(evidence.gather(stack)), late)
    drain.sweep(campaign, late)
    found = proof.judge(evidence.gather(stack))
    verified, books = _verify(stack)
    campaign.count("seconds in all", round(time.monotonic() - begun))
    _show(campaign, found)
    print(books)
    return 0 if verified and not found.wrong else 1


def _verify(stack: Stack) -> tuple[bool, str]:
    try:
        return True, stack.manage("ledger_verify")
    except AssertionError as error:
        return False, str(error)


def _show(campaign: "Campaign", found: "Proof") -> None:
    print(f"seed {SEED}")
    for name, count in sorted(campaign.counts.items()):
        print(f"  {count:>7,}  {name}")
    for (kind, state), count in sorted(found.states.items()):
        print(f"  {count:>7,}  {kind} {state}")
    print(f"  {found.owed_back:>7,}  payments that came twice, owed back")
    print("\nwallet                moved there  booked here  in review   fees there  fees expected")
    for wallet, sums in sorted(found.wallets.items()):
        both = f"{sums.moved:>11,}  {sums.booked:>11,}  {sums.in_review:>9,}"
        print(f"{wallet:<20}  {both}  {sums.fees_taken:>11,}  {sums.fees_expected:>13,}")
    reasons: dict[str, int] = {}
    for reason in found.in_review.values():
        reasons[reason] = reasons.get(reason, 0) + 1
    print("\nin review, by reason")
    for reason, count in sorted(reasons.items()):
        print(f"  {count:>7,}  {reason}")
    print(f"\n{len(found.wrong)} wrong")
    for line in found.wrong[:_SHOWN_MAX]:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
