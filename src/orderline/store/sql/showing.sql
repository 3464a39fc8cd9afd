-- find_orders --
-- Orders by number, id or external id; more than one when channels use the same external id. All by index.
SELECT id
  FROM orders
 WHERE cell = %(cell)s
   AND (number = %(number)s OR id = %(id)s)
 UNION
SELECT o.id
  FROM settings AS s
  JOIN orders AS o ON o.cell = %(cell)s AND o.channel = s.code AND o.external_id = %(external_id)s
 WHERE s.cell = %(cell)s
   AND s.kind = 'channel'
ORDER BY id DESC
 LIMIT 20

-- order_version --
-- How often one order has changed.
SELECT version
  FROM orders
 WHERE cell = %(cell)s
   AND id = %(order)s

-- order_state --
-- The document of one order.
SELECT state
  FROM orders
 WHERE cell = %(cell)s
   AND id = %(order)s

-- order_people --
-- The people of one order.
SELECT token, name, email, phone, address
  FROM people
 WHERE cell = %(cell)s
   AND token = ANY(%(tokens)s::uuid[])

-- order_journal --
-- What has happened to one order, in order.
SELECT body
  FROM journal
 WHERE cell = %(cell)s
   AND order_id = %(order)s
ORDER BY seq
