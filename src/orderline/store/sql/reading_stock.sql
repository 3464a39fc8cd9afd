-- read_skus --
-- What is known of SKUs, with what is claimed of them in each pool.
SELECT s.code, s.body, l.pool, l.promisable, l.claims, l.held, l.backordered, l.threshold,
       l.expected, l.pegged, l.kept, l.demanded, l.withheld
  FROM skus AS s
  LEFT JOIN pool_levels AS l
    ON l.cell = %(cell)b
   AND l.sku = s.code
 WHERE s.cell = %(cell)b
   AND s.code = ANY(%(codes)b::text[])

-- settings_version --
-- The number that grows with each change of settings.
SELECT settings_version
  FROM cells
 WHERE cell = %(cell)b

-- list_skus --
-- SKUs by code.
SELECT code, body
  FROM skus
 WHERE cell = %(cell)b
   AND code > %(after)b
   AND code >= %(low)b
 ORDER BY code
 LIMIT %(most)b

-- list_levels --
-- Shelves by SKU and location.
SELECT sku, location, sellable, picked, damaged, quality_control, blocked, missing, display, allocated, safety,
       doubt_ppm
  FROM stock
 WHERE cell = %(cell)b
   AND (sku, location) > (%(sku)b, %(location)b)
   AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))
 ORDER BY sku, location
 LIMIT %(most)b

-- shelves_of --
-- All shelves of SKUs.
SELECT sku, location, sellable, picked, damaged, quality_control, blocked, missing, display, allocated, safety,
       doubt_ppm
  FROM stock
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
   AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))
 ORDER BY sku, location

-- shelves_at --
-- Shelves by SKU and location.
SELECT s.sku, s.location, s.sellable, s.picked, s.damaged, s.quality_control, s.blocked, s.missing, s.display,
       s.allocated, s.safety, s.doubt_ppm
  FROM unnest(%(skus)b::text[], %(locations)b::text[]) AS t (sku, location)
  JOIN stock AS s
    ON s.cell = %(cell)b
   AND s.sku = t.sku
   AND s.location = t.location

-- claimants --
-- The newest orders among the last so many with a SKU that hold a claim on it.
SELECT t.order_id, o.state
  FROM (SELECT order_id, pooled
          FROM order_lines
         WHERE cell = %(cell)b
           AND sku = %(sku)b
         ORDER BY order_id DESC
         LIMIT %(scan)b) AS t
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = t.order_id
 WHERE t.pooled > 0
 ORDER BY t.order_id DESC
 LIMIT %(most)b

-- carts_with --
-- Cart holds that have units of SKUs.
SELECT c.body
  FROM cart_holds AS c
 WHERE c.cell = %(cell)b
   AND EXISTS (SELECT
                 FROM json_array_elements(c.body::json -> 'lines') AS l (line)
                WHERE l.line ->> 'sku' = ANY(%(skus)b::text[]))
 ORDER BY c.expires_at
 LIMIT %(most)b

-- feeds_of --
-- The last change that each feed has made to each shelf of a SKU, with the feed as it came last.
WITH moved AS (
  SELECT s.location, substr(e.cause, length(%(cause)b) + 1) AS feed, e.recorded_at,
         sum(CASE WHEN e.target = 'sellable' THEN e.quantity ELSE -e.quantity END)::bigint AS change
    FROM (SELECT location
            FROM stock
           WHERE cell = %(cell)b
             AND sku = %(sku)b
             AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))) AS s
   CROSS JOIN LATERAL (SELECT recorded_at, target, quantity, cause
                         FROM stock_entries
                        WHERE cell = %(cell)b
                          AND sku = %(sku)b
                          AND location = s.location
                        ORDER BY recorded_at DESC, id DESC
                        LIMIT %(look)b) AS e
   WHERE starts_with(e.cause, %(cause)b)
   GROUP BY s.location, e.cause, e.recorded_at
), told AS (
  SELECT DISTINCT ON (location, feed) location, feed, recorded_at, change
    FROM moved
   ORDER BY location, feed, recorded_at DESC
)
SELECT t.location, t.feed, t.recorded_at, t.change, f.sequence, f.applied_at, r.body
  FROM told AS t
  JOIN feeds AS f
    ON f.cell = %(cell)b
   AND f.feed = t.feed
  LEFT JOIN records AS r
    ON r.cell = %(cell)b
   AND r.kind = %(age)b
   AND r.id = t.location
 ORDER BY t.location, t.feed
 LIMIT %(most)b

-- list_oversold --
-- Shelves with fewer units than are allocated.
SELECT sku, location, quantity, found_at
  FROM oversold
 WHERE cell = %(cell)b
   AND (sku, location) > (%(sku)b, %(location)b)
   AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))
 ORDER BY sku, location
 LIMIT %(most)b

-- list_pools --
-- Claims by SKU and pool.
SELECT sku, pool, promisable, claims, held, backordered, threshold, expected, pegged, kept, demanded, withheld
  FROM pool_levels
 WHERE cell = %(cell)b
   AND (sku, pool) > (%(sku)b, %(location)b)
 ORDER BY sku, pool
 LIMIT %(most)b

-- list_supply --
-- Dated supply by SKU, pool and id.
SELECT sku, pool, id, location, kind, due_at, slack_days, confidence_ppm, open, pegged, kept
  FROM supply
 WHERE cell = %(cell)b
   AND (sku, pool, id) > (%(sku)b, %(pool)b, %(id)b)
   AND (%(skus)b::text[] IS NULL OR sku = ANY(%(skus)b::text[]))
   AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))
   AND (NOT %(overpegged)b::boolean OR pegged - kept > open::bigint * confidence_ppm / 1000000)
 ORDER BY sku, pool, id
 LIMIT %(most)b

-- substituted_skus --
-- SKUs for which something else may be sent, by code; of some codes where those are given.
SELECT body
  FROM skus
 WHERE cell = %(cell)b
   AND body LIKE '%%"substitutes"%%'
   AND (%(codes)b::text[] IS NULL OR code = ANY(%(codes)b))
 ORDER BY code
 LIMIT %(most)b
