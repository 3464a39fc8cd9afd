-- suspects --
-- Shelves of which units were rejected since a day, and those whose record is not believed as it is.
SELECT sku, location
  FROM service_counts
 WHERE cell = %(cell)b
   AND day >= %(since)b
   AND rejected > 0
 UNION
SELECT sku, location
  FROM stock
 WHERE cell = %(cell)b
   AND doubt_ppm > 0
 ORDER BY sku, location

-- seen --
-- What was found and missed at shelves since an instant, or since they were counted after it. Found: picked, sold over
-- the counter, come in, counted. Missed: thought to be missing, and not found again by other than a count.
WITH asked AS (
    SELECT t.sku, t.location
      FROM unnest(%(skus)b::text[], %(locations)b::text[]) AS t (sku, location)
), counted AS (
    SELECT DISTINCT ON (line.value ->> 'sku', r.subject)
           line.value ->> 'sku' AS sku, r.subject AS location, (line.value ->> 'counted_at')::timestamptz AS at,
           (line.value ->> 'quantity')::bigint AS quantity
      FROM records AS r
     CROSS JOIN LATERAL json_array_elements(r.body::json -> 'lines') AS line (value)
     WHERE r.cell = %(cell)b
       AND r.kind = 'count'
       AND r.state = 'posted'
       AND r.subject = ANY(%(locations)b::text[])
       AND r.changed_at >= %(since)b
     ORDER BY line.value ->> 'sku', r.subject, (line.value ->> 'counted_at')::timestamptz DESC
)
SELECT a.sku, a.location, coalesce(c.at, %(since)b) AS since, coalesce(c.quantity, 0) + e.found AS found,
       greatest(0, e.missed) AS missed
  FROM asked AS a
  LEFT JOIN counted AS c
    ON c.sku = a.sku
   AND c.location = a.location
 CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity) FILTER (WHERE (source = 'sellable' AND target IN ('picked', 'customer'))
                                                 OR (source IN ('vendor', 'in_transit_in') AND target = 'sellable')),
                        0)::bigint AS found,
               coalesce(sum(CASE WHEN source = 'sellable' AND target = 'missing' THEN quantity
                                 WHEN source = 'missing' AND target = 'sellable' AND cause NOT LIKE 'count:%%'
                                 THEN -quantity ELSE 0 END), 0)::bigint AS missed
          FROM stock_entries
         WHERE cell = %(cell)b
           AND sku = a.sku
           AND location = a.location
           AND recorded_at >= coalesce(c.at, %(since)b)
           AND occurred_at > coalesce(c.at, %(since)b)) AS e

-- sightings --
-- The last rows of the ledger that speak for and against the record of a shelf.
SELECT occurred_at, quantity, target <> 'missing' AS found, cause, id
  FROM stock_entries
 WHERE cell = %(cell)b
   AND sku = %(sku)b
   AND location = %(location)b
   AND recorded_at >= %(since)b
   AND occurred_at > %(since)b
   AND ((source = 'sellable' AND target IN ('picked', 'customer', 'missing'))
        OR (source IN ('vendor', 'in_transit_in') AND target = 'sellable'))
 ORDER BY target = 'missing' DESC, recorded_at DESC, id DESC
 LIMIT %(most)b
