"""Documents against their entries, all of them at once: whoever keeps documents says what their entries must be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from billing.ledger.facts import Difference
from billing.ledger.snapshot import in_parallel


@dataclass(frozen=True, slots=True)
class Claims:
    """What the entries of some documents must be.

    `statement` selects, for each document whose money was booked: subject, key, entry_ref, entity, source_ref,
    happened_at and content: the lines as the fingerprint has them (`content_of`). What is null is not compared.
    """

    statement: str
    prefix: str  # every key that begins with it is such a document's
    document: str  # what a document is called: "payment"


def content_of(lines: Mapping[str, tuple[str, str]], *, currency: str) -> str:
    """SQL for the lines of an entry in one currency: code → (holder, amount), in SQL. Zeros have no line."""
    parts = (
        f"CASE WHEN {amount} <> 0 THEN json_build_array('{code}', {currency}, {holder}, {amount})::text END"
        for code, (holder, amount) in sorted(lines.items())
    )
    return f"'[' || concat_ws(',', {', '.join(parts)}) || ']'"


# An entry's fingerprint says what its lines are (checks/entries.sql proves it): postings are read to explain, no more.
# Judged in short tests, by every core; only what fails one is put into words: a VALUES list is prepared row by row.
_COMPARED = """
WITH judged AS (
    SELECT claim.*, entry.id, entry.entity AS booked_for, entry.source_ref AS belongs_to, entry.key AS booked_as,
           coalesce(entry.late_from, entry.happened_at) AS booked_at,
           claim.key IS NULL AS is_unclaimed,
           entry.id IS NULL AS is_missing,
           claim.entry_ref <> ledger_entry_ref(entry.id) OR claim.source_ref <> entry.source_ref AS is_misnamed,
           claim.happened_at <> coalesce(entry.late_from, entry.happened_at) AS is_misdated,
           claim.entity <> entry.entity OR claim.content IS NOT NULL AND entry.fingerprint <> ledger_fingerprint(
               entry.key, entry.entity, entry.journal, entry.description, entry.source_ref,
               coalesce(entry.late_from, entry.happened_at), claim.content) AS is_unlike
    FROM ({claims}) AS claim
    FULL JOIN (SELECT * FROM ledger_journalentry WHERE starts_with(key, {prefix})) AS entry ON entry.key = claim.key
)
SELECT found.rule, found.subject, found.message
FROM judged
CROSS JOIN LATERAL (VALUES
    ({document} || '_entry', subject, CASE
        WHEN is_unclaimed THEN NULL
        WHEN is_missing THEN format('its entry %s (%s) does not exist', key, entry_ref)
        WHEN is_misnamed THEN format(
            'names %s, its entry is %s (%s) of %s', entry_ref, ledger_entry_ref(id), key, belongs_to) END),
    ('entry_' || {document}, CASE WHEN is_unclaimed THEN ledger_entry_ref(id) END, CASE
        WHEN is_unclaimed AND NOT EXISTS (SELECT FROM ledger_reversal WHERE reversing_id = id)
        THEN format('%s: no %s knows this entry', booked_as, {document}) END),
    ({document} || '_date', subject, CASE
        WHEN is_misdated THEN format('is of %s, its entry of %s', happened_at, booked_at) END),
    ({document} || '_amounts', subject, CASE
        WHEN is_unlike THEN format('the entry says %s for %s, not %s for %s', (
            SELECT json_agg(json_build_array(account.code, account.currency, account.holder, line.amount_minor)
                            ORDER BY account.currency, account.code, account.holder, line.amount_minor)
            FROM ledger_posting line JOIN ledger_account account ON account.id = line.account_id
            WHERE line.entry_id = judged.id), booked_for, content, entity) END)
) AS found (rule, subject, message)
WHERE (is_unclaimed OR is_missing OR is_misnamed OR is_misdated OR is_unlike) AND found.message IS NOT NULL
"""


# A document of several entries knows what they come to, not what each says. Joined from the claims, which are few.
_IN_TOTAL = """
WITH claim AS MATERIALIZED ({claims}), booked AS (
    SELECT entry.source_ref, account.currency, account.code, account.holder, sum(line.amount_minor) AS amount
    FROM (SELECT DISTINCT source_ref FROM claim) AS wanted
    JOIN ledger_journalentry entry ON entry.source_ref = wanted.source_ref AND starts_with(entry.key, {prefix})
    JOIN ledger_posting line ON line.entry_id = entry.id
    JOIN ledger_account account ON account.id = line.account_id
    GROUP BY entry.source_ref, account.currency, account.code, account.holder
    HAVING sum(line.amount_minor) <> 0
), content AS (
    SELECT source_ref, '[' || string_agg(json_build_array(code, currency, holder, amount)::text, ','
                                         ORDER BY currency, code, holder) || ']' AS lines
    FROM booked GROUP BY source_ref
)
SELECT {document} || '_amounts', claim.subject,
       format('its entries come to %s, not %s', coalesce(content.lines, '[]'), claim.content)
FROM claim LEFT JOIN content ON content.source_ref = claim.source_ref
WHERE coalesce(content.lines, '[]') <> claim.content
"""


def unlike(claims: Claims) -> Iterator[Difference]:
    """Where documents and entries differ, in either direction: `payment_entry`, `entry_payment`, `payment_date`,
    `payment_amounts`. One statement, whatever there is; call it inside a `snapshot()`."""
    yield from _told(_COMPARED, claims)


def unlike_in_total(claims: Claims) -> Iterator[Difference]:
    """Documents whose entries together are not what they must come to: `payment_amounts`. The statement selects a row a
    document: subject, source_ref and content. Call it inside a `snapshot()`."""
    yield from _told(_IN_TOTAL, claims)


def _told(question: str, claims: Claims) -> Iterator[Difference]:
    with connection.cursor() as cursor:
        composed = sql.SQL(question).format(
            claims=sql.SQL(claims.statement),  # a constant of the caller's code
            prefix=sql.Literal(claims.prefix),
            document=sql.Literal(claims.document),
        )
        statement = composed.as_string(cursor.cursor)
    for row in in_parallel(statement):
        yield Difference(*row)
