-- orders_lately --
-- The newest orders of a channel since the first id of a time, with when they were placed there; tests apart.
SELECT id, placed_at
  FROM orders
 WHERE cell = %(cell)b
   AND id >= %(since)b
   AND channel = %(channel)b
   AND NOT is_test
 ORDER BY id DESC
 LIMIT %(most)b

-- ordered_in_windows --
-- What was ordered of SKUs on a channel in times of so many seconds, the most first; of SKUs ordered in more of them
-- than so many.
SELECT w.sku, array_agg(w.units ORDER BY w.units DESC)
  FROM (SELECT l.sku, floor(extract(epoch FROM o.placed_at) / %(lag_s)b::int)::bigint AS at,
               sum(l.ordered)::bigint AS units
          FROM orders AS o
          JOIN order_lines AS l
            ON l.cell = %(cell)b
           AND l.order_id = o.id
         WHERE o.cell = %(cell)b
           AND o.id >= %(since)b
           AND o.channel = %(channel)b
           AND o.placed_at >= %(placed_from)b
           AND NOT o.is_test
         GROUP BY 1, 2) AS w
 GROUP BY w.sku
HAVING count(*) > %(beyond)b
