-- active_policies --
-- Policies of which a version may hold now, or is scored beside.
SELECT body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'policy'
   AND subject = %(subject)b

-- policy_texts --
-- Texts of versions by their ids.
SELECT id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'policy_text'
   AND id = ANY(%(ids)b::text[])

-- load_safety --
-- Units of SKUs that are kept back from promising.
SELECT sku, location, safety
  FROM stock
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
   AND safety > 0

-- load_doubted --
-- How little the records of shelves of SKUs are believed, in parts per million.
SELECT sku, location, doubt_ppm
  FROM stock
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
   AND doubt_ppm > 0

-- load_feeds --
-- When each location told its stock last, of those that have to.
SELECT id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'feed_age'

-- load_sold --
-- Units of SKUs that have left locations to customers since an instant.
SELECT sku, location, sum(quantity)::bigint
  FROM stock_entries
 WHERE cell = %(cell)b
   AND sku = ANY(%(skus)b::text[])
   AND recorded_at >= %(since)b
   AND source = 'picked'
   AND target IN ('in_transit_out', 'customer')
 GROUP BY sku, location

-- load_rejected --
-- Share of the work given to locations since an instant that they gave back, in parts per million.
SELECT location,
       (count(*) FILTER (WHERE negotiation = 'rejected' OR execution = 'incomplete') * 1000000 / count(*))::bigint
  FROM fulfillment_orders
 WHERE cell = %(cell)b
   AND opened_at >= %(since)b
 GROUP BY location

-- save_inputs --
-- What decisions were made of.
INSERT INTO decision_inputs (cell, id, order_id, decided_at, network, body, shadow)
SELECT %(cell)b, t.id, t.order_id, %(now)b, t.network, t.body, t.shadow
  FROM unnest(%(id)b::uuid[], %(order_id)b::uuid[], %(network)b::text[], %(body)b::text[], %(shadow)b::text[])
       AS t (id, order_id, network, body, shadow)

-- save_networks --
-- What locations are; what is known is left as it is.
INSERT INTO routing_networks (cell, hash, body)
SELECT %(cell)b, t.hash, t.body
  FROM unnest(%(hash)b::text[], %(body)b::text[]) AS t (hash, body)
    ON CONFLICT (cell, hash) DO NOTHING

-- recorded_decisions --
-- Decisions of an order with what they were made of, the oldest first.
SELECT d.body, i.body, n.body, i.shadow
  FROM decisions AS d
  JOIN decision_inputs AS i
    ON i.cell = %(cell)b
   AND i.order_id = d.order_id
   AND i.id = d.id
  JOIN routing_networks AS n
    ON n.cell = %(cell)b
   AND n.hash = i.network
 WHERE d.cell = %(cell)b
   AND d.order_id = %(order)b
 ORDER BY d.decided_at, d.id

-- decisions_between --
-- Recorded decisions of a time, after one of them, in the order in which they were made.
SELECT i.decided_at, i.order_id, i.id, d.body, i.body, i.network
  FROM decision_inputs AS i
  JOIN decisions AS d
    ON d.cell = %(cell)b
   AND d.order_id = i.order_id
   AND d.id = i.id
 WHERE i.cell = %(cell)b
   AND (i.decided_at, i.order_id, i.id) > (%(after_at)b, %(after_order)b, %(after_id)b)
   AND i.decided_at < %(until)b
 ORDER BY i.decided_at, i.order_id, i.id
 LIMIT %(most)b

-- shadows_between --
-- Recorded decisions of a time beside which another version was scored, after one of them, in their order.
SELECT i.decided_at, i.order_id, i.id, d.body, i.shadow
  FROM decision_inputs AS i
  JOIN decisions AS d
    ON d.cell = %(cell)b
   AND d.order_id = i.order_id
   AND d.id = i.id
 WHERE i.cell = %(cell)b
   AND (i.decided_at, i.order_id, i.id) > (%(after_at)b, %(after_order)b, %(after_id)b)
   AND i.decided_at < %(until)b
   AND i.shadow IS NOT NULL
 ORDER BY i.decided_at, i.order_id, i.id
 LIMIT %(most)b

-- networks --
-- What locations were, by hash.
SELECT hash, body
  FROM routing_networks
 WHERE cell = %(cell)b
   AND hash = ANY(%(hashes)b::text[])

-- decisions_before --
-- Recorded decisions with what they were made of, the latest first, before one of them.
SELECT i.decided_at, i.order_id, i.id, d.body, i.body, i.network, n.body
  FROM decision_inputs AS i
  JOIN decisions AS d
    ON d.cell = %(cell)s
   AND d.order_id = i.order_id
   AND d.id = i.id
  JOIN routing_networks AS n
    ON n.cell = %(cell)s
   AND n.hash = i.network
 WHERE i.cell = %(cell)s
   AND (i.decided_at, i.order_id, i.id) < (%(before_at)s::timestamptz, %(before_order)s::uuid, %(before_id)s::uuid)
 ORDER BY i.decided_at DESC, i.order_id DESC, i.id DESC
 LIMIT %(most)s

-- all_policies --
-- Every policy and every text of a version.
SELECT kind, id, body
  FROM records
 WHERE cell = %(cell)s
   AND kind IN ('policy', 'policy_text')
