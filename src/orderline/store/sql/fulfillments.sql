-- save_fulfillments --
-- Fulfillment orders that were opened or have changed.
INSERT INTO fulfillment_orders AS f (cell, id, order_id, number, location, execution, negotiation, opened_at, due_at,
                                     allocated, released, picked, packed, shipped)
SELECT %(cell)b, t.*
  FROM unnest(%(id)b::uuid[], %(order_id)b::uuid[], %(number)b::int[], %(location)b::text[], %(execution)b::text[],
              %(negotiation)b::text[], %(opened_at)b::timestamptz[], %(due_at)b::timestamptz[], %(allocated)b::int[],
              %(released)b::int[], %(picked)b::int[], %(packed)b::int[], %(shipped)b::int[]) AS t
    ON CONFLICT (cell, id) DO UPDATE
   SET execution = excluded.execution,
       negotiation = excluded.negotiation,
       due_at = excluded.due_at,
       allocated = excluded.allocated,
       released = excluded.released,
       picked = excluded.picked,
       packed = excluded.packed,
       shipped = excluded.shipped

-- save_shipments --
-- Shipments that were handed over, or were not after all.
INSERT INTO shipments AS s (cell, id, order_id, number, location, carrier, handed_over_at, undone_at)
SELECT %(cell)b, t.*
  FROM unnest(%(id)b::uuid[], %(order_id)b::uuid[], %(number)b::int[], %(location)b::text[], %(carrier)b::text[],
              %(handed_over_at)b::timestamptz[], %(undone_at)b::timestamptz[]) AS t
    ON CONFLICT (cell, id) DO UPDATE
   SET undone_at = excluded.undone_at

-- save_parcels --
-- Parcels that were packed or have moved on.
INSERT INTO parcels AS p (cell, id, order_id, number, fulfillment, shipment, state, carrier, tracking_number, moved_at,
                          partner, combined)
SELECT %(cell)b, t.*
  FROM unnest(%(id)b::uuid[], %(order_id)b::uuid[], %(number)b::int[], %(fulfillment)b::int[], %(shipment)b::int[],
              %(state)b::text[], %(carrier)b::text[], %(tracking_number)b::text[], %(moved_at)b::timestamptz[],
              %(partner)b::text[], %(combined)b::text[]) AS t
    ON CONFLICT (cell, id) DO UPDATE
   SET shipment = excluded.shipment,
       state = excluded.state,
       carrier = excluded.carrier,
       tracking_number = excluded.tracking_number,
       moved_at = excluded.moved_at,
       partner = excluded.partner

-- shelf_mates --
-- Other orders that are to be served from the shelves that fulfillment orders are.
SELECT DISTINCT m.order_id
  FROM unnest(%(orders)b::uuid[], %(numbers)b::int[]) AS t (order_id, number)
  JOIN fulfillment_orders AS f
    ON f.cell = %(cell)b
   AND f.order_id = t.order_id
   AND f.number = t.number
  JOIN order_lines AS l
    ON l.cell = %(cell)b
   AND l.order_id = f.order_id
  JOIN fulfillment_orders AS m
    ON m.cell = %(cell)b
   AND m.location = f.location
   AND m.execution IN ('open', 'in_progress')
   AND m.allocated + m.released > 0
   AND m.order_id <> f.order_id
  JOIN order_lines AS o
    ON o.cell = %(cell)b
   AND o.order_id = m.order_id
   AND o.sku = l.sku
   AND o.allocated + o.released > 0

-- insert_rejected --
-- Lines that locations have rejected and whose units have none yet.
INSERT INTO rejected_lines (cell, order_id, line, sku, quantity, locations)
SELECT %(cell)b, t.order_id, t.line, t.sku, t.quantity, string_to_array(t.locations, chr(31))
  FROM unnest(%(order_id)b::uuid[], %(line)b::int[], %(sku)b::text[], %(quantity)b::int[], %(locations)b::text[])
       AS t (order_id, line, sku, quantity, locations)

-- delete_rejected --
-- What is told of orders in this way, before it is told anew.
DELETE FROM rejected_lines
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])

-- list_rejected --
-- Lines that were rejected and have no location, by order; of channels and locations, where these are given.
SELECT r.order_id, o.number, o.channel, r.line, r.sku, r.quantity, array_to_string(r.locations, chr(31)), o.placed_at,
       o.next_step, o.owner, o.due_at
  FROM rejected_lines AS r
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = r.order_id
 WHERE r.cell = %(cell)b
   AND (r.order_id, r.line) > (%(after)b, %(after_line)b)
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(r.order_id) */
 ORDER BY r.order_id, r.line
 LIMIT %(most)b

-- rejected_lines_between --
-- Lines of the orders between two ids that were rejected and have no location.
SELECT order_id, line, sku, quantity, array_to_string(locations, chr(31))
  FROM rejected_lines
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, line
