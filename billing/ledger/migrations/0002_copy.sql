-- What was written, into the new tables; accounts under their new numbers.
UPDATE ledger_before_posting line SET account_id = ledger_account_id(account.entity, account.code, account.currency, account.holder)
FROM ledger_account account WHERE account.id = line.account_id;

UPDATE ledger_account account
SET id = ledger_account_id(account.entity, account.code, account.currency, account.holder), side = chart.side, stripes = chart.stripes
FROM ledger_chartaccount chart WHERE chart.code = account.code;

UPDATE ledger_journalentry entry
SET key = held.key, fingerprint = held.fingerprint, recorded_at = greatest(entry.recorded_at, entry.happened_at)
FROM ledger_before_key held WHERE held.entry_id = entry.id;

INSERT INTO ledger_entrykey (key, entry_id) SELECT key, entry_id FROM ledger_before_key;

-- An account's postings are counted anew in the order they were recorded, so that its time never goes back.
INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
SELECT line.account_id, 0, entry.recorded_at, row_number() OVER so_far, line.entry_id, line.amount_minor,
       sum(line.amount_minor) OVER so_far
FROM ledger_before_posting line JOIN ledger_journalentry entry ON entry.id = line.entry_id
WINDOW so_far AS (PARTITION BY line.account_id ORDER BY entry.recorded_at, entry.id, line.account_version);

INSERT INTO ledger_accountbalance
       (account_id, stripe, side, balance, version, pending_debit, pending_credit, recorded_at, lag_us, floor_minor, credit_minor)
SELECT account.id, row_.stripe, account.side, coalesce(sum(line.amount_minor), 0), count(line.account_id), 0, 0,
       coalesce(max(line.recorded_at), '-infinity'),
       coalesce((extract(epoch FROM max(line.recorded_at - entry.happened_at)) * 1000000)::bigint, 0), chart.floor_minor, 0
FROM ledger_account account
JOIN ledger_chartaccount chart ON chart.code = account.code
CROSS JOIN generate_series(0, account.stripes - 1) AS row_ (stripe)
LEFT JOIN ledger_posting line ON line.account_id = account.id AND line.stripe = row_.stripe
LEFT JOIN ledger_journalentry entry ON entry.id = line.entry_id
GROUP BY account.id, row_.stripe, chart.floor_minor;

ALTER TABLE ledger_account ENABLE TRIGGER USER;
ALTER TABLE ledger_journalentry ENABLE TRIGGER USER;
DROP TABLE ledger_before_posting, ledger_before_key;
-- The foreign keys look now, so that the next statements may alter the tables.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE ledger_accountbalance ALTER COLUMN credit_minor SET DEFAULT 0;
