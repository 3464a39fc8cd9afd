-- lock_demand --
-- Lock the scheduled demand for SKUs in pools, after their claims and in the order given.
SELECT d.*
  FROM unnest(%(skus)b::text[], %(pools)b::text[]) AS t (sku, pool)
 CROSS JOIN LATERAL (
    SELECT sku, pool, id, need_at, open
      FROM demand
     WHERE cell = %(cell)b
       AND sku = t.sku
       AND pool = t.pool
     ORDER BY id
       FOR NO KEY UPDATE
 ) AS d

-- save_demand --
-- Scheduled demand as it is now.
INSERT INTO demand AS d (cell, sku, pool, id, need_at, open)
SELECT %(cell)b, t.*
  FROM unnest(%(sku)b::text[], %(pool)b::text[], %(id)b::text[], %(need_at)b::timestamptz[], %(open)b::int[]) AS t
    ON CONFLICT (cell, sku, pool, id) DO UPDATE
   SET need_at = excluded.need_at,
       open = excluded.open

-- delete_demand --
-- Scheduled demand that is over: ordered, or canceled.
DELETE FROM demand AS d
 USING unnest(%(sku)b::text[], %(pool)b::text[], %(id)b::text[]) AS t (sku, pool, id)
 WHERE d.cell = %(cell)b
   AND d.sku = t.sku
   AND d.pool = t.pool
   AND d.id = t.id

-- demand_of --
-- The scheduled demand for SKUs.
SELECT sku, pool, id, need_at, open
  FROM demand
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
 ORDER BY sku, need_at, id

-- list_demand --
-- Scheduled demand by SKU, pool and id.
SELECT sku, pool, id, need_at, open
  FROM demand
 WHERE cell = %(cell)b
   AND (sku, pool, id) > (%(sku)b, %(pool)b, %(id)b)
   AND (%(skus)b::text[] IS NULL OR sku = ANY(%(skus)b::text[]))
 ORDER BY sku, pool, id
 LIMIT %(most)b

-- all_demand --
-- All scheduled demand, for comparison with its records.
SELECT sku, pool, id, need_at, open
  FROM demand
 WHERE cell = %(cell)s

-- all_levels --
-- What the pools say of scheduled demand.
SELECT sku, pool, demanded, withheld
  FROM pool_levels
 WHERE cell = %(cell)s
   AND (demanded > 0 OR withheld > 0)
