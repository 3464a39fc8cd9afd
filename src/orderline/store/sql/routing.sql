-- load_levels --
-- What can be allocated of SKUs, at every location that has some, and the journal position it was read at.
SELECT s.sku, s.location, s.sellable + s.picked - s.allocated AS free,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS position
  FROM stock AS s
 WHERE s.cell = %(cell)b
   AND s.sku = ANY(%(skus)b::text[])
   AND s.sellable + s.picked > s.allocated

-- lasting_units --
-- Where some units of SKUs end before a day: how many there do not, less what waits there to be picked for channels that
-- ask how long units last.
WITH lasting AS (
    SELECT t.until, l.sku, l.location,
           coalesce(sum(l.quantity) FILTER (WHERE l.expires_on IS NULL OR l.expires_on >= t.until), 0) AS units
      FROM unnest(%(until)b::date[]) AS t (until)
      JOIN lots AS l
        ON l.cell = %(cell)b
       AND l.sku = ANY(%(skus)b::text[])
       AND l.bucket = 'sellable'
     GROUP BY t.until, l.sku, l.location
    HAVING bool_or(l.expires_on < t.until)
), waiting AS (
    SELECT k.sku, f.location, sum(least(k.allocated + k.released, f.allocated + f.released)) AS units
      FROM fulfillment_orders AS f
      JOIN orders AS o
        ON o.cell = f.cell
       AND o.id = f.order_id
       AND o.channel = ANY(%(channels)b::text[])
      JOIN order_lines AS k
        ON k.cell = f.cell
       AND k.order_id = f.order_id
       AND k.allocated + k.released > 0
     WHERE f.cell = %(cell)b
       AND f.location IN (SELECT location FROM lasting)
       AND f.execution IN ('open', 'in_progress')
       AND f.allocated + f.released > 0
       AND k.sku IN (SELECT sku FROM lasting)
     GROUP BY k.sku, f.location
)
SELECT l.until, l.sku, l.location, greatest(0, l.units - coalesce(w.units, 0))
  FROM lasting AS l
  LEFT JOIN waiting AS w
    ON w.sku = l.sku
   AND w.location = l.location

-- location_loads --
-- What locations were given since their day and their hour began, as far as it was not given back, what of all that they
-- were ever given is not finished, and what they have handed over since an instant.
SELECT t.location, g.today, g.this_hour, o.unfinished, d.handed_over
  FROM unnest(%(locations)b::text[], %(days)b::timestamptz[], %(hours)b::timestamptz[]) AS t (location, day, hour)
 CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE f.opened_at >= t.day) AS today,
               count(*) FILTER (WHERE f.opened_at >= t.hour) AS this_hour
          FROM fulfillment_orders AS f
         WHERE f.cell = %(cell)b
           AND f.location = t.location
           AND f.opened_at >= least(t.day, t.hour)
           AND f.allocated + f.released + f.picked + f.packed + f.shipped > 0) AS g
 CROSS JOIN LATERAL (
        SELECT count(*) AS unfinished
          FROM fulfillment_orders AS f
         WHERE f.cell = %(cell)b
           AND f.location = t.location
           AND f.execution IN ('open', 'in_progress')
           AND f.allocated + f.released + f.picked + f.packed > 0) AS o
 CROSS JOIN LATERAL (
        SELECT count(*) AS handed_over
          FROM shipments AS s
         WHERE s.cell = %(cell)b
           AND s.location = t.location
           AND s.undone_at IS NULL
           AND s.handed_over_at >= %(since)b) AS d

-- waiting_orders --
-- Orders that wait for units of SKUs to come, the most urgent first.
SELECT l.sku, l.order_id, sum(l.unplanned)::bigint AS units
  FROM order_lines AS l
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = l.order_id
 WHERE l.cell = %(cell)b
   AND l.sku = ANY(%(skus)b::text[])
   AND l.unplanned > 0
   AND l.order_id <> ALL (%(but)b::uuid[])
 GROUP BY l.sku, l.order_id, o.priority, o.placed_at
 ORDER BY o.priority DESC, o.placed_at, l.order_id
 LIMIT %(most)b

-- promisable_units --
-- What pools can still promise of SKUs, all pools together.
SELECT sku, sum(greatest(0, promisable - claims - held - kept - threshold - withheld))::bigint
  FROM pool_levels
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
 GROUP BY sku

-- open_work --
-- Fulfillment orders that were not begun, of those of the locations that are not active.
SELECT f.order_id, f.number, f.id
  FROM fulfillment_orders AS f
  JOIN settings AS s
    ON s.cell = %(cell)b
   AND s.kind = 'location'
   AND s.code = f.location
   AND NOT coalesce((s.body::json ->> 'active')::boolean, true)
 WHERE f.cell = %(cell)b
   AND f.location = ANY(%(locations)b::text[])
   AND f.id > %(after)b
   AND f.execution = 'open'
   AND f.picked = 0
   AND f.packed = 0
   AND f.allocated + f.released > 0
 ORDER BY f.id
 LIMIT %(most)b

-- oversold_work --
-- Fulfillment orders that were not begun at oversold shelves, those promised last first.
SELECT w.sku, w.location, w.quantity, f.order_id, f.number
  FROM oversold AS w
  JOIN fulfillment_orders AS f
    ON f.cell = %(cell)b
   AND f.location = w.location
   AND f.execution = 'open'
   AND f.picked = 0
   AND f.packed = 0
   AND f.allocated + f.released > 0
  JOIN order_lines AS l
    ON l.cell = %(cell)b
   AND l.order_id = f.order_id
   AND l.sku = w.sku
   AND l.allocated + l.released > 0
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = f.order_id
 WHERE w.cell = %(cell)b
   AND (w.sku, w.location) IN (SELECT * FROM unnest(%(skus)b::text[], %(locations)b::text[]))
 GROUP BY w.sku, w.location, w.quantity, f.order_id, f.number, f.due_at, o.priority, o.placed_at
 ORDER BY w.sku, w.location, f.due_at DESC, o.priority, o.placed_at DESC, f.order_id
 LIMIT %(most)b
