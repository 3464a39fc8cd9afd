-- insert_fields --
-- Custom fields that orders are found by.
INSERT INTO order_fields (cell, order_id, name, value)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(name)b::text[], %(value)b::text[]) AS t

-- delete_fields --
-- All custom fields of orders that have others now.
DELETE FROM order_fields
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])
