-- customer_of --
-- Who ordered: what is known of the customer of an order.
SELECT p.token, p.name, p.email, p.phone, p.address
  FROM orders AS o
  JOIN people AS p
    ON p.cell = %(cell)b
   AND p.token = o.person
 WHERE o.cell = %(cell)b
   AND o.id = %(order)b

-- alike_customers --
-- Other orders whose customer has the same email or name, or which are recognized by the same; with who ordered, and whether it
-- was the same card. Those of the newest come first.
  WITH found AS (
       SELECT p.order_id
         FROM people AS p
        WHERE p.cell = %(cell)b
          AND p.email <> ''
          AND lower(p.email) = lower(%(email)b)
        UNION
       SELECT p.order_id
         FROM people AS p
        WHERE p.cell = %(cell)b
          AND p.name <> ''
          AND lower(p.name) = lower(%(called)b)
        UNION
       SELECT r.order_id
         FROM traces AS t
         JOIN traces AS r
           ON r.cell = %(cell)b
          AND r.kind = t.kind
          AND r.digest = t.digest
        WHERE t.cell = %(cell)b
          AND t.order_id = %(order)b
          AND t.kind <> 'goods'
       ),
       newest AS (
       SELECT order_id
         FROM found
        WHERE order_id <> %(order)b
        ORDER BY order_id DESC
        LIMIT %(most)b
       )
SELECT o.id, o.number, o.channel, o.placed_at, p.token, p.name, p.email, p.phone, p.address,
       EXISTS (SELECT 1
                 FROM traces AS t
                 JOIN traces AS r
                   ON r.cell = %(cell)b
                  AND r.kind = t.kind
                  AND r.digest = t.digest
                  AND r.order_id = o.id
                WHERE t.cell = %(cell)b
                  AND t.order_id = %(order)b
                  AND t.kind = 'card')
  FROM newest AS n
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = n.order_id
  JOIN people AS p
    ON p.cell = %(cell)b
   AND p.token = o.person
 ORDER BY o.id DESC
