"""each payout that left has its entries, each such entry its payout, and what may still leave is held

Run by `manage.py ledger_verify`.
"""

from collections.abc import Iterator

import billing.ledger.queries as ledger
from billing.ledger.facts import Difference
from billing.ledger.queries import Claims, content_of
from billing.payouts import postings
from billing.payouts.models import Payout
from billing.payouts.states import HELD

_WALLET = "payout.provider || ':' || payout.market"
_FEE = content_of(
    {
        postings.FEES: ("''", "payout.fee_minor"),
        postings.WALLET: (_WALLET, "(- payout.fee_minor)"),
    },
    currency="payout.currency",
)
# The rules of `postings`, said a second time. What is owed stands before the wallet: its code is the smaller one.
_PAYOUTS = Claims(
    statement=f"""
        SELECT payout.id AS subject,
               '{postings.KEY_PREFIX}' || payout.id
                   || CASE WHEN 'late_success' = ANY (payout.flags) THEN ':paid_after_all' ELSE ':paid' END AS key,
               payout.entry_ref, payout.entity, payout.id AS source_ref, payout.settled_at AS happened_at,
               -- one that was paid after all may have been taken from what is not explained
               CASE WHEN NOT 'late_success' = ANY (payout.flags) THEN
                   '[' || json_build_array(
                       payout.account_code, payout.currency, payout.account_holder, payout.amount_minor)
                   || ',' || json_build_array('{postings.WALLET}', payout.currency, {_WALLET}, - payout.amount_minor)
                   || ']' END AS content
        FROM payouts_payout payout WHERE payout.entry_ref <> ''
        UNION ALL
        SELECT payout.id, '{postings.KEY_PREFIX}' || payout.id || ':fee', payout.fee_entry_ref, payout.entity,
               payout.id, payout.settled_at, {_FEE}
        FROM payouts_payout payout WHERE payout.fee_entry_ref <> ''""",  # noqa: S608  (constants of this file)
    prefix=postings.KEY_PREFIX,
    document="payout",
)


def differences() -> Iterator[Difference]:
    """Everything they do not agree on."""
    yield from ledger.unlike(_PAYOUTS)
    held = set(ledger.sources_of_open_holds(prefix=postings.KEY_PREFIX))
    waiting = set(Payout.objects.filter(state__in=HELD).values_list("pk", flat=True))
    for payout_ref in sorted(waiting - held):
        yield Difference("payout_hold", payout_ref, "may still leave, and nothing is held for it")
    for payout_ref in sorted(held - waiting):
        yield Difference("payout_hold", payout_ref, "has ended or was never approved, and is still held")
