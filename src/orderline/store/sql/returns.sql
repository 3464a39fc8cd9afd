-- save_return_items --
-- Items of returns as they stand; they are never taken away.
INSERT INTO return_items (cell, order_id, number, item, line, sku, quantity, reason, source, custody, money, location,
                          tracking_number, requested_at, moved_at, expires_at)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(number)b::integer[], %(item)b::integer[], %(line)b::integer[], %(sku)b::text[],
              %(quantity)b::bigint[], %(reason)b::text[], %(source)b::text[], %(custody)b::text[], %(money)b::text[],
              %(location)b::text[], %(tracking_number)b::text[], %(requested_at)b::timestamptz[],
              %(moved_at)b::timestamptz[], %(expires_at)b::timestamptz[]) AS t
ON CONFLICT (cell, order_id, number, item) DO UPDATE
   SET quantity = excluded.quantity,
       custody = excluded.custody,
       money = excluded.money,
       location = excluded.location,
       tracking_number = excluded.tracking_number,
       moved_at = excluded.moved_at,
       expires_at = excluded.expires_at

-- list_return_items --
-- Items of returns, the one that has waited longest first; what is not given is no limit.
SELECT r.order_id, r.number, r.item, o.number, o.channel, r.line, r.sku, r.quantity, r.reason, r.source, r.custody,
       r.money, r.location, r.tracking_number, r.requested_at, r.moved_at, r.expires_at
  FROM return_items AS r
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = r.order_id
 WHERE r.cell = %(cell)b
/* waiting */
   AND (%(custody)b::text[] IS NULL OR r.custody = ANY(%(custody)b::text[]))
   AND (%(money)b::text[] IS NULL OR r.money = ANY(%(money)b::text[]))
   AND (%(tracking_number)b::text IS NULL OR r.tracking_number = %(tracking_number)b)
   AND (%(locations)b::text[] IS NULL OR r.location = ANY(%(locations)b::text[]))
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND (r.moved_at, r.order_id, r.number, r.item)
       > (%(moved_at)b::timestamptz, %(order_id)b::uuid, %(number)b::integer, %(item)b::integer)
 ORDER BY r.moved_at, r.order_id, r.number, r.item
 LIMIT %(most)b

-- where_waiting --
-- Items that wait for somebody: what the list has to look at, where nothing else is asked for.
       (r.custody IN ('requested', 'received', 'graded') OR r.custody = 'disposed' AND r.money = 'not_due')

-- returns_to_expire --
-- Returns whose goods were to be on their way by now, and are not known to be here; or whose price nobody has said yes to.
SELECT DISTINCT order_id, number
  FROM return_items
 WHERE cell = %(cell)b
   AND custody IN ('approved', 'in_transit', 'quoted')
   AND expires_at <= %(now)b
 ORDER BY order_id, number
 LIMIT %(most)b

-- locate_returns --
-- Returns by what carriers call their parcels.
SELECT DISTINCT tracking_number, order_id, number
  FROM return_items
 WHERE cell = %(cell)b
   AND tracking_number = ANY(%(tracking_numbers)b::text[])
   AND tracking_number <> ''

-- in_service --
-- Customers' own goods that are here to be repaired, by the ledger; what is there no longer is left out.
SELECT e.sku, e.location, sum(b.sign * e.quantity)::bigint
  FROM stock_entries AS e
 CROSS JOIN LATERAL (VALUES (e.target, 1), (e.source, -1)) AS b (bucket, sign)
 WHERE e.cell = %(cell)s
   AND 'in_service' IN (e.source, e.target)
   AND b.bucket = 'in_service'
 GROUP BY e.sku, e.location
HAVING sum(b.sign * e.quantity) <> 0

-- orphans_are_their_entries --
-- Of goods with no order known the ledger has what their records say is left; what was matched is in a return of its order.
WITH orphans AS (
    SELECT r.id, r.body::jsonb AS body
      FROM records AS r
     WHERE r.cell = %(cell)s
       AND r.kind = 'orphan'
), standing AS (
    SELECT o.id, i.item ->> 'sku' AS sku,
           sum((i.item ->> 'quantity')::bigint
               - coalesce((i.item ->> 'matched')::bigint, 0)
               - coalesce((i.item ->> 'disposed')::bigint, 0)) AS quantity
      FROM orphans AS o
     CROSS JOIN LATERAL jsonb_array_elements(o.body -> 'items') AS i (item)
     WHERE coalesce(i.item ->> 'sku', '') <> ''
     GROUP BY o.id, i.item ->> 'sku'
), ledger AS (
    SELECT substr(e.cause, length('orphan:') + 1) AS id, e.sku, sum(b.sign * e.quantity) AS quantity
      FROM stock_entries AS e
     CROSS JOIN LATERAL (VALUES (e.target, 1), (e.source, -1)) AS b (bucket, sign)
     WHERE e.cell = %(cell)s
       AND e.cause LIKE 'orphan:%%'
       AND b.bucket = 'quality_control'
     GROUP BY e.cause, e.sku
), compared AS (
    SELECT concat_ws(', ', coalesce(s.id, l.id), coalesce(s.sku, l.sku)) AS key,
           CASE WHEN coalesce(s.quantity, 0) <> coalesce(l.quantity, 0)
                THEN coalesce(s.quantity, 0) || ' units are left, the ledger has ' || coalesce(l.quantity, 0)
            END AS fault
      FROM standing AS s
      FULL JOIN ledger AS l
        ON l.id = s.id
       AND l.sku = s.sku
     UNION ALL
    SELECT o.id || ', item ' || (m.match ->> 'item'),
           CASE WHEN NOT EXISTS (SELECT
                                   FROM return_items AS i
                                  WHERE i.cell = %(cell)s
                                    AND i.order_id = (m.match ->> 'order')::uuid
                                    AND i.number = (m.match ->> 'returned')::integer
                                    AND i.line = (m.match ->> 'line')::integer)
                THEN 'matched to no return of order ' || (m.match ->> 'order_number')
            END
      FROM orphans AS o
     CROSS JOIN LATERAL jsonb_array_elements(coalesce(o.body -> 'matches', '[]')) AS m (match)
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
