-- list_holds --
-- Open holds, the most urgent first.
SELECT h.order_id, o.number, o.channel, h.number, h.type, array_to_string(h.blocks, chr(31)), h.owner, h.reason,
       h.placed_by, h.placed_at, h.due_at, h.line, h.escalate_to, h.on_breach, h.escalated_at, h.rule, o.state
  FROM holds AS h
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = h.order_id
 WHERE h.cell = %(cell)b
   AND (h.due_at, h.order_id, h.number) > (%(after_at)b, %(after)b, %(after_number)b)
   AND (%(due_before)b::timestamptz IS NULL OR h.due_at < %(due_before)b::timestamptz)
   AND (%(types)b::text[] IS NULL OR h.type = ANY(%(types)b::text[]))
   AND (%(owners)b::text[] IS NULL OR h.owner = ANY(%(owners)b::text[]))
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND (%(seen_at)b::text[] IS NULL
        OR EXISTS (SELECT
                     FROM fulfillment_orders AS f
                    WHERE f.cell = %(cell)b
                      AND f.order_id = h.order_id
                      AND f.location = ANY(%(seen_at)b::text[])))
 ORDER BY h.due_at, h.order_id, h.number
 LIMIT %(most)b

-- open_fulfillments --
-- Open fulfillment orders of locations, the most urgent first.
SELECT f.id, f.order_id, f.number, f.location, f.execution, f.negotiation, f.opened_at, f.due_at, o.state
  FROM (SELECT t.*
          FROM unnest(%(locations)b::text[]) AS l (location)
         CROSS JOIN LATERAL (SELECT id, order_id, number, location, execution, negotiation, opened_at, due_at
                               FROM fulfillment_orders
                              WHERE cell = %(cell)b
                                AND location = l.location
                                AND execution IN ('open', 'in_progress')
                                AND due_at >= %(after_at)b
                                AND (due_at, id) > (%(after_at)b, %(after)b)
                                AND (%(due_before)b::timestamptz IS NULL OR due_at < %(due_before)b::timestamptz)
                                AND (%(executions)b::text[] IS NULL OR execution = ANY(%(executions)b::text[]))
                                AND (%(negotiations)b::text[] IS NULL OR negotiation = ANY(%(negotiations)b::text[]))
                              ORDER BY due_at, id
                              LIMIT %(most)b) AS t
         ORDER BY t.due_at, t.id
         LIMIT %(most)b) AS f
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = f.order_id
 ORDER BY f.due_at, f.id

-- all_fulfillments --
-- Fulfillment orders in any state, newest first, among a bounded number.
SELECT f.id, f.order_id, f.number, f.location, f.execution, f.negotiation, f.opened_at, f.due_at, o.state
  FROM (SELECT *
          FROM fulfillment_orders
         WHERE cell = %(cell)b
           AND id < %(after)b
         ORDER BY id DESC
         LIMIT %(scan)b) AS f
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = f.order_id
 WHERE f.location = ANY(%(locations)b::text[])
   AND (%(due_before)b::timestamptz IS NULL OR f.due_at < %(due_before)b::timestamptz)
   AND (%(executions)b::text[] IS NULL OR f.execution = ANY(%(executions)b::text[]))
   AND (%(negotiations)b::text[] IS NULL OR f.negotiation = ANY(%(negotiations)b::text[]))
 ORDER BY f.id DESC
 LIMIT %(most)b

-- last_fulfillment --
-- Where a bounded number of fulfillment orders ends.
SELECT id
  FROM fulfillment_orders
 WHERE cell = %(cell)b
   AND id < %(after)b
 ORDER BY id DESC
OFFSET %(scan)b - 1
 LIMIT 1

-- list_shipments --
-- Shipments, newest first, among a bounded number, with the parcels in them.
SELECT s.id, s.order_id, o.number, o.channel, s.number, s.location, s.carrier, s.handed_over_at,
       (SELECT json_agg(json_build_object('number', p.number, 'state', p.state, 'tracking_number', p.tracking_number)
                        ORDER BY p.number)::text
          FROM parcels AS p
         WHERE p.cell = %(cell)b
           AND p.order_id = s.order_id
           AND p.shipment = s.number),
       s.undone_at
  FROM (SELECT *
          FROM shipments
         WHERE cell = %(cell)b
           AND id < %(after)b
         ORDER BY id DESC
         LIMIT %(scan)b) AS s
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = s.order_id
 WHERE (%(locations)b::text[] IS NULL OR s.location = ANY(%(locations)b::text[]))
   AND (%(carriers)b::text[] IS NULL OR s.carrier = ANY(%(carriers)b::text[]))
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
 ORDER BY s.id DESC
 LIMIT %(most)b

-- last_shipment --
-- Where a bounded number of shipments ends.
SELECT id
  FROM shipments
 WHERE cell = %(cell)b
   AND id < %(after)b
 ORDER BY id DESC
OFFSET %(scan)b - 1
 LIMIT 1

-- find_parcels --
-- Parcels by tracking number.
SELECT p.id, p.order_id, o.number, o.channel, p.number, p.fulfillment, f.location, p.shipment, p.state, p.carrier,
       p.tracking_number, p.moved_at
  FROM parcels AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
  LEFT JOIN fulfillment_orders AS f
    ON f.cell = %(cell)b
   AND f.order_id = p.order_id
   AND f.number = p.fulfillment
 WHERE p.cell = %(cell)b
   AND p.tracking_number <> ''
   AND p.tracking_number = ANY(%(tracking)b::text[])
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND (%(locations)b::text[] IS NULL OR f.location = ANY(%(locations)b::text[]))
 ORDER BY p.id DESC
 LIMIT 100
