-- load_people --
-- Who is behind tokens: for labels and messages, never for the journal.
SELECT token, name, email, phone, address
  FROM people
 WHERE cell = %(cell)b
   AND token = ANY(%(tokens)b::uuid[])

-- load_customers --
-- Whom messages about orders go to. Each person is looked up: joined, all people are read while their table is young.
SELECT o.id, o.number, p.name, p.email, o.channel
  FROM orders AS o
 CROSS JOIN LATERAL (
       SELECT name, email
         FROM people
        WHERE cell = %(cell)b
          AND token = o.person
        LIMIT 1
       ) AS p
 WHERE o.cell = %(cell)b
   AND o.id = ANY(%(ids)b::uuid[])

-- orders_by_email --
-- Orders with the people of them who have an email address, whatever its case; `customer`: is it who ordered?
SELECT p.order_id, p.token, o.person = p.token, o.number
  FROM people AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
 WHERE p.cell = %(cell)b
   AND p.email <> ''
   AND lower(p.email) = lower(%(email)b)
   AND p.order_id > %(after)b
 ORDER BY p.order_id, p.token
 LIMIT %(most)b

-- erase_people --
-- Nothing is known of people any more but that there were some.
UPDATE people
   SET name = '',
       email = '',
       phone = '',
       address = NULL,
       erased_at = %(now)b
 WHERE cell = %(cell)b
   AND token = ANY(%(tokens)b::uuid[])

-- erase_documents --
-- The labels of the orders of people.
DELETE FROM label_documents AS d
 USING people AS p
 WHERE p.cell = %(cell)b
   AND p.token = ANY(%(tokens)b::uuid[])
   AND d.cell = %(cell)b
   AND d.order_id = p.order_id

-- customer_links_by_id --
-- Links for customers.
SELECT id, body
  FROM records
 WHERE cell = %(cell)s
   AND kind = 'customer_link'
   AND id = ANY(%(ids)s::text[])
