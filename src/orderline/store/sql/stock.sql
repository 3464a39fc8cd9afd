-- load_skus --
-- What is known of SKUs.
SELECT code, body
  FROM skus
 WHERE cell = %(cell)b
   AND code = ANY(%(codes)b::text[])

-- lock_stock --
-- Lock the shelves a batch touches, one after the other in the order given, which is the one that everybody uses.
SELECT s.*
  FROM unnest(%(skus)b::text[], %(locations)b::text[]) AS t (sku, location)
 CROSS JOIN LATERAL (
    SELECT sku, location, sellable, picked, damaged, quality_control, blocked, missing, display, allocated, safety,
           doubt_ppm
      FROM stock
     WHERE cell = %(cell)b
       AND sku = t.sku
       AND location = t.location
       FOR NO KEY UPDATE
 ) AS s

-- lock_pools --
-- Lock the claims a batch touches, after the shelves, one after the other in the order given.
SELECT p.*
  FROM unnest(%(skus)b::text[], %(pools)b::text[]) AS t (sku, pool)
 CROSS JOIN LATERAL (
    SELECT sku, pool, promisable, claims, held, backordered, threshold, expected, pegged, kept,
           demanded, withheld
      FROM pool_levels
     WHERE cell = %(cell)b
       AND sku = t.sku
       AND pool = t.pool
       FOR NO KEY UPDATE
 ) AS p

-- make_stock --
-- Make rows for shelves that were never stocked, so that they can be locked; a neighbor may be doing the same.
INSERT INTO stock (cell, sku, location, sellable, picked, damaged, quality_control, blocked, missing, display,
                   allocated, safety)
SELECT %(cell)b, t.sku, t.location, 0, 0, 0, 0, 0, 0, 0, 0, 0
  FROM unnest(%(skus)b::text[], %(locations)b::text[]) AS t (sku, location)
    ON CONFLICT DO NOTHING

-- make_pools --
-- Make rows for pools in which a SKU was never claimed or stocked.
INSERT INTO pool_levels (cell, sku, pool, promisable, claims, held, backordered, threshold, expected, pegged, kept)
SELECT %(cell)b, t.sku, t.pool, 0, 0, 0, 0, 0, 0, 0, 0
  FROM unnest(%(skus)b::text[], %(pools)b::text[]) AS t (sku, pool)
    ON CONFLICT DO NOTHING

-- update_stock --
-- Shelves as they are now. Their rows exist and are locked: written as an insert that always conflicts, it goes by
-- the key whatever the statistics say, where an UPDATE ... FROM may be planned from the wrong end.
INSERT INTO stock AS s (cell, sku, location, sellable, picked, damaged, quality_control, blocked, missing, display,
                        allocated, safety, doubt_ppm)
SELECT %(cell)b, t.*
  FROM unnest(%(sku)b::text[], %(location)b::text[], %(sellable)b::int[], %(picked)b::int[], %(damaged)b::int[],
              %(quality_control)b::int[], %(blocked)b::int[], %(missing)b::int[], %(display)b::int[],
              %(allocated)b::int[], %(safety)b::int[], %(doubt_ppm)b::int[]) AS t
    ON CONFLICT (cell, sku, location) DO UPDATE
   SET sellable = excluded.sellable,
       picked = excluded.picked,
       damaged = excluded.damaged,
       quality_control = excluded.quality_control,
       blocked = excluded.blocked,
       missing = excluded.missing,
       display = excluded.display,
       allocated = excluded.allocated,
       safety = excluded.safety,
       doubt_ppm = excluded.doubt_ppm

-- update_pools --
-- Claims as they are now; by the key, as `update_stock`.
INSERT INTO pool_levels AS p (cell, sku, pool, promisable, claims, held, backordered, threshold, expected, pegged,
                              kept, demanded, withheld)
SELECT %(cell)b, t.*
  FROM unnest(%(sku)b::text[], %(pool)b::text[], %(promisable)b::bigint[], %(claims)b::bigint[], %(held)b::bigint[],
              %(backordered)b::bigint[], %(threshold)b::bigint[], %(expected)b::bigint[], %(pegged)b::bigint[],
              %(kept)b::bigint[], %(demanded)b::bigint[], %(withheld)b::bigint[]) AS t
    ON CONFLICT (cell, sku, pool) DO UPDATE
   SET promisable = excluded.promisable,
       claims = excluded.claims,
       held = excluded.held,
       backordered = excluded.backordered,
       threshold = excluded.threshold,
       expected = excluded.expected,
       pegged = excluded.pegged,
       kept = excluded.kept,
       demanded = excluded.demanded,
       withheld = excluded.withheld

-- save_entries --
-- Double entries of the stock ledger.
INSERT INTO stock_entries (cell, sku, location, recorded_at, id, occurred_at, source, target, quantity, cause, lot,
                           reference, done_by, via, reason)
SELECT %(cell)b, t.sku, t.location, %(now)b, t.id, t.occurred_at, t.source, t.target, t.quantity, t.cause, t.lot,
       t.reference, t.done_by, t.via, t.reason
  FROM unnest(%(sku)b::text[], %(location)b::text[], %(id)b::uuid[], %(occurred_at)b::timestamptz[],
              %(source)b::text[], %(target)b::text[], %(quantity)b::int[], %(cause)b::text[],
              %(lot)b::text[], %(reference)b::text[], %(done_by)b::text[], %(via)b::text[], %(reason)b::text[])
       AS t (sku, location, id, occurred_at, source, target, quantity, cause, lot, reference, done_by, via, reason)

-- moved_since --
-- What has come to shelves since they were counted, by other facts: picked or not, and not picked; of a lot, where one is
-- named. A row for each asked.
SELECT m.moved, m.sellable
  FROM unnest(%(skus)b::text[], %(locations)b::text[], %(as_ofs)b::timestamptz[], %(causes)b::text[], %(lots)b::text[])
       WITH ORDINALITY AS t (sku, location, as_of, cause, lot, n)
 CROSS JOIN LATERAL (
        SELECT sum(CASE WHEN e.target IN ('sellable', 'picked') THEN e.quantity ELSE 0 END
                   - CASE WHEN e.source IN ('sellable', 'picked') THEN e.quantity ELSE 0 END)::bigint AS moved,
               sum(CASE e.target WHEN 'sellable' THEN e.quantity ELSE 0 END
                   - CASE e.source WHEN 'sellable' THEN e.quantity ELSE 0 END)::bigint AS sellable
          FROM stock_entries AS e
         WHERE e.cell = %(cell)b
           AND e.sku = t.sku
           AND e.location = t.location
           AND e.recorded_at >= t.as_of
           AND e.occurred_at > t.as_of
           AND e.cause <> t.cause
           AND (t.lot = '' OR e.lot = t.lot)) AS m
 ORDER BY t.n

-- missed_since --
-- What counts and feeds have taken off shelves as not there, after instants, less late sales that explain it already.
SELECT m.missed
  FROM unnest(%(skus)b::text[], %(locations)b::text[], %(as_ofs)b::timestamptz[])
       WITH ORDINALITY AS t (sku, location, as_of, n)
 CROSS JOIN LATERAL (
        SELECT sum(CASE WHEN e.source = 'adjustment' AND e.target = 'customer' THEN -e.quantity
                        WHEN e.occurred_at <= t.as_of THEN 0
                        WHEN e.cause NOT LIKE 'count:%%' AND e.cause NOT LIKE 'feed:%%' THEN 0
                        WHEN e.source = 'sellable' AND e.target = 'adjustment' THEN e.quantity
                        WHEN e.source = 'adjustment' AND e.target = 'sellable' THEN -e.quantity
                        ELSE 0 END)::bigint AS missed
          FROM stock_entries AS e
         WHERE e.cell = %(cell)b
           AND e.sku = t.sku
           AND e.location = t.location
           AND e.recorded_at >= t.as_of) AS m
 ORDER BY t.n

-- stock_as_of --
-- The shelves of a SKU at a past instant, rebuilt from the ledger: facts that had happened by then.
SELECT e.location, b.bucket, sum(b.sign * e.quantity)::bigint AS quantity
  FROM stock_entries AS e
 CROSS JOIN LATERAL (VALUES (e.target, 1), (e.source, -1)) AS b (bucket, sign)
 WHERE e.cell = %(cell)b
   AND e.sku = %(sku)b
   AND e.occurred_at <= %(at)b
   AND e.recorded_at <= %(known_at)b
 GROUP BY e.location, b.bucket
HAVING sum(b.sign * e.quantity) <> 0
 ORDER BY e.location, b.bucket

-- lock_carts --
-- Lock and load cart holds.
SELECT id, body
  FROM cart_holds
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])
ORDER BY id
   FOR NO KEY UPDATE

-- insert_carts --
-- New cart holds; one that somebody else has made meanwhile is a unique violation.
INSERT INTO cart_holds (cell, id, channel, expires_at, body)
SELECT %(cell)b, t.*
  FROM unnest(%(id)b::uuid[], %(channel)b::text[], %(expires_at)b::timestamptz[], %(body)b::text[]) AS t

-- update_carts --
-- Cart holds as they are now, locked before.
UPDATE cart_holds AS c
   SET expires_at = t.expires_at,
       body = t.body
  FROM unnest(%(id)b::uuid[], %(channel)b::text[], %(expires_at)b::timestamptz[], %(body)b::text[])
       AS t (id, channel, expires_at, body)
 WHERE c.cell = %(cell)b
   AND c.id = t.id

-- delete_carts --
-- Cart holds that were given up.
DELETE FROM cart_holds
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- expired_carts --
-- Cart holds whose time is over.
SELECT id
  FROM cart_holds
 WHERE cell = %(cell)b
   AND expires_at <= %(now)b
 ORDER BY expires_at
 LIMIT %(most)b

-- lock_feeds --
-- Lock the sequence of feeds.
SELECT feed, sequence
  FROM feeds
 WHERE cell = %(cell)b
   AND feed = ANY(%(feeds)b::text[])
ORDER BY feed
   FOR NO KEY UPDATE

-- insert_feeds --
-- The sequence of feeds that are told for the first time; one that somebody else has told meanwhile is a unique
-- violation, and the older of the two is seen to be old.
INSERT INTO feeds (cell, feed, sequence, applied_at)
SELECT %(cell)b, t.feed, t.sequence, %(now)b
  FROM unnest(%(feed)b::text[], %(sequence)b::bigint[]) AS t (feed, sequence)

-- update_feeds --
-- The last sequence of feeds, locked before.
UPDATE feeds AS f
   SET sequence = t.sequence,
       applied_at = %(now)b
  FROM unnest(%(feed)b::text[], %(sequence)b::bigint[]) AS t (feed, sequence)
 WHERE f.cell = %(cell)b
   AND f.feed = t.feed

-- save_oversold --
-- Shelves with fewer units than are allocated: an alarm until the excess is routed anew.
INSERT INTO oversold AS o (cell, sku, location, quantity, found_at)
SELECT %(cell)b, t.sku, t.location, t.quantity, %(now)b
  FROM unnest(%(sku)b::text[], %(location)b::text[], %(quantity)b::int[]) AS t (sku, location, quantity)
    ON CONFLICT (cell, sku, location) DO UPDATE
   SET quantity = excluded.quantity

-- open_alarms --
-- Shelves of these that have an open alarm.
SELECT o.sku, o.location
  FROM oversold AS o
 WHERE o.cell = %(cell)b
   AND (o.sku, o.location) IN (SELECT * FROM unnest(%(skus)b::text[], %(locations)b::text[]))

-- settle_oversold --
-- Alarms that are over: nothing in excess is allocated any more.
DELETE FROM oversold AS o
 USING unnest(%(sku)b::text[], %(location)b::text[]) AS t (sku, location)
 WHERE o.cell = %(cell)b
   AND o.sku = t.sku
   AND o.location = t.location

-- save_skus --
-- SKUs as they are known now.
INSERT INTO skus AS s (cell, code, body)
SELECT %(cell)b, t.code, t.body
  FROM unnest(%(code)b::text[], %(body)b::text[]) AS t (code, body)
    ON CONFLICT (cell, code) DO UPDATE
   SET body = excluded.body

-- settings_version --
-- Has anything about locations, pools or channels changed?
SELECT settings_version
  FROM cells
 WHERE cell = %(cell)b

-- lock_settings --
-- As `settings_version`, for who will change them: one at a time.
SELECT settings_version
  FROM cells
 WHERE cell = %(cell)b
   FOR NO KEY UPDATE

-- share_settings --
-- As `settings_version`, for who makes a shelf: whoever changes a location sees it, or it sees the change.
SELECT settings_version
  FROM cells
 WHERE cell = %(cell)b
   FOR SHARE

-- skus_at --
-- The SKUs that have shelves at locations.
SELECT sku, location
  FROM stock
 WHERE cell = %(cell)b
   AND location = ANY(%(locations)b::text[])

-- stocked_at --
-- The next shelves of locations that have units.
SELECT sku, location
  FROM stock
 WHERE cell = %(cell)b
   AND (sku, location) > (%(sku)b, %(location)b)
   AND location = ANY(%(locations)b::text[])
   AND sellable + picked > 0
 ORDER BY sku, location
 LIMIT %(most)b

-- load_settings --
-- All locations, pools and channels.
SELECT kind, code, body
  FROM settings
 WHERE cell = %(cell)b

-- load_places --
-- Some locations, with where they are.
SELECT code, body
  FROM settings
 WHERE cell = %(cell)b
   AND kind = 'location'
   AND code = ANY(%(locations)b::text[])

-- save_settings --
-- Locations, pools and channels as they are now.
INSERT INTO settings AS s (cell, kind, code, body)
SELECT %(cell)b, t.kind, t.code, t.body
  FROM unnest(%(kind)b::text[], %(code)b::text[], %(body)b::text[]) AS t (kind, code, body)
    ON CONFLICT (cell, kind, code) DO UPDATE
   SET body = excluded.body

-- bump_settings --
-- Tell every process that settings have changed.
INSERT INTO cells AS c (cell, settings_version)
VALUES (%(cell)b, 1)
    ON CONFLICT (cell) DO UPDATE SET settings_version = c.settings_version + 1
