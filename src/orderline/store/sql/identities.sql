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

-- identities_are_their_members --
-- Each order of a merged identity exists and belongs to it, and what belongs to an identity is one of its orders.
WITH merged AS (
    SELECT i.id AS identity, named.id AS order_id
      FROM records AS i
     CROSS JOIN LATERAL jsonb_array_elements_text(i.body::jsonb -> 'orders') AS named (id)
     WHERE i.cell = %(cell)s
       AND i.kind = 'identity'
       AND i.state = 'merged'
), members AS (
    SELECT m.id AS order_id, m.body::jsonb ->> 'identity' AS identity
      FROM records AS m
     WHERE m.cell = %(cell)s
       AND m.kind = 'identity_member'
       AND m.state = 'merged'
), compared AS (
    SELECT coalesce(merged.order_id, members.order_id) AS key,
           CASE WHEN members.identity IS NULL THEN 'does not belong to the identity ' || merged.identity
                WHEN merged.identity IS NULL THEN 'belongs to the identity ' || members.identity || ' without being one of its orders'
                WHEN o.id IS NULL THEN 'does not exist, and belongs to the identity ' || merged.identity
            END AS fault
      FROM merged
      FULL JOIN members
        ON members.order_id = merged.order_id
       AND members.identity = merged.identity
      LEFT JOIN orders AS o
        ON o.cell = %(cell)s
       AND o.id = coalesce(merged.order_id, members.order_id)::uuid
)
SELECT count(*),
       count(fault),
       (array_agg('order ' || key || ' ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
