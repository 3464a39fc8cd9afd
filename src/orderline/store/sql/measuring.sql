-- claims_of_sku --
-- What is claimed of a SKU, and what waits for it, over all pools.
SELECT coalesce(sum(claims), 0)::bigint, coalesce(sum(backordered), 0)::bigint
  FROM pool_levels
 WHERE cell = %(cell)s
   AND sku = %(sku)s

-- some_orders --
-- The ids of some orders.
SELECT id
  FROM orders
 WHERE cell = %(cell)s
 LIMIT %(most)s

-- delivered_orders --
-- How many orders have been delivered.
SELECT count(*)
  FROM orders
 WHERE cell = %(cell)s
   AND phase IN ('delivered', 'closed')

-- deadlocks --
-- Deadlocks since the server keeps count.
SELECT deadlocks
  FROM pg_stat_database
 WHERE datname = current_database()

-- units_waiting --
-- Units that wait for supply, and units that wait for a location.
SELECT coalesce(sum(unplanned + pegged), 0)::bigint, coalesce(sum(pooled), 0)::bigint
  FROM order_lines
 WHERE cell = %(cell)s

-- documents_issued --
-- How many invoices and credit notes there are.
SELECT count(*)
  FROM records
 WHERE cell = %(cell)s
   AND kind = 'document'

-- open_money --
-- What was taken, and what is open of it: paid and not invoiced, or invoiced and not paid, of any order.
WITH open AS (
    SELECT account, source, sum(amount_minor) AS amount
      FROM postings
     WHERE cell = %(cell)s
       AND account IN ('deposits', 'receivable')
     GROUP BY account, source
)
SELECT (SELECT coalesce(sum(amount_minor), 0)::bigint
          FROM postings
         WHERE cell = %(cell)s
           AND account = 'psp_clearing'),
       coalesce(sum(abs(amount)), 0)::bigint
  FROM open

-- tables_filled --
-- Every table, and those of its columns that are written.
SELECT c.relname,
       string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
  FROM pg_class AS c
  JOIN pg_attribute AS a
    ON a.attrelid = c.oid
   AND a.attnum > 0
   AND NOT a.attisdropped
   AND a.attgenerated = ''
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition
 GROUP BY c.relname
 ORDER BY c.relname
