-- credits_to_expire --
-- Credit accounts whose time is over.
SELECT id
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'credit_account'
   AND state = 'open'
   AND due_at <= %(now)b
 ORDER BY due_at, id
 LIMIT %(most)b

-- credits_are_owed --
-- What is on each credit account is what the ledger owes under its name, in its currency; no less than nothing, nor than was given.
WITH owed AS (
    SELECT sub AS id, currency::text AS currency, -sum(amount_minor) AS amount
      FROM postings
     WHERE cell = %(cell)s
       AND account IN ('store_credit', 'gift_cards')
       AND sub NOT IN ('', 'gift_card')
     GROUP BY sub, currency
), accounts AS (
    SELECT id, body::json ->> 'currency' AS currency, coalesce((body::json ->> 'balance_minor')::bigint, 0) AS amount,
           coalesce((body::json ->> 'goodwill_minor')::bigint, 0) AS goodwill
      FROM records
     WHERE cell = %(cell)s
       AND kind = 'credit_account'
), wrong AS (
    SELECT format('%%s: the account has %%s %%s, the ledger owes %%s', coalesce(a.id, o.id), a.amount,
                  coalesce(a.currency, o.currency), coalesce(o.amount, 0)) AS fault
      FROM accounts AS a
      FULL JOIN owed AS o
        ON o.id = a.id
       AND o.currency = a.currency
     WHERE coalesce(a.amount, 0) <> coalesce(o.amount, 0)
        OR a.amount < 0
     UNION ALL
    SELECT format('%%s: nobody has paid for %%s of %%s', id, goodwill, amount)
      FROM accounts
     WHERE goodwill NOT BETWEEN 0 AND amount
     UNION ALL
    SELECT format('%%s: %%s %%s more is on gift cards than was sold', source, sum(amount_minor), currency)
      FROM postings
     WHERE cell = %(cell)s
       AND account = 'gift_cards'
       AND sub = 'gift_card'
     GROUP BY source, currency
    HAVING sum(amount_minor) > 0
)
SELECT (SELECT count(*) FROM accounts),
       (SELECT count(*) FROM wrong),
       (SELECT coalesce(array_agg(fault), '{}') FROM (SELECT fault FROM wrong ORDER BY fault LIMIT %(most)s) AS few)
