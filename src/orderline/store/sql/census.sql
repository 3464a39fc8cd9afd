-- phases --
-- Orders by phase.
SELECT phase, count(*)
  FROM orders
 WHERE cell = %(cell)s
GROUP BY phase

-- due_jobs --
-- Jobs by kind that are due within a minute; without those that were looked at and wait for something else.
SELECT kind, count(*)
  FROM outbox
 WHERE cell = %(cell)s
   AND state = 'queued'
   AND due_at < now() + interval '1 minute'
   AND (last_error IS NULL OR attempts > 0)
GROUP BY kind

-- dead_jobs --
-- How many jobs have failed for good.
SELECT count(*)
  FROM outbox
 WHERE cell = %(cell)s
   AND state = 'dead'

-- recent --
-- What has happened last.
SELECT o.number, o.currency, j.body
  FROM (SELECT order_id, position, seq, body
          FROM journal
         WHERE cell = %(cell)s
      ORDER BY position DESC, order_id DESC, seq DESC
         LIMIT %(most)s) AS j
  JOIN orders AS o ON o.cell = %(cell)s AND o.id = j.order_id
ORDER BY j.position DESC, j.order_id DESC, j.seq DESC

-- page --
-- Orders after an id.
SELECT id, state
  FROM orders
 WHERE cell = %(cell)s
   AND id > %(after)s::uuid
ORDER BY id
 LIMIT %(most)s
