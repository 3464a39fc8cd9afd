-- lock_supply --
-- Lock the dated supply of SKUs in pools, after their claims and in the order given.
SELECT s.*
  FROM unnest(%(skus)b::text[], %(pools)b::text[]) AS t (sku, pool)
 CROSS JOIN LATERAL (
    SELECT sku, pool, id, location, kind, due_at, slack_days, confidence_ppm, open, pegged, kept
      FROM supply
     WHERE cell = %(cell)b
       AND sku = t.sku
       AND pool = t.pool
     ORDER BY id
       FOR NO KEY UPDATE
 ) AS s

-- save_supply --
-- Dated supply as it is now.
INSERT INTO supply AS s (cell, sku, pool, id, location, kind, due_at, slack_days, confidence_ppm, open, pegged, kept)
SELECT %(cell)b, t.*
  FROM unnest(%(sku)b::text[], %(pool)b::text[], %(id)b::text[], %(location)b::text[], %(kind)b::text[],
              %(due_at)b::timestamptz[], %(slack_days)b::int[], %(confidence_ppm)b::int[], %(open)b::int[],
              %(pegged)b::int[], %(kept)b::int[]) AS t
    ON CONFLICT (cell, sku, pool, id) DO UPDATE
   SET due_at = excluded.due_at,
       slack_days = excluded.slack_days,
       confidence_ppm = excluded.confidence_ppm,
       open = excluded.open,
       pegged = excluded.pegged,
       kept = excluded.kept

-- delete_supply --
-- Dated supply that is over: nothing is to come, and nothing is waited for.
DELETE FROM supply AS s
 USING unnest(%(sku)b::text[], %(pool)b::text[], %(id)b::text[]) AS t (sku, pool, id)
 WHERE s.cell = %(cell)b
   AND s.sku = t.sku
   AND s.pool = t.pool
   AND s.id = t.id

-- supply_of --
-- The dated supply of SKUs.
SELECT sku, pool, id, location, kind, due_at, slack_days, confidence_ppm, open, pegged, kept
  FROM supply
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
 ORDER BY sku, due_at, id

-- set_aside --
-- Units kept at locations for transfers.
SELECT line.value ->> 'sku', r.body::jsonb ->> 'source', sum((line.value ->> 'set_aside')::bigint)
  FROM records AS r
 CROSS JOIN LATERAL jsonb_array_elements(r.body::jsonb -> 'lines') AS line (value)
 WHERE r.cell = %(cell)s
   AND r.kind = 'transfer'
   AND r.state IN ('approved', 'picked')
   AND line.value ? 'set_aside'
 GROUP BY 1, 2

-- all_supply --
-- All dated supply, for comparison with its records and the lines.
SELECT sku, pool, id, location, kind, due_at, slack_days, confidence_ppm, open, pegged, kept
  FROM supply
 WHERE cell = %(cell)s

-- all_levels --
-- What the pools say of dated supply.
SELECT sku, pool, expected, pegged, kept
  FROM pool_levels
 WHERE cell = %(cell)s
   AND (expected > 0 OR pegged > 0)

-- standing_records --
-- The documents of records that dated supply or the ledger stands for.
SELECT kind, body
  FROM records
 WHERE cell = %(cell)s
   AND kind = ANY(%(kinds)s::text[])

-- purchases --
-- Purchase orders by their names.
SELECT body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'purchase_order'
   AND id = ANY(%(names)b::text[])

-- vendors_to_learn --
-- Purchase orders with lines that have ended and that are still to be learned from.
SELECT body::json ->> 'key'
  FROM outbox
 WHERE cell = %(cell)s
   AND kind = 'learn_vendor'

-- ledger_of_records --
-- What the ledger has of records: came from vendors, or is on the way between locations, by cause and SKU.
SELECT e.cause, e.sku,
       sum(CASE e.source WHEN 'vendor' THEN e.quantity ELSE 0 END)::bigint AS bought,
       sum(CASE e.target WHEN 'in_transit_in' THEN e.quantity ELSE 0 END
           - CASE e.source WHEN 'in_transit_in' THEN e.quantity ELSE 0 END)::bigint AS in_transit
  FROM stock_entries AS e
 WHERE e.cell = %(cell)s
   AND (e.cause LIKE 'purchase_order:%%' OR e.cause LIKE 'transfer:%%')
 GROUP BY e.cause, e.sku

-- save_pegs --
-- What units of orders wait for, as it is now.
INSERT INTO pegs AS p (cell, order_id, line, supply, sku, pool, quantity, promised_at, value_minor)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(line)b::int[], %(supply)b::text[], %(sku)b::text[], %(pool)b::text[],
              %(quantity)b::int[], %(promised_at)b::timestamptz[], %(value_minor)b::bigint[]) AS t
    ON CONFLICT (cell, order_id, line, supply) DO UPDATE
   SET quantity = excluded.quantity,
       promised_at = excluded.promised_at,
       value_minor = excluded.value_minor

-- delete_pegs --
-- Pegs that are no more.
DELETE FROM pegs AS p
 USING unnest(%(order_id)b::uuid[], %(line)b::int[], %(supply)b::text[]) AS t (order_id, line, supply)
 WHERE p.cell = %(cell)b
   AND p.order_id = t.order_id
   AND p.line = t.line
   AND p.supply = t.supply

-- kept_orders --
-- Orders for which units of SKUs have come by the supply they wait for: by priority, promise and age.
SELECT p.supply, p.order_id, p.quantity, s.kept
  FROM supply AS s
  JOIN pegs AS p
    ON p.cell = %(cell)b
   AND p.sku = s.sku
   AND p.pool = s.pool
   AND p.supply = s.id
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
 WHERE s.cell = %(cell)b
   AND s.sku = ANY(%(skus)b::text[])
   AND s.kept > 0
   AND p.order_id <> ALL (%(but)b::uuid[])
 ORDER BY o.priority DESC, p.promised_at, o.placed_at, p.order_id
 LIMIT %(most)b

-- pegged --
-- What is pegged to dated supply, for comparison with the lines.
SELECT id, pegged
  FROM supply
 WHERE cell = %(cell)s
   AND pegged > 0

-- pegs_on --
-- What orders have of rows of dated supply, which are locked, so that nobody changes it.
SELECT p.supply, p.order_id, o.number, p.line, p.quantity, p.promised_at, p.value_minor, o.priority, o.placed_at
  FROM pegs AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
 WHERE p.cell = %(cell)b
   AND p.sku = ANY(%(skus)b::text[])
   AND p.supply = ANY(%(ids)b::text[])

-- shaky_orders --
-- Orders that wait for supply that is late for them or does not come, the least urgent first: the others keep theirs.
SELECT p.order_id
  FROM supply AS s
  JOIN pegs AS p
    ON p.cell = %(cell)b
   AND p.sku = s.sku
   AND p.pool = s.pool
   AND p.supply = s.id
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
 WHERE s.cell = %(cell)b
   AND s.sku = ANY(%(skus)b::text[])
   AND s.pegged > s.kept
   AND (s.due_at + make_interval(days => s.slack_days) > p.promised_at
        OR s.pegged - s.kept > s.open::bigint * s.confidence_ppm / 1000000)
   AND p.order_id <> ALL (%(but)b::uuid[])
 GROUP BY p.order_id, o.priority, o.placed_at
 ORDER BY o.priority, o.placed_at DESC, p.order_id
 LIMIT %(most)b

-- unpegged_orders --
-- Orders that wait for SKUs without a row of supply, the most urgent first, while some may be promised.
SELECT l.order_id
  FROM order_lines AS l
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = l.order_id
 WHERE l.cell = %(cell)b
   AND l.sku = ANY(%(skus)b::text[])
   AND l.unplanned > 0
   AND EXISTS (SELECT
                 FROM supply AS s
                WHERE s.cell = %(cell)b
                  AND s.sku = l.sku
                  AND s.open::bigint * s.confidence_ppm / 1000000 > s.pegged - s.kept)
   AND l.order_id <> ALL (%(but)b::uuid[])
 GROUP BY l.order_id, o.priority, o.placed_at
 ORDER BY o.priority DESC, o.placed_at, l.order_id
 LIMIT %(most)b
