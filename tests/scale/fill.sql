-- Fills an empty ledger with what a year of sales leaves behind, past the guards and in bulk, row for row as the posting
-- functions would have written it. Six postings a sale: wallet, fee, income, VAT; then expense and author.
-- {sales} sales from {start} on, {step_us} microseconds apart. One entry in 500 was recorded days after it happened.
CREATE TEMP TABLE fill_entry AS
SELECT n, kind, number,
       -- a ULID: the millisecond, then what is as good as random
       (lpad(to_hex(floor(extract(epoch FROM moment.recorded_at) * 1000)::bigint), 12, '0') || substr(md5(number::text), 1, 20))::uuid AS id,
       moment.recorded_at, (number / 40 % 16)::smallint AS session,
       moment.recorded_at - CASE WHEN number % 500 = 0 THEN number % 9 * interval '1 day' ELSE interval '250 ms' END AS happened_at,
       CASE kind WHEN 0 THEN format('payment:pay_%s:captured', substr(md5(n::text), 1, 26)) ELSE format('fill:%s', n) END AS key, CASE kind WHEN 0 THEN 'BQ' ELSE 'RD' END AS journal,
       CASE kind WHEN 0 THEN format('Encaissement de la facture SN-2026-%s', n)
                 ELSE format('Droits d’auteur, facture SN-2026-%s, Les soleils', n) END AS description,
       'pay_' || substr(md5(n::text), 1, 26) AS source_ref
FROM generate_series(1, {sales}) AS n
CROSS JOIN (VALUES (0), (1)) AS kinds (kind)
CROSS JOIN LATERAL (SELECT 2 * (n - 1) + kind AS number) AS numbered
CROSS JOIN LATERAL (SELECT '{start}'::timestamptz + number * ({step_us} * interval '1 microsecond') AS recorded_at) AS moment;

CREATE TEMP TABLE fill_line AS
SELECT entry.id AS entry_id, entry.recorded_at, entry.happened_at, entry.session, line.code, line.holder, line.amount
FROM fill_entry entry
CROSS JOIN LATERAL (SELECT 1000 + entry.n % 90 * 50 AS gross, entry.n % 90 * 5 + 10 AS fee) AS price
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        (0, '4432', '', -(gross * 18 / 118)), (0, '552', (ARRAY['mtn:CI', 'orange:SN', 'wave:CI', 'wave:SN'])[1 + entry.n % 4], gross - fee),
        (0, '6317', '', fee), (0, '7065', '', gross * 18 / 118 - gross),
        (1, '4017', 'pye_' || (entry.n::bigint * 7919 % 10000), -(gross / 10)), (1, '6346', '', gross / 10)
    ) AS line (kind, code, holder, amount) WHERE line.kind = entry.kind
) AS line;

INSERT INTO ledger_account (id, entity, code, currency, holder, side, stripes)
SELECT ledger_account_id('coko-sn', code, 'XOF', holder), 'coko-sn', code, 'XOF', holder, chart.side, chart.stripes
FROM (SELECT DISTINCT code, holder FROM fill_line) AS held JOIN ledger_chartaccount chart USING (code);

INSERT INTO ledger_journalentry (id, entity, journal, happened_at, recorded_at, closing, source_ref, description, key, fingerprint)
SELECT entry.id, 'coko-sn', entry.journal, entry.happened_at, entry.recorded_at, false, entry.source_ref, entry.description, entry.key,
       ledger_fingerprint(entry.key, 'coko-sn', entry.journal, entry.description, entry.source_ref, entry.happened_at, content.text)
FROM fill_entry entry
JOIN (
    SELECT entry_id, '[' || string_agg(json_build_array(code, 'XOF', holder, amount)::text, ',' ORDER BY code COLLATE "C") || ']' AS text
    FROM fill_line GROUP BY entry_id
) AS content ON content.entry_id = entry.id
ORDER BY entry.recorded_at;

INSERT INTO ledger_entrykey (key, entry_id) SELECT key, id FROM fill_entry ORDER BY id;

INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
SELECT account_id, stripe, recorded_at, row_number() OVER so_far, entry_id, amount, sum(amount) OVER so_far
FROM (
    SELECT account.id AS account_id, (line.session % account.stripes)::smallint AS stripe, line.*
    FROM fill_line line
    JOIN ledger_account account ON account.code = line.code AND account.holder = line.holder
) AS line
WINDOW so_far AS (PARTITION BY account_id, stripe ORDER BY recorded_at)
ORDER BY recorded_at;

INSERT INTO ledger_accountbalance
       (account_id, stripe, side, balance, version, pending_debit, pending_credit, recorded_at, lag_us, floor_minor, credit_minor)
SELECT account.id, row_.stripe, account.side, coalesce(told.balance, 0), coalesce(told.version, 0), 0, 0,
       coalesce(told.recorded_at, '-infinity'), coalesce(told.lag_us, 0), chart.floor_minor, 0
FROM ledger_account account
JOIN ledger_chartaccount chart ON chart.code = account.code
CROSS JOIN generate_series(0, account.stripes - 1) AS row_ (stripe)
LEFT JOIN (
    SELECT account.id AS account_id, (line.session % account.stripes)::smallint AS stripe, sum(line.amount) AS balance,
           count(*) AS version, max(line.recorded_at) AS recorded_at,
           (extract(epoch FROM max(line.recorded_at - line.happened_at)) * 1000000)::bigint AS lag_us
    FROM fill_line line
    JOIN ledger_account account ON account.code = line.code AND account.holder = line.holder
    GROUP BY 1, 2
) AS told ON told.account_id = account.id AND told.stripe = row_.stripe;

INSERT INTO payments_paymenttransaction
       (id, invoice_ref, invoice_number, owner_ref, provider, market, route_ref, entity, currency, amount_minor, fee_minor,
        payer_phone_sealed, payer_phone_index, payer_phone_masked, return_url, state, flags, failure_reason, failure_code, action_kind,
        action_url, action_instructions, started_at, settled_at, entry_ref, booked_as, check_count, not_found_count)
SELECT source_ref, 'inv_' || substr(md5(n::text), 1, 26), format('SN-2026-%s', n), 'usr_fill',
       (ARRAY['mtn', 'orange', 'wave', 'wave'])[1 + n % 4], (ARRAY['CI', 'SN', 'CI', 'SN'])[1 + n % 4], 'rte_fill', 'coko-sn', 'XOF',
       1000 + n % 90 * 50, n % 90 * 5 + 10, '', '', '', '', 'succeeded', '{}', '', '', 'none', '', '', happened_at, happened_at,
       ledger_entry_ref(id), 'captured', 1, 0
FROM fill_entry WHERE kind = 0 ORDER BY recorded_at;

INSERT INTO invoices_invoice
       (id, number, state, owner_ref, entity, seller, customer_name, customer_country, customer_phone_sealed, customer_phone_index,
        customer_email, customer_language, customer_user_ref, country, currency, item_count, net_minor, tax_minor, gross_minor,
        opened_at, paid_at, payment_ref, provider, transaction_ref, fee_minor, void_reason)
SELECT 'inv_' || substr(md5(n::text), 1, 26), format('SN-2026-%s', n), 'paid', 'usr_fill', 'coko-sn', '{}', 'Ama', 'SN', '', '', '', 'fr', '',
       'SN', 'XOF', 1, gross - gross * 18 / 118, gross * 18 / 118, gross, happened_at, happened_at, source_ref,
       (ARRAY['mtn', 'orange', 'wave', 'wave'])[1 + n % 4], '', n % 90 * 5 + 10, ''
FROM fill_entry CROSS JOIN LATERAL (SELECT 1000 + n % 90 * 50 AS gross) AS price WHERE kind = 0 ORDER BY recorded_at;

DROP TABLE fill_entry, fill_line;
