-- save_postings --
-- Entries of the ledger, as the journal entries of this batch tell them.
INSERT INTO postings (cell, recorded_at, source_kind, source, seq, n, entity, day, account, sub, currency, amount_minor,
                      base, base_minor, rate, cause, document)
SELECT %(cell)b, %(now)b, t.*
  FROM unnest(%(source_kind)b::text[], %(source)b::text[], %(seq)b::int[], %(n)b::int[], %(entity)b::text[],
              %(day)b::date[], %(account)b::text[], %(sub)b::text[], %(currency)b::text[], %(amount_minor)b::bigint[],
              %(base)b::text[], %(base_minor)b::bigint[], %(rate)b::text[], %(cause)b::text[], %(document)b::text[]) AS t

-- postings_between --
-- What the orders between two ids have posted.
SELECT source_kind, source, seq, n, entity, day, account, sub, currency::text, amount_minor, base, base_minor, rate,
       cause, document, recorded_at
  FROM postings
 WHERE cell = %(cell)s
   AND source_kind = 'order'
   AND source > %(after)s::uuid::text
   AND source <= %(last)s::uuid::text
 ORDER BY source, seq, n

-- postings_of_records --
-- What the records between two keys have posted.
SELECT source_kind, source, seq, n, entity, day, account, sub, currency::text, amount_minor, base, base_minor, rate,
       cause, document, recorded_at
  FROM postings
 WHERE cell = %(cell)s
   AND source_kind <> 'order'
   AND (source_kind, source COLLATE "default") > (%(kind)s, %(id)s)
   AND (%(last_kind)s::text IS NULL OR (source_kind, source COLLATE "default") <= (%(last_kind)s, %(last_id)s))
 ORDER BY source_kind, source COLLATE "default", seq, n

-- books_are_even --
-- What each entry of a journal posts comes to nothing, in each currency; so do all the books.
WITH posted AS (
    SELECT source_kind, source, seq, entity, currency, base, sum(amount_minor) AS amount, sum(base_minor) AS worth
      FROM postings
     WHERE cell = %(cell)s
     GROUP BY source_kind, source, seq, entity, currency, base
), uneven AS (
    SELECT format('%%s %%s, entry %%s: %%s %%s, in the books %%s', source_kind, source, seq, amount, currency, worth) AS fault
      FROM posted
     WHERE amount <> 0 OR worth <> 0
)
SELECT (SELECT count(*) FROM posted),
       (SELECT count(*) FROM uneven),
       (SELECT coalesce(array_agg(fault), '{}') FROM (SELECT fault FROM uneven ORDER BY fault LIMIT %(most)s) AS few)

-- standing --
-- What stands on accounts under a name in the books of entities: as the last closed period of each ended, and what came since.
WITH books AS (
    SELECT e.entity, p.body, coalesce((p.body ->> 'until')::date, '-infinity') AS until
      FROM unnest(%(entities)b::text[]) AS e (entity)
      LEFT JOIN LATERAL (SELECT body::jsonb AS body
                           FROM records
                          WHERE cell = %(cell)b
                            AND kind = 'period'
                            AND subject = e.entity
                          ORDER BY id DESC
                          LIMIT 1) AS p
        ON true
), parts AS (
    SELECT b.entity, c.account, c.currency, c.balance_minor AS amount, coalesce(c.base_minor, 0) AS worth
      FROM books AS b
     CROSS JOIN LATERAL jsonb_to_recordset(b.body -> 'accounts')
                AS c (account text, sub text, currency text, balance_minor bigint, base_minor bigint)
     WHERE c.account = ANY(%(accounts)b::text[])
       AND c.sub = %(sub)b
     UNION ALL
    SELECT b.entity, p.account, p.currency::text, p.amount_minor, p.base_minor
      FROM books AS b
      JOIN postings AS p
        ON p.cell = %(cell)b
       AND p.entity = b.entity
       AND p.account = ANY(%(accounts)b::text[])
       AND p.day > b.until
       AND p.sub = %(sub)b
)
SELECT entity, account, currency, sum(amount)::bigint, sum(worth)::bigint
  FROM parts
 GROUP BY entity, account, currency
 ORDER BY entity, currency, account

-- trial_balance --
-- What stands on each account of the books, and how much was posted on either side; through a day, and from one on.
SELECT account, sub, currency::text, base, sum(amount_minor)::bigint, sum(base_minor)::bigint,
       (sum(amount_minor) FILTER (WHERE amount_minor > 0))::bigint,
       (-sum(amount_minor) FILTER (WHERE amount_minor < 0))::bigint,
       count(*)
  FROM postings
 WHERE cell = %(cell)b
   AND entity = %(entity)b
   AND (%(since)b::date IS NULL OR day >= %(since)b)
   AND (%(until)b::date IS NULL OR day <= %(until)b)
 GROUP BY account, sub, currency, base
 ORDER BY account, sub, currency, base

-- account_entries --
-- The entries behind a figure of the trial balance, the oldest first.
SELECT day, recorded_at, source_kind, source, seq, n, account, sub, currency::text, amount_minor, base, base_minor, rate,
       cause, document
  FROM postings
 WHERE cell = %(cell)b
   AND entity = %(entity)b
   AND account = %(account)b
   AND (%(sub)b::text IS NULL OR sub = %(sub)b)
   AND (%(currency)b::text IS NULL OR currency = %(currency)b)
   AND (%(since)b::date IS NULL OR day >= %(since)b)
   AND (%(until)b::date IS NULL OR day <= %(until)b)
   AND (day, recorded_at, source, seq, n)
       > (%(after_day)b::date, %(after_at)b::timestamptz, %(after_source)b::text, %(after_seq)b::int, %(after_n)b::int)
 ORDER BY day, recorded_at, source, seq, n
 LIMIT %(most)b

-- order_entries --
-- All that was posted of an order, the oldest first.
SELECT day, recorded_at, source_kind, source, seq, n, account, sub, currency::text, amount_minor, base, base_minor, rate,
       cause, document
  FROM postings
 WHERE cell = %(cell)b
   AND source_kind = 'order'
   AND source = %(order)b
 ORDER BY seq, n

-- documents_of --
-- The documents of some orders.
SELECT subject, id, body::jsonb ->> 'number', body::jsonb ->> 'kind', (body::jsonb ->> 'total_minor')::bigint
  FROM records
 WHERE cell = %(cell)s
   AND kind = 'document'
   AND subject = ANY(%(orders)s::text[])
 ORDER BY subject, id

-- collective_documents --
-- Invoices over several orders of a company.
SELECT body
  FROM records
 WHERE cell = %(cell)s
   AND kind = 'document'
   AND subject LIKE 'company %%'

-- numbers_have_no_gap --
-- Each number of each series, from the first to the last, is that of one document, and there are no other documents.
WITH last AS (
    SELECT split_part(r.id, ':' || t.kind, 1) AS entity, t.kind, each.key AS prefix, each.value::bigint AS last
      FROM records AS r
     CROSS JOIN LATERAL (SELECT substring(r.id FROM '[^:]+$') AS kind) AS t
     CROSS JOIN LATERAL jsonb_each_text(r.body::jsonb -> 'last') AS each
     WHERE r.cell = %(cell)s
       AND r.kind = 'series'
), numbers AS (
    SELECT entity || ':' || prefix || CASE WHEN n < 1000000 THEN lpad(n::text, 6, '0') ELSE n::text END AS id
      FROM last
     CROSS JOIN LATERAL generate_series(1, last) AS n
), made AS (
    SELECT id FROM records WHERE cell = %(cell)s AND kind IN ('document', 'seller_statement')
), wrong AS (
    SELECT coalesce(n.id || ' is missing', m.id || ' is of no series') AS fault
      FROM numbers AS n
      FULL JOIN made AS m
        ON m.id = n.id
     WHERE n.id IS NULL
        OR m.id IS NULL
)
SELECT (SELECT count(*) FROM numbers),
       (SELECT count(*) FROM wrong),
       (SELECT coalesce(array_agg(fault), '{}') FROM (SELECT fault FROM wrong ORDER BY fault LIMIT %(most)s) AS few)

-- closed_periods --
-- The periods that are closed.
SELECT body FROM records WHERE cell = %(cell)s AND kind = 'period' ORDER BY id

-- journal_entries --
-- All entries of a span of days, each fact together, after a place.
SELECT day, recorded_at, source_kind, source, seq, n, account, sub, currency::text, amount_minor, base, base_minor, rate,
       cause, document
  FROM postings
 WHERE cell = %(cell)b
   AND entity = %(entity)b
   AND day BETWEEN %(since)b AND %(until)b
   AND (day, source, seq, n) > (%(after_day)b::date, %(after_source)b::text, %(after_seq)b::int, %(after_n)b::int)
 ORDER BY day, source, seq, n
 LIMIT %(most)b
