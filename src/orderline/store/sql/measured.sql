-- measured_until --
-- How far the journal has been measured; whoever measures holds it, and nobody else meanwhile.
SELECT position, order_id, seq, formulas, at
  FROM measured_until
 WHERE cell = %(cell)s
   FOR NO KEY UPDATE SKIP LOCKED

-- begin_measuring --
-- Nothing has been measured yet.
INSERT INTO measured_until (cell, position, order_id, seq, formulas, at)
VALUES (%(cell)s, 0, '00000000-0000-0000-0000-000000000000', 0, %(formulas)s, 'epoch')
    ON CONFLICT (cell) DO NOTHING

-- forget_orders --
-- Nothing of what was measured is known any more.
DELETE FROM measured_orders
 WHERE cell = %(cell)s

-- forget_parts --
-- Nothing of what was measured is known any more.
DELETE FROM measured_parts
 WHERE cell = %(cell)s

-- forget_days --
-- Nothing of what was measured is known any more.
DELETE FROM measured_days
 WHERE cell = %(cell)s

-- keep_until --
-- How far the journal has been measured now, and as of when.
UPDATE measured_until
   SET position = %(position)s,
       order_id = %(order_id)s,
       seq = %(seq)s,
       formulas = %(formulas)s,
       at = %(at)s
 WHERE cell = %(cell)s

-- changed_orders --
-- The next rows of the journal, up to the oldest transaction that is still running; their orders, unless these are measured already.
SELECT j.position, j.order_id, j.seq, o.version IS DISTINCT FROM m.version
  FROM (SELECT position, order_id, seq
          FROM journal
         WHERE cell = %(cell)b
           AND position < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                        + (SELECT position_offset FROM cells WHERE cell = %(cell)b)
           AND (position, order_id, seq) > (%(position)b, %(order_id)b, %(seq)b)
         ORDER BY position, order_id, seq
         LIMIT %(most)b) AS j
  LEFT JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = j.order_id
  LEFT JOIN measured_orders AS m
    ON m.cell = %(cell)b
   AND m.order_id = j.order_id
 ORDER BY j.position, j.order_id, j.seq

-- orders_to_measure --
-- Orders as they are.
SELECT id, version, state
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- measured_orders --
-- What orders have counted as until now.
SELECT order_id, version, parts
  FROM measured_orders
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])

-- save_orders --
-- What orders count as from now on.
INSERT INTO measured_orders (cell, order_id, version, parts)
SELECT %(cell)b, t.order_id, t.version, t.parts
  FROM unnest(%(order_id)b::uuid[], %(version)b::integer[], %(parts)b::text[]) AS t (order_id, version, parts)
    ON CONFLICT (cell, order_id) DO UPDATE
   SET version = excluded.version,
       parts = excluded.parts

-- delete_parts --
-- Parts that are no more.
DELETE FROM measured_parts AS p
 USING unnest(%(measure)b::text[], %(day)b::date[], %(slice)b::bigint[], %(order_id)b::uuid[])
       AS t (measure, day, slice, order_id)
 WHERE p.cell = %(cell)b
   AND p.measure = t.measure
   AND p.day = t.day
   AND p.slice = t.slice
   AND p.order_id = t.order_id

-- save_parts --
-- Parts that are new or have changed.
INSERT INTO measured_parts (cell, measure, day, slice, order_id, amount, number)
SELECT %(cell)b, t.measure, t.day, t.slice, t.order_id, t.amount, t.number
  FROM unnest(%(measure)b::text[], %(day)b::date[], %(slice)b::bigint[], %(order_id)b::uuid[], %(amount)b::bigint[],
              %(number)b::bigint[]) AS t (measure, day, slice, order_id, amount, number)
    ON CONFLICT (cell, measure, day, slice, order_id) DO UPDATE
   SET amount = excluded.amount,
       number = excluded.number

-- add_days --
-- Add to the sums of days, or take from them.
INSERT INTO measured_days AS d (cell, measure, day, slice, channel, location, carrier, country, zone, sku, rule, reason, currency,
                                amount, number, parts)
SELECT %(cell)b, t.measure, t.day, t.slice, t.channel, t.location, t.carrier, t.country, t.zone, t.sku, t.rule, t.reason,
       t.currency, t.amount, t.number, t.parts
  FROM unnest(%(measure)b::text[], %(day)b::date[], %(slice)b::bigint[], %(channel)b::text[], %(location)b::text[],
              %(carrier)b::text[], %(country)b::text[], %(zone)b::text[], %(sku)b::text[], %(rule)b::text[], %(reason)b::text[],
              %(currency)b::text[], %(amount)b::bigint[], %(number)b::bigint[], %(parts)b::bigint[])
       AS t (measure, day, slice, channel, location, carrier, country, zone, sku, rule, reason, currency, amount, number, parts)
    ON CONFLICT (cell, measure, day, slice) DO UPDATE
   SET amount = d.amount + excluded.amount,
       number = d.number + excluded.number,
       parts = d.parts + excluded.parts

-- delete_days --
-- Sums of days that nothing counts for any more.
DELETE FROM measured_days AS d
 USING unnest(%(measure)b::text[], %(day)b::date[], %(slice)b::bigint[]) AS t (measure, day, slice)
 WHERE d.cell = %(cell)b
   AND d.measure = t.measure
   AND d.day = t.day
   AND d.slice = t.slice
   AND d.parts = 0

-- indicator_sums --
-- Sums of measures by period and slice, of some slices where they are named.
SELECT measure,
       CASE %(period)b::text WHEN 'day' THEN day
                             WHEN 'week' THEN date_trunc('week', day)::date
                             WHEN 'month' THEN date_trunc('month', day)::date
                             ELSE %(since)b::date END AS begins,
       CASE %(by)b::text WHEN 'channel' THEN channel
                         WHEN 'location' THEN location
                         WHEN 'carrier' THEN carrier
                         WHEN 'country' THEN country
                         WHEN 'zone' THEN zone
                         WHEN 'sku' THEN sku
                         WHEN 'rule' THEN rule
                         WHEN 'reason' THEN reason
                         ELSE '' END AS value,
       currency, sum(amount)::bigint, sum(number)::bigint
  FROM measured_days AS d
 WHERE cell = %(cell)b
   AND measure = ANY(%(measures)b::text[])
   AND day >= %(since)b
   AND day < %(until)b
   AND /* of_slices() */
 GROUP BY 1, 2, 3, 4

-- sums_lately --
-- Sums of measures by location or SKU from a day on, and in the days before it since another.
SELECT CASE %(by)b::text WHEN 'sku' THEN sku ELSE location END AS value,
       measure,
       coalesce(sum(amount) FILTER (WHERE day >= %(day)b), 0)::bigint,
       coalesce(sum(number) FILTER (WHERE day >= %(day)b), 0)::bigint,
       coalesce(sum(amount) FILTER (WHERE day < %(day)b), 0)::bigint,
       coalesce(sum(number) FILTER (WHERE day < %(day)b), 0)::bigint
  FROM measured_days
 WHERE cell = %(cell)b
   AND measure = ANY(%(measures)b::text[])
   AND day >= %(since)b
   AND reason <> ALL(%(without)b::text[])
 GROUP BY 1, 2

-- indicator_parts --
-- The parts of orders behind figures, from one of them on: which measure and day, of which order, what it counts.
SELECT d.measure, d.day, d.slice, p.order_id, o.number, d.channel, d.location, d.carrier, d.country, d.zone, d.sku, d.rule,
       d.reason, d.currency, p.amount, p.number
  FROM measured_days AS d
  JOIN measured_parts AS p
    ON p.cell = %(cell)b
   AND p.measure = d.measure
   AND p.day = d.day
   AND p.slice = d.slice
   AND (p.measure, p.day, p.slice, p.order_id) > (%(after_measure)b, %(after_day)b, %(after_slice)b, %(after_order)b)
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
 WHERE d.cell = %(cell)b
   AND d.measure = ANY(%(measures)b::text[])
   AND (d.measure, d.day, d.slice) >= (%(after_measure)b, %(after_day)b, %(after_slice)b)
   AND d.day >= %(since)b
   AND d.day < %(until)b
   AND (%(currency)b = '' OR d.currency = %(currency)b)
   AND /* of_slices() */
 ORDER BY p.measure, p.day, p.slice, p.order_id
 LIMIT %(most)b

-- categories_of --
-- The categories of SKUs.
SELECT code, coalesce(body::json ->> 'category', '')
  FROM skus
 WHERE cell = %(cell)b
   AND code = ANY(%(skus)b::text[])

-- skus_in --
-- The SKUs of categories.
SELECT code
  FROM skus
 WHERE cell = %(cell)b
   AND body LIKE '%%"category"%%'
   AND body::json ->> 'category' = ANY(%(categories)b::text[])

-- measured_at --
-- Up to when everything has been measured.
SELECT at
  FROM measured_until
 WHERE cell = %(cell)b

-- days_and_parts_differ --
-- Sums of a day that are not those of its parts.
SELECT coalesce(d.measure, p.measure), coalesce(d.day, p.day), coalesce(d.slice, p.slice),
       d.amount, d.number, d.parts, p.amount, p.number, p.parts
  FROM (SELECT measure, day, slice, sum(amount)::bigint AS amount, sum(number)::bigint AS number, count(*) AS parts
          FROM measured_parts
         WHERE cell = %(cell)b
         GROUP BY measure, day, slice) AS p
  FULL JOIN (SELECT measure, day, slice, amount, number, parts
               FROM measured_days
              WHERE cell = %(cell)b
                AND strpos(measure, '/') = 0) AS d
    ON d.measure = p.measure
   AND d.day = p.day
   AND d.slice = p.slice
 WHERE (d.amount, d.number, d.parts) IS DISTINCT FROM (p.amount, p.number, p.parts)
 LIMIT 20

-- grains_differ --
-- Sums of a day at a coarse grain that are not those of the finest.
WITH fine AS (
    SELECT *
      FROM measured_days
     WHERE cell = %(cell)b
       AND strpos(measure, '/') = 0
), expected AS (
    SELECT measure || '/broad' AS measure, day, channel, location, carrier, country, '' AS zone, '' AS sku, rule, reason, currency,
           amount, number, parts
      FROM fine
     UNION ALL
    SELECT measure || '/zones', day, channel, '', carrier, country, zone, '', '', reason, currency, amount, number, parts
      FROM fine
     UNION ALL
    SELECT measure || '/items', day, '', '', '', '', '', sku, '', '', currency, amount, number, parts
      FROM fine
     WHERE sku <> ''
     UNION ALL
    SELECT measure || '/goods', day, channel, '', '', '', '', sku, '', reason, currency, amount, number, parts
      FROM fine
     WHERE sku <> ''
)
SELECT measure, day, channel, sum(amount)::bigint, sum(number)::bigint, sum(parts)::bigint
  FROM (SELECT * FROM expected
         UNION ALL
        SELECT measure, day, channel, location, carrier, country, zone, sku, rule, reason, currency, -amount, -number, -parts
          FROM measured_days
         WHERE cell = %(cell)b
           AND strpos(measure, '/') > 0) AS both_sides
 GROUP BY measure, day, channel, location, carrier, country, zone, sku, rule, reason, currency
HAVING sum(amount) <> 0
    OR sum(number) <> 0
    OR sum(parts) <> 0
 LIMIT 20

-- measured_before --
-- What orders count as, the latest first, before one of them, with their version now.
SELECT m.order_id, m.version, m.parts, o.version
  FROM measured_orders AS m
  LEFT JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = m.order_id
 WHERE m.cell = %(cell)b
   AND m.order_id < %(before)b
 ORDER BY m.order_id DESC
 LIMIT %(most)b

-- parts_of --
-- The parts of orders, for comparison.
SELECT order_id, measure, day, slice, amount, number
  FROM measured_parts
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])

-- measured_to --
-- How far the journal has been measured.
SELECT position, order_id, seq
  FROM measured_until
 WHERE cell = %(cell)s

-- unmeasured --
-- Orders that were passed over, of those whose journal was read.
SELECT count(*)
  FROM orders AS o
  LEFT JOIN measured_orders AS m
    ON m.cell = %(cell)b
   AND m.order_id = o.id
 WHERE o.cell = %(cell)b
   AND m.order_id IS NULL
   AND EXISTS (SELECT
                 FROM journal AS j
                WHERE j.cell = %(cell)b
                  AND j.order_id = o.id
                  AND (j.position, j.order_id, j.seq) <= (%(position)b, %(until_order)b, %(seq)b))
