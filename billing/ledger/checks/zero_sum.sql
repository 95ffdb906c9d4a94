-- the balances of a legal entity sum to zero in each currency
SELECT 'zero_sum', concat_ws(' ', account.entity, account.currency), format('all balances sum to %s', sum(held.balance))
FROM ledger_accountbalance held
JOIN ledger_account account ON account.id = held.account_id
GROUP BY account.entity, account.currency
HAVING sum(held.balance) <> 0
