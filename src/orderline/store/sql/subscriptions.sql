-- active_subscriptions --
-- Who wants to be told of which events.
SELECT id, events
  FROM subscriptions
 WHERE cell = %(cell)b
   AND active
 ORDER BY id

-- load_subscriptions --
-- Where subscribers are told, and the secret their calls are signed with.
SELECT id, url, secret, active
  FROM subscriptions
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- list_subscriptions --
-- All subscriptions.
SELECT id, url, events, created_at, active
  FROM subscriptions
 WHERE cell = %(cell)b
 ORDER BY id

-- add_subscription --
-- Somebody wants to be told of events.
INSERT INTO subscriptions (cell, id, url, secret, events, created_at)
VALUES (%(cell)b, %(id)b, %(url)b, %(secret)b, %(events)b, %(now)b)
    ON CONFLICT DO NOTHING

-- end_subscription --
-- Somebody does not want to be told any more.
UPDATE subscriptions
   SET active = false
 WHERE cell = %(cell)b
   AND id = %(id)b
   AND active
RETURNING id

-- load_entries --
-- Journal entries by order and sequence.
SELECT j.order_id, j.seq, j.recorded_at, j.body
  FROM unnest(%(orders)b::uuid[], %(seqs)b::int[]) AS t (order_id, seq)
  JOIN journal AS j
    ON j.cell = %(cell)b
   AND j.order_id = t.order_id
   AND j.seq = t.seq

-- entries_between --
-- Journal entries of a range of time or of positions, a page at a time.
SELECT j.order_id, j.seq, j.position, j.body
  FROM journal AS j
 WHERE j.cell = %(cell)b
   AND (%(from_position)b::bigint IS NULL OR j.position >= %(from_position)b)
   AND (%(to_position)b::bigint IS NULL OR j.position <= %(to_position)b)
   AND (%(from_time)b::timestamptz IS NULL OR j.recorded_at >= %(from_time)b)
   AND (%(to_time)b::timestamptz IS NULL OR j.recorded_at < %(to_time)b)
   AND (j.position, j.order_id, j.seq) > (%(after_position)b, %(after_order)b, %(after_seq)b)
 ORDER BY j.position, j.order_id, j.seq
 LIMIT %(most)b
