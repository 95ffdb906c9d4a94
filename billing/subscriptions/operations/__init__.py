"""Everything that writes to subscriptions. Reads no clock: callers pass `at`."""

from billing.subscriptions.operations.clocks import add_clock as add_clock
from billing.subscriptions.operations.clocks import advance as advance
from billing.subscriptions.operations.collecting import ask_one as ask_one
from billing.subscriptions.operations.collecting import send_one as send_one
from billing.subscriptions.operations.mandates import ask_mandate as ask_mandate
from billing.subscriptions.operations.mandates import check_one as check_one
from billing.subscriptions.operations.mandates import end_mandate as end_mandate
from billing.subscriptions.operations.plans import add_plan as add_plan
from billing.subscriptions.operations.plans import load_reference as load_reference
from billing.subscriptions.operations.plans import set_plan_price as set_plan_price
from billing.subscriptions.operations.plans import set_rule as set_rule
from billing.subscriptions.operations.plans import withdraw_plan as withdraw_plan
from billing.subscriptions.operations.revenue import recognise as recognise
from billing.subscriptions.operations.revenue import recognise_some as recognise_some
from billing.subscriptions.operations.settling import settle_due as settle_due
from billing.subscriptions.operations.settling import settle_one as settle_one
from billing.subscriptions.operations.starting import subscribe as subscribe
from billing.subscriptions.operations.turning import turn_due as turn_due
from billing.subscriptions.operations.turning import turn_some as turn_some
from billing.subscriptions.operations.wishes import ask_again as ask_again
from billing.subscriptions.operations.wishes import cancel as cancel
from billing.subscriptions.operations.wishes import change_plan as change_plan
from billing.subscriptions.operations.wishes import change_wallet as change_wallet
from billing.subscriptions.operations.wishes import pause as pause
from billing.subscriptions.operations.wishes import resume as resume
from billing.subscriptions.operations.wishes import stop_asking as stop_asking
from billing.subscriptions.refusals import *  # noqa: F403  the refusals are part of the surface
