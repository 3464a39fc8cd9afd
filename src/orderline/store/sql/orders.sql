-- lock_orders --
-- Lock and load the orders a batch changes, in the one order that everybody uses.
SELECT id, state
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])
ORDER BY id
   FOR NO KEY UPDATE

-- load_states --
-- Orders as they are, without locks.
SELECT id, state
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- find_external --
-- Orders by what their channels call them; also those of other pairs of these names, which the caller drops.
SELECT channel, external_id, id, intake_hash
  FROM orders
 WHERE cell = %(cell)b
   AND channel = ANY(%(channels)b::text[])
   AND external_id = ANY(%(external_ids)b::text[])

-- insert_orders --
-- New orders with the columns they are searched by.
INSERT INTO orders (cell, id, number, channel, external_id, placed_at, phase, payment, fulfillment, returns, is_test,
                    priority, currency, total_minor, tags, person, next_step, owner, due_at, version,
                    intake_hash, state)
SELECT %(cell)b, t.id, t.number, t.channel, t.external_id, t.placed_at, t.phase, t.payment, t.fulfillment, t.returns,
       t.is_test, t.priority, t.currency, t.total_minor, string_to_array(t.tags, chr(31)), t.person, t.next_step,
       t.owner, t.due_at, t.version, t.intake_hash, t.state
  FROM unnest(%(id)b::uuid[], %(number)b::text[], %(channel)b::text[], %(external_id)b::text[],
              %(placed_at)b::timestamptz[], %(phase)b::text[], %(payment)b::text[], %(fulfillment)b::text[],
              %(returns)b::text[], %(is_test)b::bool[], %(priority)b::int[], %(currency)b::text[],
              %(total_minor)b::bigint[], %(tags)b::text[], %(person)b::uuid[], %(next_step)b::text[],
              %(owner)b::text[], %(due_at)b::timestamptz[], %(version)b::int[], %(intake_hash)b::bytea[],
              %(state)b::text[])
       AS t (id, number, channel, external_id, placed_at, phase, payment, fulfillment, returns, is_test, priority,
             currency, total_minor, tags, person, next_step, owner, due_at, version, intake_hash, state)

-- update_orders --
-- Orders that have changed. Written as an insert that always conflicts: so it goes by the key whatever the
-- statistics say, where an UPDATE ... FROM may be planned from the wrong end.
INSERT INTO orders AS o (cell, id, number, channel, external_id, placed_at, phase, payment, fulfillment, returns,
                         is_test, priority, currency, total_minor, tags, person, next_step, owner, due_at, version,
                         intake_hash, state)
SELECT %(cell)b, t.id, t.number, t.channel, t.external_id, t.placed_at, t.phase, t.payment, t.fulfillment, t.returns,
       t.is_test, t.priority, t.currency, t.total_minor, string_to_array(t.tags, chr(31)), t.person, t.next_step,
       t.owner, t.due_at, t.version, t.intake_hash, t.state
  FROM unnest(%(id)b::uuid[], %(number)b::text[], %(channel)b::text[], %(external_id)b::text[],
              %(placed_at)b::timestamptz[], %(phase)b::text[], %(payment)b::text[], %(fulfillment)b::text[],
              %(returns)b::text[], %(is_test)b::bool[], %(priority)b::int[], %(currency)b::text[],
              %(total_minor)b::bigint[], %(tags)b::text[], %(person)b::uuid[], %(next_step)b::text[],
              %(owner)b::text[], %(due_at)b::timestamptz[], %(version)b::int[], %(intake_hash)b::bytea[],
              %(state)b::text[])
       AS t (id, number, channel, external_id, placed_at, phase, payment, fulfillment, returns, is_test, priority,
             currency, total_minor, tags, person, next_step, owner, due_at, version, intake_hash, state)
    ON CONFLICT (cell, id) DO UPDATE
   SET phase = excluded.phase,
       payment = excluded.payment,
       fulfillment = excluded.fulfillment,
       returns = excluded.returns,
       priority = excluded.priority,
       total_minor = excluded.total_minor,
       tags = excluded.tags,
       next_step = excluded.next_step,
       owner = excluded.owner,
       due_at = excluded.due_at,
       version = excluded.version,
       state = excluded.state

-- insert_lines --
-- The lines of orders as they are usually placed: units wait, are claimed, or are delivered at once, and stand
-- nowhere else. Others go in by `update_lines`.
INSERT INTO order_lines (cell, order_id, line, sku, kind, ordered, unplanned, pooled, delivered, pegged, allocated,
                         released, picked, packed, shipped, lost, returned, canceled)
SELECT %(cell)b, t.*, 0, 0, 0, 0, 0, 0, 0, 0, 0
  FROM unnest(%(order_id)b::uuid[], %(line)b::int[], %(sku)b::text[], %(kind)b::text[], %(ordered)b::int[],
              %(unplanned)b::int[], %(pooled)b::int[], %(delivered)b::int[]) AS t

-- update_lines --
-- Lines whose units have moved, or that are delivered otherwise now, or that begin in other buckets than most; by the key, as `update_orders`.
INSERT INTO order_lines AS l (cell, order_id, line, sku, kind, ordered, unplanned, pooled, pegged, allocated, released,
                              picked, packed, shipped, delivered, lost, returned, canceled)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(line)b::int[], %(sku)b::text[], %(kind)b::text[], %(ordered)b::int[],
              %(unplanned)b::int[], %(pooled)b::int[], %(pegged)b::int[], %(allocated)b::int[], %(released)b::int[],
              %(picked)b::int[], %(packed)b::int[], %(shipped)b::int[], %(delivered)b::int[], %(lost)b::int[],
              %(returned)b::int[], %(canceled)b::int[]) AS t
    ON CONFLICT (cell, order_id, line) DO UPDATE
   SET kind = excluded.kind,
       unplanned = excluded.unplanned,
       pooled = excluded.pooled,
       pegged = excluded.pegged,
       allocated = excluded.allocated,
       released = excluded.released,
       picked = excluded.picked,
       packed = excluded.packed,
       shipped = excluded.shipped,
       delivered = excluded.delivered,
       lost = excluded.lost,
       returned = excluded.returned,
       canceled = excluded.canceled

-- save_people --
-- Personal data behind its tokens.
INSERT INTO people (cell, token, order_id, name, email, phone, address)
SELECT %(cell)b, t.*
  FROM unnest(%(token)b::uuid[], %(order_id)b::uuid[], %(name)b::text[], %(email)b::text[], %(phone)b::text[],
              %(address)b::text[]) AS t

-- save_journal --
-- What has happened, one row per order and command.
INSERT INTO journal (cell, order_id, seq, recorded_at, body, hash)
SELECT %(cell)b, t.order_id, t.seq, %(now)b, t.body, t.hash
  FROM unnest(%(order_id)b::uuid[], %(seq)b::int[], %(body)b::text[], %(hash)b::bytea[])
       AS t (order_id, seq, body, hash)

-- insert_holds --
-- Holds that were placed.
INSERT INTO holds (cell, order_id, number, type, blocks, owner, reason, placed_by, placed_at, due_at, line,
                   escalate_to, on_breach, escalated_at, rule)
SELECT %(cell)b, t.order_id, t.number, t.type, string_to_array(t.blocks, chr(31)), t.owner, t.reason, t.placed_by,
       t.placed_at, t.due_at, t.line, t.escalate_to, t.on_breach, t.escalated_at, t.rule
  FROM unnest(%(order_id)b::uuid[], %(number)b::int[], %(type)b::text[], %(blocks)b::text[], %(owner)b::text[],
              %(reason)b::text[], %(placed_by)b::text[], %(placed_at)b::timestamptz[], %(due_at)b::timestamptz[],
              %(line)b::int[], %(escalate_to)b::text[], %(on_breach)b::text[], %(escalated_at)b::timestamptz[],
              %(rule)b::text[])
       AS t (order_id, number, type, blocks, owner, reason, placed_by, placed_at, due_at, line, escalate_to, on_breach,
             escalated_at, rule)

-- delete_holds --
-- Holds that were lifted.
DELETE FROM holds AS h
 USING unnest(%(order_id)b::uuid[], %(number)b::int[]) AS t (order_id, number)
 WHERE h.cell = %(cell)b
   AND h.order_id = t.order_id
   AND h.number = t.number

-- save_decisions --
-- Decisions with their reasons.
INSERT INTO decisions (cell, id, order_id, decided_at, body)
SELECT %(cell)b, t.id, t.order_id, %(now)b, t.body
  FROM unnest(%(id)b::uuid[], %(order_id)b::uuid[], %(body)b::text[]) AS t (id, order_id, body)

-- lease_numbers --
-- Take a block of order numbers; gaps are fine, repeats are not.
INSERT INTO cells AS c (cell, next_number)
VALUES (%(cell)b, 1001 + %(count)b)
    ON CONFLICT (cell) DO UPDATE SET next_number = c.next_number + %(count)b
RETURNING next_number - %(count)b

-- first_entries --
-- How orders began: the first journal row of each.
SELECT order_id, body, hash
  FROM journal
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])
   AND seq = 1
