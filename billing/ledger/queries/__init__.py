"""What others read from the ledger: balances, statements, entries, holds, periods, seals. Facts, never model instances.

Stretches of time are half open, `since <= happened_at < until`, so that months meet without a gap or an overlap.
Two axes of time: *as of* a moment is what counts from before it (`happened_at`); *as known at* a moment is what we had
written down by then (`recorded_at`). What we knew at a moment before the last seal never changes any more.
"""

from billing.ledger.queries.balances import available as available
from billing.ledger.queries.balances import balance as balance
from billing.ledger.queries.balances import balances as balances
from billing.ledger.queries.balances import balances_now as balances_now
from billing.ledger.queries.balances import entities as entities
from billing.ledger.queries.balances import trial_balance as trial_balance
from billing.ledger.queries.claims import Claims as Claims
from billing.ledger.queries.claims import content_of as content_of
from billing.ledger.queries.claims import unlike as unlike
from billing.ledger.queries.claims import unlike_in_total as unlike_in_total
from billing.ledger.queries.clearing import uncleared as uncleared
from billing.ledger.queries.entries import NoSuchEntry as NoSuchEntry
from billing.ledger.queries.entries import booked as booked
from billing.ledger.queries.entries import entries_by_key as entries_by_key
from billing.ledger.queries.entries import entry as entry
from billing.ledger.queries.entries import entry_lines as entry_lines
from billing.ledger.queries.entries import journal as journal
from billing.ledger.queries.general_ledger import general_ledger as general_ledger
from billing.ledger.queries.holds import hold as hold
from billing.ledger.queries.holds import hold_lines as hold_lines
from billing.ledger.queries.holds import open_holds as open_holds
from billing.ledger.queries.holds import sources_of_open_holds as sources_of_open_holds
from billing.ledger.queries.periods import open_from as open_from
from billing.ledger.queries.periods import period_events as period_events
from billing.ledger.queries.periods import periods as periods
from billing.ledger.queries.sealing import ContentAltered as ContentAltered
from billing.ledger.queries.sealing import all_seals as all_seals
from billing.ledger.queries.sealing import first_day_recorded as first_day_recorded
from billing.ledger.queries.sealing import last_seal as last_seal
from billing.ledger.queries.sealing import proof as proof
from billing.ledger.queries.sealing import seal_of as seal_of
from billing.ledger.queries.statement import account_statement as account_statement
from billing.ledger.queries.statement import statement as statement
from billing.ledger.sealed import NoSuchSeal as NoSuchSeal
from billing.ledger.sealed import day_bounds as day_bounds
from billing.ledger.sealed import leaves as leaves
from billing.ledger.verification import differences as differences
