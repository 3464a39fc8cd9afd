-- keep_documents --
-- Labels that were bought.
INSERT INTO label_documents (cell, order_id, parcel, tracking_number, format, kept_at, sha256, content)
SELECT %(cell)b, t.order_id, t.parcel, t.tracking_number, t.format, %(now)b, t.sha256, t.content
  FROM unnest(%(order_id)b::uuid[], %(parcel)b::int[], %(tracking_number)b::text[], %(format)b::text[],
              %(sha256)b::bytea[], %(content)b::bytea[])
       AS t (order_id, parcel, tracking_number, format, sha256, content)
    ON CONFLICT DO NOTHING

-- label_document --
-- A label of a parcel, in one format.
SELECT content
  FROM label_documents
 WHERE cell = %(cell)b
   AND order_id = %(order_id)b
   AND parcel = %(parcel)b
   AND tracking_number = %(tracking_number)b
   AND format = %(format)b

-- forget_documents --
-- Labels kept for long enough, the oldest first; how many there were.
WITH old AS (
    SELECT order_id, parcel, tracking_number, format
      FROM label_documents
     WHERE cell = %(cell)b
       AND kept_at < %(before)b
     ORDER BY kept_at
     LIMIT %(most)b
)
DELETE FROM label_documents AS d
 USING old
 WHERE d.cell = %(cell)b
   AND (d.order_id, d.parcel, d.tracking_number, d.format)
       = (old.order_id, old.parcel, old.tracking_number, old.format)

-- documents_between --
-- Labels of the orders after one and up to another.
SELECT order_id, parcel, tracking_number, format, sha256, sha256(content), octet_length(content)
  FROM label_documents
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, parcel, tracking_number, format

-- sku_gaps --
-- SKUs that orders wait for and that lack data, the most wanted first; open demand is what claims and shelves carry.
WITH demand AS (
    SELECT sku, sum(units) AS units
      FROM (SELECT sku, claims + backordered AS units
              FROM pool_levels
             WHERE cell = %(cell)b
               AND claims + backordered > 0
             UNION ALL
            SELECT sku, allocated
              FROM stock
             WHERE cell = %(cell)b
               AND allocated > 0) AS parts
     GROUP BY sku
),
gaps AS (
    SELECT d.sku,
           d.units,
           coalesce(b.body ->> 'description', '') AS description,
           coalesce((b.body ->> 'weight_g')::bigint, 0) = 0 AS weight_g,
           coalesce((b.body ->> 'length_mm')::bigint, 0) = 0
               OR coalesce((b.body ->> 'width_mm')::bigint, 0) = 0
               OR coalesce((b.body ->> 'height_mm')::bigint, 0) = 0 AS dimensions,
           coalesce(b.body ->> 'gtin', '') = '' AS gtin,
           coalesce(b.body ->> 'hs_code', '') = '' AS hs_code,
           coalesce(b.body ->> 'origin', '') = '' AS origin
      FROM demand AS d
      JOIN skus AS s ON s.cell = %(cell)b AND s.code = d.sku
     CROSS JOIN LATERAL (SELECT s.body::json AS body) AS b
)
SELECT sku, description, units, weight_g, dimensions, gtin, hs_code, origin
  FROM gaps
 WHERE (weight_g AND 'weight_g' = ANY(%(wanted)b::text[]))
    OR (dimensions AND 'dimensions' = ANY(%(wanted)b::text[]))
    OR (gtin AND 'gtin' = ANY(%(wanted)b::text[]))
    OR (hs_code AND 'hs_code' = ANY(%(wanted)b::text[]))
    OR (origin AND 'origin' = ANY(%(wanted)b::text[]))
 ORDER BY units DESC, sku
 LIMIT %(most)b

-- handed_over --
-- Labeled parcels that a carrier was given at a location in a span of time, and that stand in no manifest.
SELECT p.order_id, p.number
  FROM shipments AS s
  JOIN parcels AS p
    ON p.cell = %(cell)b
   AND p.order_id = s.order_id
   AND p.shipment = s.number
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = s.order_id
 WHERE s.cell = %(cell)b
   AND s.location = %(location)b
   AND s.carrier = %(carrier)b
   AND s.handed_over_at >= %(since)b
   AND s.handed_over_at < %(until)b
   AND p.tracking_number <> ''
   AND NOT o.is_test
   AND NOT EXISTS (SELECT
                     FROM json_array_elements(o.state::json #> '{order,parcels}') AS q
                    WHERE (q ->> 'number')::int = p.number
                      AND coalesce(q ->> 'manifest', '') <> '')
 ORDER BY s.handed_over_at, p.order_id, p.number
 LIMIT %(most)b

-- stalled_parcels --
-- Parcels under way of which nothing was heard since an instant, the longest silent first.
SELECT p.order_id, o.number, p.number, coalesce(f.location, ''), p.carrier, p.tracking_number, p.state, p.moved_at
  FROM parcels AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
  LEFT JOIN fulfillment_orders AS f
    ON f.cell = %(cell)b
   AND f.order_id = p.order_id
   AND f.number = p.fulfillment
 WHERE p.cell = %(cell)b
   AND p.state IN ('handed_over', 'in_transit', 'out_for_delivery', 'exception', 'returning')
   AND p.moved_at < %(before)b
   AND NOT o.is_test
   AND (%(locations)b::text[] IS NULL OR f.location = ANY(%(locations)b::text[]))
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
 ORDER BY p.moved_at, p.id
 LIMIT %(most)b

-- late_candidates --
-- Parcels that carriers have delivered since an instant, `least` after the hand-over or later, and that no claim was
-- drafted for as late; behind one, when it is given.
SELECT p.order_id, p.number, p.moved_at
  FROM parcels AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
  JOIN shipments AS s
    ON s.cell = %(cell)b
   AND s.order_id = p.order_id
   AND s.number = p.shipment
   AND p.moved_at >= s.handed_over_at + %(least)b::interval
 WHERE p.cell = %(cell)b
   AND p.state = 'delivered'
   AND p.moved_at >= %(since)b
   AND p.carrier = ANY(%(carriers)b::text[])
   AND NOT o.is_test
   AND (%(before)b::timestamptz IS NULL
        OR (p.moved_at, p.order_id, p.number) < (%(before)b::timestamptz, %(order)b::uuid, %(number)b::integer))
   AND NOT EXISTS (SELECT
                     FROM records AS r
                    WHERE r.cell = %(cell)b
                      AND r.kind = 'carrier_claim'
                      AND r.id = 'auto-' || p.order_id || '-' || p.number || '-late')
 ORDER BY p.moved_at DESC, p.order_id DESC, p.number DESC
 LIMIT %(most)b
