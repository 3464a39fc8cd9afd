-- last_orders --
-- The newest order with each SKU, for what it was sold for.
SELECT t.sku, o.state
  FROM unnest(%(skus)b::text[]) AS t (sku)
 CROSS JOIN LATERAL (SELECT order_id
                       FROM order_lines
                      WHERE cell = %(cell)b
                        AND sku = t.sku
                      ORDER BY order_id DESC
                      LIMIT 1) AS l
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = l.order_id
