-- lock_people --
-- The people of an order, so that nobody erases them, and nobody else keeps a photo of it, meanwhile. Their tokens stand
-- between two: they are made from the id of the order.
SELECT erased_at IS NOT NULL
  FROM people
 WHERE cell = %(cell)b
   AND token BETWEEN %(low)b AND %(high)b
   AND order_id = %(order_id)b
 ORDER BY token
   FOR NO KEY UPDATE

-- keep_photo --
-- A photo of an order, once, while there is room; whether it is there, and how many there were.
WITH there AS (
    SELECT count(*) AS photos,
           count(*) FILTER (WHERE sha256 = %(sha256)b) AS same
      FROM photos
     WHERE cell = %(cell)b
       AND order_id = %(order_id)b
), kept AS (
    INSERT INTO photos (cell, order_id, sha256, media, kept_at, kept_by, content)
    SELECT %(cell)b, %(order_id)b, %(sha256)b, %(media)b, %(now)b, %(by)b, %(content)b
      FROM there
     WHERE there.photos < %(most)b
        ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT there.same > 0 OR EXISTS (SELECT FROM kept),
       there.photos
  FROM there

-- photo --
-- A photo of an order by its digest.
SELECT media, content
  FROM photos
 WHERE cell = %(cell)b
   AND order_id = %(order_id)b
   AND sha256 = %(sha256)b

-- photos_of --
-- The photos of an order, the oldest first.
SELECT sha256, media, octet_length(content), kept_at, kept_by
  FROM photos
 WHERE cell = %(cell)b
   AND order_id = %(order_id)b
 ORDER BY kept_at, sha256

-- erase_photos --
-- The photos of the orders of people.
DELETE FROM photos AS f
 USING people AS p
 WHERE p.cell = %(cell)b
   AND p.token = ANY(%(tokens)b::uuid[])
   AND f.cell = %(cell)b
   AND f.order_id = p.order_id

-- photos_are_sound --
-- Each photo is what its digest says, and of an order that exists and of which nobody was erased.
WITH erased AS (
    SELECT DISTINCT order_id
      FROM people
     WHERE cell = %(cell)s
       AND erased_at IS NOT NULL
), compared AS (
    SELECT coalesce(o.number, f.order_id::text) || ', photo ' || left(encode(f.sha256, 'hex'), 12) AS key,
           CASE WHEN f.sha256 <> sha256(f.content) THEN 'is not what was kept'
                WHEN o.id IS NULL THEN 'is of no order'
                WHEN e.order_id IS NOT NULL THEN 'is kept though somebody was erased'
            END AS fault
      FROM photos AS f
      LEFT JOIN orders AS o
        ON o.cell = %(cell)s
       AND o.id = f.order_id
      LEFT JOIN erased AS e
        ON e.order_id = f.order_id
     WHERE f.cell = %(cell)s
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
