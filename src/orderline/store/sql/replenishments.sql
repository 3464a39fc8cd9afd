-- sold --
-- Units of SKUs that have left shelves for customers since an instant: sent, collected, or sold over the counter.
SELECT sku, location, sum(quantity)::bigint
  FROM stock_entries
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
   AND recorded_at >= %(since)b
   AND source IN ('picked', 'sellable')
   AND target IN ('in_transit_out', 'customer')
 GROUP BY sku, location

-- sold_on_channel --
-- Units of SKUs ordered on a channel since the first id of a time, less those canceled; tests apart.
SELECT l.sku, sum(l.ordered - l.canceled)::bigint
  FROM order_lines AS l
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = l.order_id
 WHERE l.cell = %(cell)b
   AND l.sku = ANY(%(skus)b::text[])
   AND l.order_id >= %(since)b
   AND o.channel = %(channel)b
   AND NOT o.is_test
 GROUP BY l.sku
