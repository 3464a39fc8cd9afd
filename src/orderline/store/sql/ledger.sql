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
