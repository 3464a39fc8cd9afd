-- load_import --
-- How far an import is, and when that was said.
SELECT body, updated_at
  FROM imports
 WHERE cell = %(cell)s
   AND id = %(id)s

-- begin_import --
-- Make an import one's own, whoever had it before.
INSERT INTO imports (cell, id, updated_at, body)
VALUES (%(cell)s, %(id)s, %(now)s, %(body)s)
    ON CONFLICT (cell, id) DO UPDATE SET updated_at = %(now)s, body = %(body)s

-- save_import --
-- How far an import is, if nobody else has made it his own meanwhile.
UPDATE imports
   SET updated_at = %(now)s,
       body = %(body)s
 WHERE cell = %(cell)s
   AND id = %(id)s
   AND updated_at = %(before)s
RETURNING id

-- known_orders --
-- Which of these orders are there already?
SELECT o.channel, o.external_id
  FROM unnest(%(channels)s::text[], %(external_ids)s::text[]) AS t (channel, external_id)
  JOIN orders AS o
    ON o.cell = %(cell)s
   AND o.channel = t.channel
   AND o.external_id = t.external_id

-- known_skus --
-- Which of these SKUs are there already?
SELECT code
  FROM skus
 WHERE cell = %(cell)s
   AND code = ANY(%(codes)s::text[])

-- exported_orders --
-- The next orders of an export, by their ids, which grow with time.
SELECT o.id, o.state
  FROM orders AS o
 WHERE o.cell = %(cell)s
   AND o.id > %(after)s
   AND (%(channel)s::text IS NULL OR o.channel = %(channel)s)
   AND (%(phase)s::text IS NULL OR o.phase = %(phase)s)
   AND (%(placed_from)s::timestamptz IS NULL OR o.placed_at >= %(placed_from)s)
   AND (%(placed_before)s::timestamptz IS NULL OR o.placed_at < %(placed_before)s)
 ORDER BY o.id
 LIMIT %(most)s

-- exported_people --
-- Personal data behind its tokens.
SELECT p.token, p.name, p.email, p.phone, p.address
  FROM people AS p
 WHERE p.cell = %(cell)s
   AND p.token = ANY(%(tokens)s::uuid[])
