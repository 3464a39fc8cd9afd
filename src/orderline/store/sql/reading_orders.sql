-- read_orders --
-- Orders as they are, by id or by number.
SELECT id, number, version, channel, state
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])
 UNION ALL
SELECT id, number, version, channel, state
  FROM orders
 WHERE cell = %(cell)b
   AND number = ANY(%(numbers)b::text[])

-- read_people --
-- Personal data behind tokens.
SELECT token, name, email, phone, address, erased_at
  FROM people
 WHERE cell = %(cell)b
   AND token = ANY(%(tokens)b::uuid[])

-- read_entries --
-- The journal of orders; nothing was recorded before the first of them was accepted.
SELECT order_id, seq, body
  FROM journal
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])
   AND recorded_at >= %(since)b

-- read_decisions --
-- Decisions made for orders, oldest first.
SELECT order_id, body
  FROM decisions
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])
   AND decided_at >= %(since)b
 ORDER BY order_id, decided_at, id
