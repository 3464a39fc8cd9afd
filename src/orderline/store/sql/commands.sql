-- find_answers --
-- What was answered to commands of these keys before.
SELECT key, hash, answer
  FROM commands
 WHERE cell = %(cell)b
   AND key = ANY(%(keys)b::text[])

-- save_answers --
-- Keep the answers of a batch behind their keys.
INSERT INTO commands (cell, key, hash, answered_at, answer)
SELECT %(cell)b, t.key, t.hash, %(now)b, t.answer
  FROM unnest(%(keys)b::text[], %(hashes)b::bytea[], %(answers)b::text[]) AS t (key, hash, answer)

-- forget_answers --
-- Let go of answers older than anybody would ask for again, some at a time.
DELETE FROM commands
 WHERE cell = %(cell)b
   AND key IN (SELECT key
                 FROM commands
                WHERE cell = %(cell)b
                  AND answered_at < %(before)b
                LIMIT %(most)b)
