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
