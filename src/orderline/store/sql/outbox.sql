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

-- claim_jobs --
-- Lease due jobs, the oldest of each stream only, so that a stream's jobs run one after the other.
WITH due AS (
    SELECT o.id
      FROM outbox AS o
     WHERE o.cell = %(cell)b
       AND o.state = 'queued'
       AND o.due_at <= %(now)b
       AND (o.leased_to IS NULL OR o.leased_to < %(now)b)
       AND NOT EXISTS (SELECT
                         FROM outbox AS earlier
                        WHERE earlier.cell = %(cell)b
                          AND earlier.stream = o.stream
                          AND earlier.id < o.id
                          AND earlier.state = 'queued'
                          AND earlier.due_at <= %(now)b)
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

-- retry_jobs --
-- Jobs that met trouble: due again later, or given up.
UPDATE outbox AS o
   SET due_at = t.due_at,
       state = t.state,
       last_error = t.error,
       leased_by = NULL,
       leased_to = NULL
  FROM unnest(%(ids)b::uuid[], %(due_at)b::timestamptz[], %(states)b::text[], %(errors)b::text[])
       AS t (id, due_at, state, error)
 WHERE o.cell = %(cell)b
   AND o.id = t.id
   AND o.leased_by = %(holder)b

-- next_due --
-- When the next job is due.
SELECT min(due_at)
  FROM outbox
 WHERE cell = %(cell)b
   AND state = 'queued'
   AND (leased_to IS NULL OR leased_to < %(now)b)

-- dead_letters --
-- Jobs that have failed their last attempt and wait for a person.
SELECT id, stream, kind, body, attempts, created_at, due_at, last_error
  FROM outbox
 WHERE cell = %(cell)b
   AND state = 'dead'
   AND id > %(after)b
 ORDER BY id
 LIMIT %(most)b

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

-- wake_jobs --
-- Have waiting jobs of a kind tried now.
UPDATE outbox
   SET due_at = %(now)b
 WHERE cell = %(cell)b
   AND state = 'queued'
   AND kind = %(kind)b
   AND due_at > %(now)b
   AND leased_to IS NULL

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

-- take_in --
-- Partners' facts that are new; those taken in before are not returned.
INSERT INTO inbox (cell, partner, event_id, received_at, state, body, reason)
SELECT %(cell)b, t.partner, t.event_id, %(now)b, t.state, t.body, t.reason
  FROM unnest(%(partner)b::text[], %(event_id)b::text[], %(state)b::text[], %(body)b::text[], %(reason)b::text[])
       AS t (partner, event_id, state, body, reason)
    ON CONFLICT DO NOTHING
RETURNING partner, event_id

-- known_facts --
-- Which of these facts were taken in before?
SELECT i.partner, i.event_id
  FROM unnest(%(partners)b::text[], %(event_ids)b::text[]) AS t (partner, event_id)
  JOIN inbox AS i
    ON i.cell = %(cell)b
   AND i.partner = t.partner
   AND i.event_id = t.event_id
