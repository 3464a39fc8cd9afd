-- decisions_by_id --
-- Decision requests.
SELECT id, body
  FROM records
 WHERE cell = %(cell)s
   AND kind = 'decision'
   AND id = ANY(%(ids)s::text[])

-- decisions --
-- Decision requests by id, of some states, queues, channels or put to a location where those are given.
SELECT body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'decision'
   AND id > %(after)b
   AND (%(states)b::text[] IS NULL OR state = ANY(%(states)b))
   AND (%(owners)b::text[] IS NULL OR owner = ANY(%(owners)b))
   AND (%(channels)b::text[] IS NULL OR subject = ANY(%(channels)b))
   AND (%(location)b::text IS NULL OR body::json ->> 'at' = %(location)b)
   AND (NOT %(swap)b OR body LIKE '%%"code":"swap:%%')
 ORDER BY id
 LIMIT %(most)b

-- queues --
-- How many decision requests stand in each queue, how many are past their time, and when the next is due.
SELECT owner, state, count(*), count(*) FILTER (WHERE due_at <= %(now)b), min(due_at)
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'decision'
   AND state IN ('drafted', 'sent')
   AND (%(channels)b::text[] IS NULL OR subject = ANY(%(channels)b))
 GROUP BY owner, state
 ORDER BY owner, state

-- open_decisions --
-- Decision requests that are open, and whether a timer stands behind those that were sent.
SELECT r.id, r.body::jsonb ->> 'order', r.state,
       r.state <> 'sent' OR EXISTS (SELECT
                                      FROM outbox AS j
                                     WHERE j.cell = %(cell)s
                                       AND j.kind = 'decision_due'
                                       AND j.stream = concat_ws(' ', r.body::jsonb ->> 'order', 'decision_due', r.id,
                                                                r.body::jsonb ->> 'sendings'))
  FROM records AS r
 WHERE r.cell = %(cell)s
   AND r.kind = 'decision'
   AND r.state IN ('drafted', 'sent')
