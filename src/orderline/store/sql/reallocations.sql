-- givers --
-- The newest orders among the last so many with a SKU that have units of it claimed or allocated.
SELECT o.id, o.state
  FROM (SELECT DISTINCT t.order_id
          FROM (SELECT order_id, pooled, allocated
                  FROM order_lines
                 WHERE cell = %(cell)b
                   AND sku = %(sku)b
                 ORDER BY order_id DESC
                 LIMIT %(scan)b) AS t
         WHERE t.pooled + t.allocated > 0) AS g
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = g.order_id
 ORDER BY o.id DESC
 LIMIT %(most)b
