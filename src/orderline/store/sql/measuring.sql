-- claims_of_sku --
-- What is claimed of a SKU, and what waits for it, over all pools.
SELECT coalesce(sum(claims), 0)::bigint, coalesce(sum(backordered), 0)::bigint
  FROM pool_levels
 WHERE cell = %(cell)s
   AND sku = %(sku)s

-- some_orders --
-- The ids of some orders.
SELECT id
  FROM orders
 WHERE cell = %(cell)s
 LIMIT %(most)s

-- delivered_orders --
-- How many orders have been delivered.
SELECT count(*)
  FROM orders
 WHERE cell = %(cell)s
   AND phase IN ('delivered', 'closed')

-- deadlocks --
-- Deadlocks since the server keeps count.
SELECT deadlocks
  FROM pg_stat_database
 WHERE datname = current_database()

-- units_waiting --
-- Units that wait for supply, and units that wait for a location.
SELECT coalesce(sum(unplanned + pegged), 0)::bigint, coalesce(sum(pooled), 0)::bigint
  FROM order_lines
 WHERE cell = %(cell)s

-- documents_issued --
-- How many invoices and credit notes there are.
SELECT count(*)
  FROM records
 WHERE cell = %(cell)s
   AND kind = 'document'

-- open_money --
-- What was taken, and what is open of it: paid and not invoiced, or invoiced and not paid, of any order.
WITH open AS (
    SELECT account, source, sum(amount_minor) AS amount
      FROM postings
     WHERE cell = %(cell)s
       AND account IN ('deposits', 'receivable')
     GROUP BY account, source
)
SELECT (SELECT coalesce(sum(amount_minor), 0)::bigint
          FROM postings
         WHERE cell = %(cell)s
           AND account = 'psp_clearing'),
       coalesce(sum(abs(amount)), 0)::bigint
  FROM open

-- tables_filled --
-- Every table, and those of its columns that are written.
SELECT c.relname,
       string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
  FROM pg_class AS c
  JOIN pg_attribute AS a
    ON a.attrelid = c.oid
   AND a.attnum > 0
   AND NOT a.attisdropped
   AND a.attgenerated = ''
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition
 GROUP BY c.relname
 ORDER BY c.relname

-- begin_copies --
-- Which orders are copied, and how each copy is called: ids in the order of their time, tokens of people that differ in their
-- last byte only, as those of an order do.
CREATE TEMPORARY TABLE copies AS
SELECT o.cell, o.id, n.k, o.number, left(o.person::text, 34) AS token,
       (lpad(to_hex(('x' || substr(replace(o.id::text, '-', ''), 1, 12))::bit(48)::bigint - n.k::bigint * 1000 * %(apart_s)s::bigint),
             12, '0') || '7' || substr(m.digest, 1, 3) || '8' || substr(m.digest, 4, 15))::uuid AS new_id,
       left(md5(m.digest)::uuid::text, 34) AS new_token
  FROM orders AS o
 CROSS JOIN generate_series(%(first)s::integer, %(last)s::integer) AS n (k)
 CROSS JOIN LATERAL (SELECT md5(o.id::text || n.k) AS digest) AS m
 WHERE o.cell = %(cell)s
   AND o.id = ANY(%(ids)s::uuid[])

-- copy_orders --
-- Orders once more, as if they had come earlier.
INSERT INTO orders (cell, id, number, channel, external_id, placed_at, phase, payment, fulfillment, returns, is_test, priority,
                    currency, total_minor, tags, person, next_step, owner, due_at, version, intake_hash, state)
SELECT o.cell, c.new_id, o.number || '-' || c.k, o.channel, o.external_id || '-' || c.k,
       o.placed_at - make_interval(secs => c.k * %(apart_s)s::bigint), o.phase, o.payment, o.fulfillment, o.returns, o.is_test,
       o.priority, o.currency, o.total_minor, o.tags, (c.new_token || right(o.person::text, 2))::uuid, o.next_step, o.owner,
       o.due_at, o.version, o.intake_hash,
       replace(replace(replace(o.state, o.id::text, c.new_id::text), c.token, c.new_token),
               '"' || o.number || '"', '"' || o.number || '-' || c.k || '"')
  FROM copies AS c
  JOIN orders AS o
    ON o.cell = c.cell
   AND o.id = c.id
 WHERE o.cell = %(cell)s
 ORDER BY c.new_id

-- copy_lines --
-- Their lines.
INSERT INTO order_lines (cell, order_id, line, sku, kind, ordered, unplanned, pooled, pegged, allocated, released, picked, packed,
                         shipped, delivered, lost, returned, canceled)
SELECT l.cell, c.new_id, l.line, l.sku, l.kind, l.ordered, l.unplanned, l.pooled, l.pegged, l.allocated, l.released, l.picked,
       l.packed, l.shipped, l.delivered, l.lost, l.returned, l.canceled
  FROM copies AS c
  JOIN order_lines AS l
    ON l.cell = c.cell
   AND l.order_id = c.id
 WHERE l.cell = %(cell)s

-- copy_people --
-- Their people, each by a name of their own.
INSERT INTO people (cell, token, order_id, name, email, phone, address)
SELECT p.cell, (c.new_token || right(p.token::text, 2))::uuid, c.new_id, p.name || ' ' || c.k, c.k || '.' || p.email, p.phone, p.address
  FROM copies AS c
  JOIN people AS p
    ON p.cell = c.cell
   AND p.order_id = c.id
 WHERE p.cell = %(cell)s

-- copy_journal --
-- The journal of one in twenty: the others have none, and are not read one by one.
INSERT INTO journal (cell, order_id, seq, recorded_at, body, hash)
SELECT j.cell, c.new_id, j.seq, j.recorded_at, replace(replace(j.body, j.order_id::text, c.new_id::text), c.token, c.new_token), j.hash
  FROM copies AS c
  JOIN journal AS j
    ON j.cell = c.cell
   AND j.order_id = c.id
 WHERE j.cell = %(cell)s
   AND c.k %% 20 = 0

-- copy_fulfillments --
-- Their fulfillment orders.
INSERT INTO fulfillment_orders (cell, id, order_id, number, location, execution, negotiation, opened_at, due_at, allocated, released,
                                picked, packed, shipped)
SELECT f.cell, md5(f.id::text || c.k)::uuid, c.new_id, f.number, f.location, f.execution, f.negotiation, f.opened_at, f.due_at,
       f.allocated, f.released, f.picked, f.packed, f.shipped
  FROM copies AS c
  JOIN fulfillment_orders AS f
    ON f.cell = c.cell
   AND f.order_id = c.id
 WHERE f.cell = %(cell)s

-- copy_parcels --
-- Their parcels.
INSERT INTO parcels (cell, id, order_id, number, fulfillment, shipment, state, carrier, tracking_number, moved_at)
SELECT p.cell, md5(p.id::text || c.k)::uuid, c.new_id, p.number, p.fulfillment, p.shipment, p.state, p.carrier,
       p.tracking_number || '-' || c.k, p.moved_at - make_interval(secs => c.k * %(apart_s)s::bigint)
  FROM copies AS c
  JOIN parcels AS p
    ON p.cell = c.cell
   AND p.order_id = c.id
 WHERE p.cell = %(cell)s

-- copy_holds --
-- Their holds.
INSERT INTO holds (cell, order_id, number, type, blocks, owner, reason, placed_by, placed_at, due_at, line)
SELECT h.cell, c.new_id, h.number, h.type, h.blocks, h.owner, h.reason, h.placed_by, h.placed_at, h.due_at, h.line
  FROM copies AS c
  JOIN holds AS h
    ON h.cell = c.cell
   AND h.order_id = c.id
 WHERE h.cell = %(cell)s

-- some_numbers --
-- Orders that can be read whole, some of all there are: their numbers, and the email addresses of who bought.
SELECT o.number, p.email
  FROM (SELECT order_id
          FROM journal
         WHERE cell = %(cell)s
           AND seq = 1
         ORDER BY md5(order_id::text)
         LIMIT %(most)s) AS j
  JOIN orders AS o
    ON o.cell = %(cell)s
   AND o.id = j.order_id
  JOIN people AS p
    ON p.cell = %(cell)s
   AND p.token = o.person
