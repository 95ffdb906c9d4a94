"""Everything that writes to the ledger. Reads no clock: callers pass `at`. All of it goes through SQL functions."""

from billing.ledger.chart import UnknownAccountCode as UnknownAccountCode
from billing.ledger.operations.holds import expire_holds as expire_holds
from billing.ledger.operations.holds import hold as hold
from billing.ledger.operations.holds import hold_many as hold_many
from billing.ledger.operations.holds import post_hold as post_hold
from billing.ledger.operations.holds import void_hold as void_hold
from billing.ledger.operations.limits import set_limits as set_limits
from billing.ledger.operations.periods import ask_reopening as ask_reopening
from billing.ledger.operations.periods import close_period as close_period
from billing.ledger.operations.periods import reopen_period as reopen_period
from billing.ledger.operations.periods import start_closing as start_closing
from billing.ledger.operations.periods import withdraw_closing as withdraw_closing
from billing.ledger.operations.posting import Refused as Refused
from billing.ledger.operations.posting import post as post
from billing.ledger.operations.posting import post_each as post_each
from billing.ledger.operations.posting import post_many as post_many
from billing.ledger.operations.posting import reverse as reverse
from billing.ledger.operations.sealing import seal_days as seal_days
from billing.ledger.refusals import *  # noqa: F403  the refusals are part of the surface
