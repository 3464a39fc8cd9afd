-- outbox --
-- How many jobs wait, by kind and state, and for how long the oldest has been due.
SELECT kind, state, count(*), greatest(extract(epoch FROM now() - min(due_at)), 0)::float8
  FROM outbox
 WHERE cell = %(cell)s
 GROUP BY kind, state
 ORDER BY kind, state
