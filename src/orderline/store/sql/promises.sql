-- promise_shelves --
-- What can be allocated of SKUs, as one object of locations per SKU, and the journal position it was read at.
SELECT s.sku, json_object_agg(s.location, s.sellable + s.picked - s.allocated)::text,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS position
  FROM stock AS s
 WHERE s.cell = %(cell)b
   AND s.sku = ANY(%(skus)b::text[])
   AND s.sellable + s.picked > s.allocated
 GROUP BY s.sku

-- promise_settings --
-- What is written down for promises.
SELECT kind, id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = ANY(%(kinds)b::text[])
 ORDER BY kind, id

-- promise_mark --
-- Changes whenever a setting does, or something that is written down for promises.
SELECT (SELECT settings_version FROM cells WHERE cell = %(cell)b), count(*), coalesce(sum(version), 0)::bigint
  FROM records
 WHERE cell = %(cell)b
   AND kind = ANY(%(kinds)b::text[])

-- backlogs --
-- Orders and units that wait at locations to be handed over.
SELECT location, count(*), sum(allocated + released + picked + packed)::bigint
  FROM fulfillment_orders
 WHERE cell = %(cell)b
   AND execution IN ('open', 'in_progress')
   AND allocated + released + picked + packed > 0
 GROUP BY location

-- work_done --
-- Fulfillment orders handed over since an instant: where, from when to when, how many units.
SELECT f.location, f.opened_at, max(s.handed_over_at), f.shipped
  FROM shipments AS s
  JOIN fulfillment_orders AS f
    ON f.cell = %(cell)b
   AND f.order_id = s.order_id
   AND f.location = s.location
   AND f.shipped > 0
 WHERE s.cell = %(cell)b
   AND s.undone_at IS NULL
   AND s.handed_over_at >= %(since)b
 GROUP BY f.id, f.location, f.opened_at, f.shipped
 LIMIT %(most)b

-- delivered_lately --
-- The orders of the parcels that were delivered last.
SELECT o.id, o.state
  FROM (SELECT order_id
          FROM parcels
         WHERE cell = %(cell)b
           AND state = 'delivered'
           AND moved_at IS NOT NULL
         ORDER BY moved_at DESC
         LIMIT %(most)b) AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
 GROUP BY o.id, o.state

-- delivered_lately_until --
-- The orders of the parcels that were delivered last, from one on towards the first.
SELECT o.id, o.state
  FROM (SELECT DISTINCT order_id
          FROM (SELECT order_id
                  FROM parcels
                 WHERE cell = %(cell)b
                   AND state = 'delivered'
                   AND moved_at IS NOT NULL
                 ORDER BY moved_at DESC
                 LIMIT %(parcels)b) AS p
         WHERE order_id <= %(order)b::uuid) AS d
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = d.order_id
 ORDER BY d.order_id DESC
 LIMIT %(most)b

-- sku_weights --
-- What units of SKUs weigh, where that is known.
SELECT code, body::json ->> 'weight_g'
  FROM skus
 WHERE cell = %(cell)b
   AND code = ANY(%(skus)b::text[])
   AND body LIKE '%%"weight_g"%%'

-- promised_open --
-- Orders after one, by id, that have not come to an end.
SELECT state
  FROM orders
 WHERE cell = %(cell)b
   AND id > %(after)b
   AND phase NOT IN ('delivered', 'closed', 'canceled', 'expired')
 ORDER BY id
 LIMIT %(most)b

-- quotes_keeping --
-- Quotes that keep places at locations, with what they were last changed by.
SELECT id, version
  FROM records
 WHERE cell = %(cell)b
   AND due_at > %(now)b
   AND kind = 'quote'

-- quotes_by_id --
-- Quotes.
SELECT id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'quote'
   AND id = ANY(%(ids)b::text[])

-- orders_unlocated --
-- Orders with units that were promised from a pool, and that no location was chosen for.
SELECT o.number
  FROM orders AS o
 WHERE o.cell = %(cell)b
   AND o.number = ANY(%(numbers)b::text[])
   AND EXISTS (SELECT
                 FROM order_lines AS l
                WHERE l.cell = %(cell)b
                  AND l.order_id = o.id
                  AND l.pooled > 0)
