-- find_codes --
-- Orders by what they are called: number, external id, tracking number.
SELECT id
  FROM orders
 WHERE cell = %(cell)b
   AND number = ANY(%(numbers)b::text[])
 UNION
SELECT o.id
  FROM unnest(%(known_channels)b::text[]) AS c (channel)
 CROSS JOIN unnest(%(external_ids)b::text[]) AS e (external_id)
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.channel = c.channel
   AND o.external_id = e.external_id
 UNION
(SELECT order_id
   FROM parcels
  WHERE cell = %(cell)b
    AND tracking_number <> ''
    AND tracking_number = ANY(%(tracking)b::text[])
  LIMIT %(scan)b)

-- find_newest_number --
-- The digits of the newest order's number.
SELECT substr(number, 4)
  FROM orders
 WHERE cell = %(cell)b
   AND number ~ '^SO-[0-9]{1,18}$'
 ORDER BY id DESC
 LIMIT 1

-- find_by_email --
-- Orders of people whose email address begins so, in no order.
SELECT order_id
  FROM people
 WHERE cell = %(cell)b
   AND email <> ''
   AND lower(email) ~>=~ %(low)b
   AND lower(email) ~<=~ %(high)b
 LIMIT %(scan)b

-- find_by_name --
-- Orders of people whose name begins so, in no order.
SELECT order_id
  FROM people
 WHERE cell = %(cell)b
   AND name <> ''
   AND lower(name) ~>=~ %(low)b
   AND lower(name) ~<=~ %(high)b
 LIMIT %(scan)b

-- find_newest_people --
-- The newest people, to be searched for what too many have in common.
SELECT order_id,
       coalesce(lower(email) ~>=~ %(email_low)b::text AND lower(email) ~<=~ %(email_high)b::text, false)
       OR coalesce(lower(name) ~>=~ %(name_low)b::text AND lower(name) ~<=~ %(name_high)b::text, false) AS found
  FROM people
 WHERE cell = %(cell)b
   AND token < %(after)b
 ORDER BY token DESC
 LIMIT %(scan)b

-- find_by_sku --
-- The newest orders with a line of a SKU.
SELECT DISTINCT order_id
  FROM order_lines
 WHERE cell = %(cell)b
   AND sku = %(sku)b
   AND order_id < %(after)b
 ORDER BY order_id DESC
 LIMIT %(scan)b
