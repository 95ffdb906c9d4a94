"""each settlement line stands in the books where its state says, each of their entries has its line

Run by `manage.py ledger_verify`.
"""

from collections.abc import Iterator

import billing.ledger.queries as ledger
from billing.ledger.facts import Difference
from billing.ledger.queries import Claims, content_of
from billing.ledger.snapshot import in_parallel
from billing.reconciliation import postings

_LINE = "('rcl_' || replace(finding.line_id::text, '-', ''))"
_WALLET = "finding.provider || ':' || finding.market"


def _other(code: str) -> str:
    return f"CASE finding.other_code WHEN '{code}' THEN finding.other_minor ELSE 0 END"


# The rules of `postings`, said a second time: where a line's entries have put it.
_PLACE = content_of(
    {
        postings.WALLET: (_WALLET, "finding.wallet_minor"),
        postings.FEES: ("''", "finding.fee_minor"),
        postings.SUSPENSE: (_WALLET, "finding.suspense_minor"),
        postings.REFUNDS_DUE: (_LINE, _other(postings.REFUNDS_DUE)),
        postings.IN_TRANSIT: (_WALLET, _other(postings.IN_TRANSIT)),
        postings.TAXES: ("''", _other(postings.TAXES)),
    },
    currency="line.currency",
)
_FOUND = """reconciliation_finding finding
        JOIN reconciliation_settlementline line
          ON line.line_id = finding.line_id AND line.happened_at = finding.happened_at"""
_ENTRIES = Claims(
    statement=f"""
        SELECT {_LINE} AS subject, '{postings.KEY_PREFIX}' || {_LINE} || ':' || number AS key, NULL::text AS entry_ref,
               finding.entity, {_LINE} AS source_ref,
               -- of the first one the day is the provider's; later ones are of the day they were written
               CASE WHEN number = 0 AND line.happened_at <= finding.found_at THEN line.happened_at END AS happened_at,
               CASE WHEN finding.entry_count = 1 THEN {_PLACE} END AS content
        FROM {_FOUND} CROSS JOIN LATERAL generate_series(0, finding.entry_count - 1) AS number
        WHERE finding.entry_count > 0""",  # noqa: S608  (constants of this file)
    prefix=postings.KEY_PREFIX,
    document="settlement",
)
_TOTALS = Claims(
    statement=f"SELECT {_LINE} AS subject, {_LINE} AS source_ref, {_PLACE} AS content "  # noqa: S608  (the same)
    f"FROM {_FOUND} WHERE finding.entry_count > 1",
    prefix=postings.KEY_PREFIX,
    document="settlement",
)
_CHECKS = """
-- every line has its finding, and every finding its line
SELECT 'settlement_lines', 'rcl_' || replace(coalesce(line.line_id, finding.line_id)::text, '-', ''),
       CASE WHEN line.line_id IS NULL THEN 'a finding without its line' ELSE 'a line without its finding' END
FROM reconciliation_settlementline line
FULL JOIN reconciliation_finding finding ON finding.line_id = line.line_id AND finding.happened_at = line.happened_at
WHERE line.line_id IS NULL OR finding.line_id IS NULL

UNION ALL
-- what the subject's entries and the line's own put into the wallet is what the provider says it gained
SELECT 'settlement_wallet', 'rcl_' || replace(line.line_id::text, '-', ''),
       format('the provider says %s, the books %s', line.net_minor, finding.wallet_minor + finding.subject_wallet_minor)
FROM reconciliation_settlementline line
JOIN reconciliation_finding finding ON finding.line_id = line.line_id
WHERE finding.todo = '' AND finding.wallet_minor + finding.subject_wallet_minor <> line.net_minor
"""


def differences() -> Iterator[Difference]:
    """Statement lines, where they ended and their entries agree."""
    yield from ledger.unlike(_ENTRIES)
    yield from ledger.unlike_in_total(_TOTALS)
    for row in in_parallel(_CHECKS):
        yield Difference(*row)
