-- days --
-- What was paid, shipped and collected, by day, channel and provider: of orders, and of payouts, which have no channel.
WITH posted AS (
    SELECT day, account, sub, cause, currency, amount_minor,
           CASE WHEN source_kind = 'order' THEN source::uuid END AS order_id
      FROM postings
     WHERE cell = %(cell)b
       AND entity = %(entity)b
       AND account = ANY(%(accounts)b::text[])
       AND day BETWEEN %(since)b AND %(until)b
       AND amount_minor <> 0
), owners AS (
    SELECT o.id, o.channel,
           coalesce(
               (SELECT r.provider
                  FROM payment_references AS r
                 WHERE r.cell = %(cell)b
                   AND r.order_id = o.id
                 ORDER BY r.tender
                 LIMIT 1),
               (SELECT p.sub
                  FROM postings AS p
                 WHERE p.cell = %(cell)b
                   AND p.source_kind = 'order'
                   AND p.source = o.id::text
                   AND p.account = 'psp_clearing'
                 ORDER BY p.seq
                 LIMIT 1),
               ''
           ) AS provider
      FROM orders AS o
     WHERE o.cell = %(cell)b
       AND o.id IN (SELECT order_id FROM posted)
)
SELECT p.day,
       coalesce(w.channel, ''),
       CASE WHEN p.account = 'psp_clearing' THEN p.sub ELSE coalesce(w.provider, '') END AS provider,
       p.currency::text,
       p.account,
       p.cause,
       sum(p.amount_minor)::bigint
  FROM posted AS p
  LEFT JOIN owners AS w
    ON w.id = p.order_id
 GROUP BY 1, 2, 3, 4, 5, 6
 ORDER BY 1, 2, 3, 4, 5, 6

-- open_orders --
-- Orders whose money is open at the end of a day, by account: paid and not shipped, shipped and not paid, owed back,
-- disputed; what is open for the longest time first.
WITH open AS (
    SELECT source::uuid AS order_id, account, currency, sum(amount_minor)::bigint AS amount, max(recorded_at) AS since
      FROM postings
     WHERE cell = %(cell)b
       AND entity = %(entity)b
       AND account = ANY(%(accounts)b::text[])
       AND source_kind = 'order'
       AND day <= %(until)b
     GROUP BY source, account, currency
    HAVING sum(amount_minor) <> 0
)
SELECT o.id, o.number, o.channel, w.account, w.currency::text, w.amount, w.since
  FROM open AS w
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = w.order_id
 WHERE (w.since, o.id, w.account) > (%(after_at)b::timestamptz, %(after_order)b::uuid, %(after_account)b::text)
   AND (%(channel)b::text IS NULL OR o.channel = %(channel)b)
 ORDER BY w.since, o.id, w.account
 LIMIT %(most)b
