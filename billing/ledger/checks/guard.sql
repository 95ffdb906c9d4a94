-- the guards that keep every other hand out stand before each table, switched on
SELECT 'guard', 'ledger_' || guarded,
       format('the guard %s is %s', name, CASE WHEN there.oid IS NULL THEN 'gone' ELSE 'switched off' END)
FROM (VALUES
    ('{account,journalentry,reversal,posting,limitchange,hold,holdline,holdend,periodevent,seal}'::text[],
     '{by_function,for_ever}'::text[]),
    ('{accountbalance,period,gate,fence}', '{by_function,changed_by_function,stays}'),
    ('{openhold,entrykey}', '{by_function,taken_by_function,stays}'),
    ('{posting}', '{balances}')
) AS expected (tables, guards)
CROSS JOIN LATERAL unnest(tables) AS guarded
CROSS JOIN LATERAL unnest(guards) AS guard
CROSS JOIN LATERAL (SELECT format('ledger_%s_%s', guarded, guard) AS name) AS named
LEFT JOIN pg_trigger there ON there.tgrelid = to_regclass('ledger_' || guarded) AND there.tgname = name
WHERE there.oid IS NULL OR there.tgenabled NOT IN ('O', 'A')
