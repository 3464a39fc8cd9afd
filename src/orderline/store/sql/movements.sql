-- movements --
-- Movements before a place, the last first: of so many as are looked at, those that fit, and the last that was looked at.
SELECT t.walk, m.*
  FROM (VALUES (1)) AS t (walk)
 CROSS JOIN LATERAL (
       SELECT *
         FROM (SELECT /* moved() */
                 FROM (SELECT *
                         FROM stock_entries
                        WHERE cell = %(cell)b
                          AND quantity > 0
                          AND /* moved_before() */
                        ORDER BY recorded_at DESC, id DESC
                        LIMIT %(look)b) AS e) AS looked
        WHERE fits OR n = %(look)b
        ORDER BY n
        LIMIT %(most)b) AS m

-- movements_at --
-- As `movements`, of each location.
SELECT t.walk, m.*
  FROM unnest(%(locations)b::text[]) AS t (walk)
 CROSS JOIN LATERAL (
       SELECT *
         FROM (SELECT /* moved() */
                 FROM (SELECT *
                         FROM stock_entries
                        WHERE cell = %(cell)b
                          AND location = t.walk
                          AND quantity <> 0
                          AND /* moved_before() */
                        ORDER BY recorded_at DESC, id DESC
                        LIMIT %(look)b) AS e) AS looked
        WHERE fits OR n = %(look)b
        ORDER BY n
        LIMIT %(most)b) AS m

-- movements_by_kind --
-- As `movements`, of each kind, but of orders.
SELECT t.walk, m.*
  FROM unnest(%(kinds)b::text[]) AS t (walk)
 CROSS JOIN LATERAL (
       SELECT *
         FROM (SELECT /* moved() */
                 FROM (SELECT *
                         FROM stock_entries
                        WHERE cell = %(cell)b
                          AND split_part(cause, ':', 1) = t.walk
                          AND split_part(cause, ':', 1) <> 'order'
                          AND /* moved_before() */
                        ORDER BY recorded_at DESC, id DESC
                        LIMIT %(look)b) AS e) AS looked
        WHERE fits OR n = %(look)b
        ORDER BY n
        LIMIT %(most)b) AS m

-- movements_of --
-- As `movements`, of each shelf of a SKU.
SELECT t.walk, m.*
  FROM (SELECT location AS walk
          FROM stock
         WHERE cell = %(cell)b
           AND sku = %(sku)b
           AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))) AS t
 CROSS JOIN LATERAL (
       SELECT *
         FROM (SELECT /* moved() */
                 FROM (SELECT *
                         FROM stock_entries
                        WHERE cell = %(cell)b
                          AND sku = %(sku)b
                          AND location = t.walk
                          AND /* moved_before() */
                        ORDER BY recorded_at DESC, id DESC
                        LIMIT %(look)b) AS e) AS looked
        WHERE fits OR n = %(look)b
        ORDER BY n
        LIMIT %(most)b) AS m
