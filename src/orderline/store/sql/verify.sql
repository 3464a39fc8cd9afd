-- first_order --
-- The ids between which all orders lie.
SELECT (SELECT id FROM orders WHERE cell = %(cell)s ORDER BY id LIMIT 1),
       (SELECT id FROM orders WHERE cell = %(cell)s ORDER BY id DESC LIMIT 1)

-- orders_after --
-- The next orders by id, as they are stored; their document as the last column.
SELECT id, number, channel, external_id, placed_at, phase, payment, fulfillment, returns, is_test, priority, currency,
       total_minor, array_to_string(tags, chr(31)), person, next_step, owner, due_at, version, intake_hash, state
  FROM orders
 WHERE cell = %(cell)s
   AND id > %(after)s
 ORDER BY id
 LIMIT %(most)s

-- journal_between --
-- The journal of the orders between two ids.
SELECT order_id, seq, recorded_at, body, hash
  FROM journal
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, seq

-- order_lines_between --
-- The lines of the orders between two ids.
SELECT order_id, line, sku, kind, ordered, unplanned, pooled, pegged, allocated, released, picked, packed, shipped,
       delivered, lost, returned, canceled
  FROM order_lines
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, line

-- fulfillment_orders_between --
-- The fulfillment orders of the orders between two ids.
SELECT id, order_id, number, location, execution, negotiation, opened_at, due_at, allocated, released, picked, packed,
       shipped
  FROM fulfillment_orders
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number

-- shipments_between --
-- The shipments of the orders between two ids.
SELECT id, order_id, number, location, carrier, handed_over_at, undone_at
  FROM shipments
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number

-- parcels_between --
-- The parcels of the orders between two ids.
SELECT id, order_id, number, fulfillment, shipment, state, carrier, tracking_number, moved_at, partner, combined
  FROM parcels
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number

-- pegs_between --
-- What the orders between two ids wait for.
SELECT order_id, line, supply, sku, pool, quantity, promised_at, value_minor
  FROM pegs
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, line, supply

-- return_items_between --
-- The items of returns of the orders between two ids.
SELECT order_id, number, item, line, sku, quantity, reason, source, custody, money, location, tracking_number,
       requested_at, moved_at, expires_at
  FROM return_items
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number, item

-- company_orders_between --
-- What companies know of the orders between two ids.
SELECT order_id, company, location, buyer, po_number, number, currency, placed_at, live, held, receivable_minor,
       shipped_minor, allocated_minor, waiting_minor, held_minor, deposits_minor, secured_minor, exposure_minor, billable
  FROM company_orders
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id

-- alarms_between --
-- The alarms of the orders between two ids.
SELECT order_id, step, raised_at
  FROM alarms
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id

-- order_fields_between --
-- The custom fields that the orders between two ids are found by.
SELECT order_id, name, value
  FROM order_fields
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, name COLLATE "C"

-- payment_references_between --
-- The names, at their providers, of the payments of the orders between two ids.
SELECT order_id, tender, provider, reference
  FROM payment_references
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, tender

-- order_disputes_between --
-- The disputes of the orders between two ids.
SELECT order_id, number, stage, fraud, amount_minor, opened_at, reference, provider, reason, due_at, answer
  FROM order_disputes
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number

-- holds_between --
-- The open holds of the orders between two ids.
SELECT order_id, number, type, array_to_string(blocks, chr(31)), owner, reason, placed_by, placed_at, due_at, line,
       escalate_to, on_breach, escalated_at, rule
  FROM holds
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number

-- known_people --
-- Which of these tokens have a row, whose it is, and whether anything is known there.
SELECT token, order_id, erased_at IS NOT NULL, name <> '' OR email <> '' OR phone <> '' OR address IS NOT NULL
  FROM people
 WHERE cell = %(cell)s
   AND token = ANY(%(tokens)s::uuid[])

-- shelves --
-- What is allocated at shelves, for comparison with the lines; read as a stream.
SELECT sku, location, allocated
  FROM stock
 WHERE cell = %(cell)s
   AND allocated > 0

-- claims --
-- What is claimed in pools, and what waits there, for comparison with the lines; read as a stream.
SELECT sku, pool, claims, backordered
  FROM pool_levels
 WHERE cell = %(cell)s
   AND (claims > 0 OR backordered > 0)

-- stock_is_its_entries --
-- Each shelf is the sum of its double entries, bucket by bucket.
WITH ledger AS (
    SELECT e.sku, e.location,
           sum(CASE e.target WHEN 'sellable' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'sellable' THEN e.quantity ELSE 0 END) AS sellable,
           sum(CASE e.target WHEN 'picked' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'picked' THEN e.quantity ELSE 0 END) AS picked,
           sum(CASE e.target WHEN 'damaged' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'damaged' THEN e.quantity ELSE 0 END) AS damaged,
           sum(CASE e.target WHEN 'quality_control' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'quality_control' THEN e.quantity ELSE 0 END) AS quality_control,
           sum(CASE e.target WHEN 'blocked' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'blocked' THEN e.quantity ELSE 0 END) AS blocked,
           sum(CASE e.target WHEN 'missing' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'missing' THEN e.quantity ELSE 0 END) AS missing,
           sum(CASE e.target WHEN 'display' THEN e.quantity ELSE 0 END
               - CASE e.source WHEN 'display' THEN e.quantity ELSE 0 END) AS display
      FROM stock_entries AS e
     WHERE e.cell = %(cell)s
     GROUP BY e.sku, e.location
), shelves AS (
    SELECT * FROM stock WHERE cell = %(cell)s
), compared AS (
    SELECT coalesce(s.sku, l.sku) || ' at ' || coalesce(s.location, l.location) AS key,
           concat_ws(' ', s.sellable, s.picked, s.damaged, s.quality_control, s.blocked, s.missing, s.display) AS shelf,
           concat_ws(' ', coalesce(l.sellable, 0), coalesce(l.picked, 0), coalesce(l.damaged, 0),
                     coalesce(l.quality_control, 0), coalesce(l.blocked, 0), coalesce(l.missing, 0),
                     coalesce(l.display, 0)) AS entries
      FROM shelves AS s
      FULL JOIN ledger AS l
        ON l.sku = s.sku
       AND l.location = s.location
)
SELECT count(*),
       count(*) FILTER (WHERE shelf <> entries),
       (array_agg(key || ': the shelf says ' || shelf || ', its entries ' || entries ORDER BY key)
         FILTER (WHERE shelf <> entries))[1:%(most)s]
  FROM compared

-- promisable_is_its_shelves --
-- What a pool may promise is the sum over its locations.
WITH places AS (
    SELECT code AS location, body::jsonb ->> 'pool' AS pool,
           coalesce((body::jsonb ->> 'active')::boolean, true)
               AND NOT coalesce((body::jsonb ->> 'feed_stale')::boolean, false) AS active
      FROM settings
     WHERE cell = %(cell)s
       AND kind = 'location'
), offered AS (
    SELECT s.sku, p.pool,
           sum(CASE WHEN p.active IS FALSE THEN 0
                    ELSE greatest(0, s.sellable + s.picked - s.allocated - s.safety
                                     - (s.doubt_ppm::bigint * s.sellable + 999999) / 1000000) END) AS promisable
      FROM stock AS s
      LEFT JOIN places AS p
        ON p.location = s.location
     WHERE s.cell = %(cell)s
     GROUP BY s.sku, p.pool
), levels AS (
    SELECT sku, pool, promisable FROM pool_levels WHERE cell = %(cell)s
), compared AS (
    SELECT coalesce(l.sku, o.sku) || ' in ' || coalesce(l.pool, o.pool, 'no pool') AS key,
           l.promisable AS level,
           coalesce(o.promisable, 0) AS shelves,
           l.sku IS NULL OR l.promisable <> coalesce(o.promisable, 0) AS bad
      FROM levels AS l
      FULL JOIN offered AS o
        ON o.sku = l.sku
       AND o.pool = l.pool
)
SELECT count(*),
       count(*) FILTER (WHERE bad),
       (array_agg(key || ': the pool says ' || coalesce(level::text, 'nothing') || ', its shelves ' || shelves
         ORDER BY key) FILTER (WHERE bad))[1:%(most)s]
  FROM compared

-- held_is_its_carts --
-- What is held in a pool is the sum of the cart holds on it.
WITH carts AS (
    SELECT line.value ->> 'sku' AS sku, line.value ->> 'pool' AS pool, sum((line.value ->> 'quantity')::bigint) AS held
      FROM cart_holds AS c
     CROSS JOIN LATERAL jsonb_array_elements(c.body::jsonb -> 'lines') AS line (value)
     WHERE c.cell = %(cell)s
     GROUP BY 1, 2
), levels AS (
    SELECT sku, pool, held FROM pool_levels WHERE cell = %(cell)s
), compared AS (
    SELECT coalesce(l.sku, c.sku) || ' in ' || coalesce(l.pool, c.pool) AS key,
           coalesce(l.held, 0) AS level,
           coalesce(c.held, 0) AS carts
      FROM levels AS l
      FULL JOIN carts AS c
        ON c.sku = l.sku
       AND c.pool = l.pool
)
SELECT count(*),
       count(*) FILTER (WHERE level <> carts),
       (array_agg(key || ': the pool says ' || level || ', its carts ' || carts ORDER BY key)
         FILTER (WHERE level <> carts))[1:%(most)s]
  FROM compared

-- reserved_is_its_lines --
-- What is claimed, allocated and waited for of a SKU is what its lines have there.
WITH lines AS (
    SELECT sku, sum(pooled) AS pooled, sum(allocated + released + picked + packed) AS at_location,
           sum(unplanned) FILTER (WHERE kind IN ('ship', 'pickup')) AS unplanned
      FROM order_lines
     WHERE cell = %(cell)s
     GROUP BY sku
), transfers AS (
    SELECT line.value ->> 'sku' AS sku, sum(coalesce((line.value ->> 'set_aside')::bigint, 0)) AS set_aside
      FROM records AS r
     CROSS JOIN LATERAL jsonb_array_elements(r.body::jsonb -> 'lines') AS line (value)
     WHERE r.cell = %(cell)s
       AND r.kind = 'transfer'
       AND r.state IN ('approved', 'picked')
     GROUP BY 1
), shelves AS (
    SELECT s.sku, sum(s.allocated) - coalesce(max(t.set_aside), 0) AS allocated
      FROM stock AS s
      LEFT JOIN transfers AS t
        ON t.sku = s.sku
     WHERE s.cell = %(cell)s
     GROUP BY s.sku
), levels AS (
    SELECT sku, sum(claims) AS claims, sum(backordered) AS backordered
      FROM pool_levels
     WHERE cell = %(cell)s
     GROUP BY sku
), compared AS (
    SELECT coalesce(n.sku, s.sku, l.sku) AS key,
           concat_ws(' ', coalesce(l.claims, 0), coalesce(s.allocated, 0), coalesce(l.backordered, 0)) AS stock,
           concat_ws(' ', coalesce(n.pooled, 0), coalesce(n.at_location, 0), coalesce(n.unplanned, 0)) AS lines
      FROM lines AS n
      FULL JOIN shelves AS s
        ON s.sku = n.sku
      FULL JOIN levels AS l
        ON l.sku = coalesce(n.sku, s.sku)
)
SELECT count(*),
       count(*) FILTER (WHERE stock <> lines),
       (array_agg(key || ': claimed, allocated and backordered are ' || stock || ', its lines say ' || lines
         ORDER BY key) FILTER (WHERE stock <> lines))[1:%(most)s]
  FROM compared

-- oversold_has_alarms --
-- A shelf with fewer units than are allocated there has an alarm, and no other shelf has one.
WITH alarms AS (
    SELECT sku, location, quantity FROM oversold WHERE cell = %(cell)s
), shelves AS (
    SELECT sku, location, greatest(0, allocated - sellable - picked) AS quantity FROM stock WHERE cell = %(cell)s
), compared AS (
    SELECT coalesce(s.sku, a.sku) || ' at ' || coalesce(s.location, a.location) AS key,
           coalesce(s.quantity, 0) AS oversold,
           coalesce(a.quantity, 0) AS alarm
      FROM shelves AS s
      FULL JOIN alarms AS a
        ON a.sku = s.sku
       AND a.location = s.location
)
SELECT count(*),
       count(*) FILTER (WHERE oversold <> alarm),
       (array_agg(key || ': oversold by ' || oversold || ', the alarm says ' || alarm ORDER BY key)
         FILTER (WHERE oversold <> alarm))[1:%(most)s]
  FROM compared

-- ended_orders_hold_nothing --
-- A closed or canceled order has no unit reserved, allocated or in work.
WITH ended AS (
    SELECT o.number AS key,
           coalesce(sum(l.unplanned + l.pooled + l.pegged + l.allocated + l.released + l.picked + l.packed), 0) AS units
      FROM orders AS o
      LEFT JOIN order_lines AS l
        ON l.cell = %(cell)s
       AND l.order_id = o.id
     WHERE o.cell = %(cell)s
       AND o.phase IN ('closed', 'canceled')
     GROUP BY o.id, o.number
)
SELECT count(*),
       count(*) FILTER (WHERE units <> 0),
       (array_agg(key || ' has ended and still has ' || units || ' units open' ORDER BY key)
         FILTER (WHERE units <> 0))[1:%(most)s]
  FROM ended

-- names_are_unique --
-- An order has one number, and one name in its channel, and shares neither.
WITH numbers AS (
    SELECT number AS key, count(*) AS orders FROM orders WHERE cell = %(cell)s GROUP BY number
), names AS (
    SELECT channel || ' ' || external_id AS key, count(*) AS orders
      FROM orders
     WHERE cell = %(cell)s
     GROUP BY channel, external_id
), compared AS (
    SELECT key, orders FROM numbers
     UNION ALL
    SELECT key, orders FROM names
)
SELECT count(*),
       count(*) FILTER (WHERE orders <> 1),
       (array_agg(key || ' names ' || orders || ' orders' ORDER BY key) FILTER (WHERE orders <> 1))[1:%(most)s]
  FROM compared

-- outbox_is_sound --
-- Each job is of a known kind and, where it is an order's, of an order that exists; no payment is asked for twice.
WITH jobs AS (
    SELECT b.id, b.kind, b.stream, b.body,
           CASE WHEN b.stream ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}( |$)'
                THEN split_part(b.stream, ' ', 1)::uuid END AS order_id,
           count(*) OVER (PARTITION BY b.stream, b.kind, b.body) AS alike
      FROM outbox AS b
     WHERE b.cell = %(cell)s
), compared AS (
    SELECT j.id::text AS key,
           CASE WHEN NOT j.kind = ANY(%(kinds)s::text[]) THEN 'is of the unknown kind ' || j.kind
                WHEN j.order_id IS NOT NULL AND o.id IS NULL THEN 'is of an order that does not exist: ' || j.stream
                WHEN j.kind = 'pay' AND j.alike > 1 THEN 'is there ' || j.alike || ' times: ' || j.body
            END AS fault
      FROM jobs AS j
      LEFT JOIN orders AS o
        ON o.cell = %(cell)s
       AND o.id = j.order_id
)
SELECT count(*),
       count(fault),
       (array_agg('job ' || key || ' ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared

-- jobs_of_kind --
-- The streams of all jobs of a kind.
SELECT stream
  FROM outbox
 WHERE cell = %(cell)s
   AND kind = %(kind)s
