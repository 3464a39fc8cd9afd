-- list_open_payments --
-- Orders whose next step is about money, the most urgent first.
SELECT id, number, next_step, owner, due_at, currency, state
  FROM orders
 WHERE cell = %(cell)b
   AND due_at IS NOT NULL
   AND next_step = ANY(%(steps)b::text[])
   AND (%(owner)b::text IS NULL OR owner = %(owner)b::text)
 ORDER BY due_at, id
 LIMIT %(most)b
