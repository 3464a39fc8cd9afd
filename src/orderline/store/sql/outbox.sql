-- save_jobs --
-- The jobs that a batch's facts lead to.
INSERT INTO outbox (cell, id, stream, kind, body, due_at, created_at)
SELECT %(cell)b, t.id, t.stream, t.kind, t.body, t.due_at, %(now)b
  FROM unnest(%(id)b::uuid[], %(stream)b::text[], %(kind)b::text[], %(body)b::text[], %(due_at)b::timestamptz[])
       AS t (id, stream, kind, body, due_at)

-- finish_jobs --
-- Jobs whose effect this transaction brings; gone, so that they have it once.
DELETE FROM outbox
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- lock_jobs --
-- Which of these jobs are still to be done? Locked, so that each is done once.
SELECT id
  FROM outbox
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])
ORDER BY id
   FOR UPDATE

-- lock_unsent --
-- Payment requests of orders that nobody has begun to send, locked so that nobody does.
SELECT id, body::json ->> 'key'
  FROM outbox
 WHERE cell = %(cell)b
   AND stream = ANY(%(streams)b::text[])
   AND kind = 'pay'
   AND state = 'queued'
   AND attempts = 0
   AND leased_to IS NULL
   FOR UPDATE SKIP LOCKED

-- lightly --
-- What this transaction does may be lost in a crash, and is then done again.
SET LOCAL synchronous_commit = off

-- claim_jobs --
-- Lease due jobs of kinds that this release knows. Of one order, jobs of one kind go one after the other; what asks a
-- partner for the same thing, or about the same money, also waits for an earlier job that is to be tried again. Labels,
-- pushes and the like are free.
WITH due AS (
    SELECT o.id
      FROM outbox AS o
     WHERE o.cell = %(cell)b
       AND o.state = 'queued'
       AND o.due_at <= %(now)b
       AND (o.leased_to IS NULL OR o.leased_to < %(now)b)
       AND o.kind = ANY(%(kinds)b::text[])
       AND (o.kind = ANY(%(free)b::text[])
            OR NOT EXISTS (SELECT
                             FROM outbox AS earlier
                            WHERE earlier.cell = %(cell)b
                              AND earlier.stream = o.stream
                              AND earlier.id < o.id
                              AND earlier.state = 'queued'
                              AND CASE WHEN o.kind IN ('submit', 'request_cancel')
                                       THEN earlier.kind IN ('submit', 'request_cancel')
                                            AND earlier.body = o.body
                                            AND (earlier.due_at <= %(now)b OR earlier.attempts > 0)
                                       WHEN o.kind IN ('pay', 'ask_payment')
                                       THEN earlier.kind IN ('pay', 'ask_payment')
                                            AND (earlier.due_at <= %(now)b OR earlier.attempts > 0)
                                       ELSE earlier.kind = o.kind AND earlier.due_at <= %(now)b
                                  END))
     ORDER BY o.due_at, o.id
     LIMIT %(most)b
       FOR UPDATE OF o SKIP LOCKED
)
UPDATE outbox AS o
   SET leased_by = %(holder)b,
       leased_to = %(until)b,
       attempts = o.attempts + 1
  FROM due
 WHERE o.cell = %(cell)b
   AND o.id = due.id
RETURNING o.id, o.stream, o.kind, o.body, o.attempts, o.created_at

-- extend_leases --
-- Keep jobs that are being done; whoever has lost one to another does not get it back.
WITH held AS (
    SELECT o.id
      FROM outbox AS o
     WHERE o.cell = %(cell)b
       AND o.id = ANY(%(ids)b::uuid[])
       AND o.leased_by = %(holder)b
  ORDER BY o.id
       FOR UPDATE SKIP LOCKED
)
UPDATE outbox AS o
   SET leased_to = %(until)b
  FROM held
 WHERE o.cell = %(cell)b
   AND o.id = held.id

-- retry_jobs --
-- Jobs that met trouble or wait for something: due again later, or given up. `attempts` 0 when it was no failure.
UPDATE outbox AS o
   SET due_at = t.due_at,
       state = t.state,
       attempts = t.attempts,
       last_error = t.error,
       leased_by = NULL,
       leased_to = NULL
  FROM unnest(%(id)b::uuid[], %(due_at)b::timestamptz[], %(state)b::text[], %(attempts)b::int[], %(error)b::text[])
       AS t (id, due_at, state, attempts, error)
 WHERE o.cell = %(cell)b
   AND o.id = t.id
   AND o.leased_by = %(holder)b

-- release_jobs --
-- Jobs that were claimed and not begun: free for everybody again.
UPDATE outbox AS o
   SET leased_by = NULL,
       leased_to = NULL,
       attempts = greatest(0, o.attempts - 1)
 WHERE o.cell = %(cell)b
   AND o.id = ANY(%(ids)b::uuid[])
   AND o.leased_by = %(holder)b

-- dead_letters --
-- Jobs that have failed their last attempt and wait for a person.
SELECT j.id, j.stream, j.kind, j.body, j.attempts, j.created_at, j.due_at, j.last_error, coalesce(o.number, '')
  FROM outbox AS j
  LEFT JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = CASE WHEN j.stream ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' THEN left(j.stream, 36)::uuid END
 WHERE j.cell = %(cell)b
   AND j.state = 'dead'
   AND j.id > %(after)b
   AND (%(kind)b::text = '' OR j.kind = %(kind)b)
 ORDER BY j.id
 LIMIT %(most)b

-- dead_among --
-- Those of the jobs that are dead letters.
SELECT id
  FROM outbox
 WHERE cell = %(cell)b
   AND state = 'dead'
   AND id = ANY(%(ids)b::uuid[])

-- requeue_dead --
-- Try dead letters again.
UPDATE outbox
   SET state = 'queued',
       attempts = 0,
       due_at = %(now)b,
       last_error = NULL
 WHERE cell = %(cell)b
   AND state = 'dead'
   AND id = ANY(%(ids)b::uuid[])
RETURNING id

-- drop_dead --
-- Give dead letters up for good.
DELETE FROM outbox
 WHERE cell = %(cell)b
   AND state = 'dead'
   AND id = ANY(%(ids)b::uuid[])
RETURNING id

-- wake_routes --
-- Have orders routed now that wait with claims on any of these SKUs.
UPDATE outbox AS o
   SET due_at = %(now)b
 WHERE o.cell = %(cell)b
   AND o.state = 'queued'
   AND o.last_error IS NOT NULL
   AND o.kind = 'route'
   AND o.due_at > %(now)b
   AND o.leased_to IS NULL
   AND EXISTS (SELECT
                 FROM order_lines AS l
                WHERE l.cell = %(cell)b
                  AND l.order_id = o.stream::uuid
                  AND l.sku = ANY(%(skus)b::text[])
                  AND l.pooled > 0)
RETURNING o.id

-- count_jobs --
-- How much waits, how much is due, how much is dead, and since when.
SELECT kind,
       count(*) FILTER (WHERE state = 'queued' AND due_at <= %(now)b) AS due,
       count(*) FILTER (WHERE state = 'queued' AND due_at > %(now)b) AS later,
       count(*) FILTER (WHERE state = 'dead') AS dead,
       min(created_at) FILTER (WHERE state = 'queued' AND due_at <= %(now)b) AS oldest
  FROM outbox
 WHERE cell = %(cell)b
 GROUP BY kind
 ORDER BY kind
