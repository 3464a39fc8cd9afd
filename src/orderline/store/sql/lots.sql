-- tracked --
-- Which of these SKUs are known by lot or serial number, and how.
SELECT code, tracking
  FROM skus
 WHERE cell = %(cell)b
   AND code = ANY(%(skus)b::text[])
   AND tracking <> 'none'

-- lots_at --
-- The lots of shelves, which are locked, so that nobody changes them.
SELECT l.sku, l.location, l.bucket, l.lot, l.quantity, l.expires_on, l.serial
  FROM unnest(%(skus)b::text[], %(locations)b::text[]) AS t (sku, location)
  JOIN lots AS l
    ON l.cell = %(cell)b
   AND l.sku = t.sku
   AND l.location = t.location
 ORDER BY l.sku, l.location, l.bucket, l.lot

-- places_of --
-- The shelves that have units of lots.
SELECT l.sku, l.lot, l.location, l.bucket, l.expires_on
  FROM unnest(%(skus)b::text[], %(lots)b::text[]) AS t (sku, lot)
  JOIN lots AS l
    ON l.cell = %(cell)b
   AND l.sku = t.sku
   AND l.lot = t.lot
 ORDER BY l.sku, l.lot, l.location, l.bucket

-- delete_lots --
-- Lots that have left a bucket; before others come, for a serial number stands in one place.
DELETE FROM lots AS l
 USING unnest(%(sku)b::text[], %(location)b::text[], %(bucket)b::text[], %(lot)b::text[])
       AS t (sku, location, bucket, lot)
 WHERE l.cell = %(cell)b
   AND l.sku = t.sku
   AND l.location = t.location
   AND l.bucket = t.bucket
   AND l.lot = t.lot

-- save_lots --
-- Lots as they stand now.
INSERT INTO lots AS l (cell, sku, location, bucket, lot, quantity, expires_on, serial)
SELECT %(cell)b, t.*
  FROM unnest(%(sku)b::text[], %(location)b::text[], %(bucket)b::text[], %(lot)b::text[], %(quantity)b::int[],
              %(expires_on)b::date[], %(serial)b::boolean[]) AS t
    ON CONFLICT (cell, sku, location, bucket, lot) DO UPDATE
   SET quantity = excluded.quantity,
       expires_on = excluded.expires_on

-- due_lots --
-- Shelves with lots that may not be sold any more on a day.
SELECT DISTINCT l.sku, l.location
  FROM lots AS l
  JOIN skus AS s
    ON s.cell = %(cell)b
   AND s.code = l.sku
 WHERE l.cell = %(cell)b
   AND l.bucket = 'sellable'
   AND l.expires_on < %(on)b::date + s.min_shelf_days
 ORDER BY l.sku, l.location
 LIMIT %(most)b

-- aged_lots --
-- Sellable units of SKUs at locations that have fewer days left than asked for, from a day on.
SELECT sku, location, lot, quantity, expires_on
  FROM lots
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
   AND location = ANY(%(locations)b::text[])
   AND bucket = 'sellable'
   AND expires_on < %(on)b::date + %(days)b::integer
 ORDER BY sku, location, expires_on, lot

-- list_lots --
-- Lots by SKU, location, bucket and code.
SELECT sku, location, bucket, lot, quantity, expires_on, serial
  FROM lots
 WHERE cell = %(cell)b
   AND (sku, location, bucket, lot) > (%(sku)b, %(location)b, %(bucket)b, %(lot)b)
   AND (%(skus)b::text[] IS NULL OR sku = ANY(%(skus)b::text[]))
   AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))
   AND (%(lots)b::text[] IS NULL OR lot = ANY(%(lots)b::text[]))
 ORDER BY sku, location, bucket, lot
 LIMIT %(most)b

-- recalled --
-- What has become of a lot: units taken for causes and not put back, sent for them, and sold over the counter.
SELECT e.cause,
       sum(CASE e.target WHEN 'picked' THEN e.quantity ELSE 0 END
           - CASE e.source WHEN 'picked' THEN e.quantity ELSE 0 END)::bigint AS picked,
       sum(CASE e.target WHEN 'in_transit_out' THEN e.quantity ELSE 0 END)::bigint AS sent,
       sum(CASE e.target WHEN 'customer' THEN e.quantity ELSE 0 END
           - CASE e.source WHEN 'customer' THEN e.quantity ELSE 0 END)::bigint AS sold
  FROM stock_entries AS e
 WHERE e.cell = %(cell)b
   AND e.sku = %(sku)b
   AND e.lot = %(lot)b
   AND e.lot <> ''
   AND (e.source IN ('picked', 'customer') OR e.target IN ('picked', 'in_transit_out', 'customer'))
 GROUP BY e.cause
 ORDER BY min(e.occurred_at), e.cause

-- recalled_orders --
-- Orders by id, as people are told of them.
SELECT id, number, channel, placed_at
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- lots_are_their_shelves --
-- The lots of a tracked SKU add up to its shelf, bucket by bucket, and each lot to its entries; no other SKU has any.
WITH buckets AS (
    SELECT s.sku, s.location, b.bucket, b.quantity
      FROM stock AS s
      JOIN skus AS k
        ON k.cell = %(cell)s
       AND k.code = s.sku
       AND k.tracking <> 'none'
     CROSS JOIN LATERAL (VALUES ('sellable', s.sellable), ('picked', s.picked), ('damaged', s.damaged),
                                ('quality_control', s.quality_control), ('blocked', s.blocked),
                                ('missing', s.missing), ('display', s.display)) AS b (bucket, quantity)
     WHERE s.cell = %(cell)s
), standing AS (
    SELECT sku, location, bucket, sum(quantity) AS quantity
      FROM lots
     WHERE cell = %(cell)s
     GROUP BY sku, location, bucket
), ledger AS (
    SELECT e.sku, e.location, b.bucket, e.lot, sum(b.sign * e.quantity) AS quantity
      FROM stock_entries AS e
     CROSS JOIN LATERAL (VALUES (e.target, 1), (e.source, -1)) AS b (bucket, sign)
     WHERE e.cell = %(cell)s
       AND e.lot <> ''
       AND b.bucket IN ('sellable', 'picked', 'damaged', 'quality_control', 'blocked', 'missing', 'display')
     GROUP BY e.sku, e.location, b.bucket, e.lot
    HAVING sum(b.sign * e.quantity) <> 0
), compared AS (
    SELECT concat_ws(', ', coalesce(b.sku, l.sku) || ' at ' || coalesce(b.location, l.location),
                     coalesce(b.bucket, l.bucket)) AS key,
           coalesce(b.quantity, 0) AS expected,
           coalesce(l.quantity, 0) AS lots
      FROM buckets AS b
      FULL JOIN standing AS l
        ON l.sku = b.sku
       AND l.location = b.location
       AND l.bucket = b.bucket
     UNION ALL
    SELECT concat_ws(', ', coalesce(l.sku, e.sku) || ' at ' || coalesce(l.location, e.location),
                     coalesce(l.bucket, e.bucket), 'lot ' || coalesce(l.lot, e.lot)),
           coalesce(e.quantity, 0),
           coalesce(l.quantity, 0)
      FROM (SELECT * FROM lots WHERE cell = %(cell)s) AS l
      FULL JOIN ledger AS e
        ON e.sku = l.sku
       AND e.location = l.location
       AND e.bucket = l.bucket
       AND e.lot = l.lot
)
SELECT count(*),
       count(*) FILTER (WHERE expected <> lots),
       (array_agg(key || ': ' || expected || ' are there, its lots say ' || lots ORDER BY key)
         FILTER (WHERE expected <> lots))[1:%(most)s]
  FROM compared
