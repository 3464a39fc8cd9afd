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
