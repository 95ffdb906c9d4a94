"""each settlement line stands in the books where its state says, each of their entries has its line

Run by `manage.py ledger_verify`.
"""

from collections.abc import Iterator

from django.db import connection

from billing.ledger.facts import Difference
from billing.ledger.snapshot import snapshot

_CHECKS = """
WITH booked AS (
    SELECT CASE WHEN entry.source_ref ~ '^rcl_[0-9a-f]{32}$' THEN substr(entry.source_ref, 5)::uuid END AS line_id,
           count(DISTINCT entry.id) AS entries,
           coalesce(sum(line.amount_minor) FILTER (WHERE account.code = '552'), 0) AS wallet,
           coalesce(sum(line.amount_minor) FILTER (WHERE account.code = '6317'), 0) AS fee,
           coalesce(sum(line.amount_minor) FILTER (WHERE account.code = '4712'), 0) AS suspense,
           coalesce(sum(line.amount_minor) FILTER (WHERE account.code NOT IN ('552', '6317', '4712')), 0) AS other
    FROM ledger_journalentry entry
    JOIN ledger_posting line ON line.entry_id = entry.id
    JOIN ledger_account account ON account.id = line.account_id
    WHERE entry.key LIKE 'settlement:%'
    GROUP BY 1
)
-- a line's entries come to what its finding says, and no entry stands without its line
SELECT 'settlement_entries', coalesce('rcl_' || replace(coalesce(finding.line_id, booked.line_id)::text, '-', ''), '?'),
       format('%s entries with %s, %s, %s, %s; its finding says %s with %s, %s, %s, %s', coalesce(booked.entries, 0),
              booked.wallet, booked.fee, booked.suspense, booked.other, finding.entry_count,
              finding.wallet_minor, finding.fee_minor, finding.suspense_minor, finding.other_minor)
FROM (SELECT * FROM reconciliation_finding WHERE entry_count > 0) finding
FULL JOIN booked ON booked.line_id = finding.line_id
WHERE (booked.entries, booked.wallet, booked.fee, booked.suspense, booked.other)
      IS DISTINCT FROM (finding.entry_count::bigint, finding.wallet_minor::numeric, finding.fee_minor::numeric,
                        finding.suspense_minor::numeric, finding.other_minor::numeric)

UNION ALL
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
    with snapshot(), connection.cursor() as cursor:
        cursor.execute(_CHECKS)
        yield from (Difference(*row) for row in cursor.fetchall())
