-- last_check --
-- How far a provider has been compared.
SELECT checked_to, position
  FROM payment_checks
 WHERE cell = %(cell)b
   AND provider = %(provider)b

-- position_now --
-- Entries up to here are there to be read.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint

-- save_check --
-- A provider has been compared so far.
INSERT INTO payment_checks AS c (cell, provider, checked_to, position)
VALUES (%(cell)b, %(provider)b, %(checked_to)b, %(position)b)
    ON CONFLICT (cell, provider) DO UPDATE
   SET checked_to = excluded.checked_to,
       position = excluded.position

-- answers_between --
-- Journal entries with answers of payment providers, in a range of positions.
SELECT order_id, body
  FROM journal
 WHERE cell = %(cell)b
   AND position >= %(since)b
   AND position < %(until)b
   AND body LIKE '%%"payment_answered"%%'
 ORDER BY position, order_id, seq

-- save_differences --
-- What was found, once.
INSERT INTO payment_differences (cell, provider, event_id, kind, order_id, reference, operation, amount, currency, next_step,
                                 occurred_at, found_at)
SELECT %(cell)b, t.*, %(now)b
  FROM unnest(%(provider)b::text[], %(event_id)b::text[], %(kind)b::text[], %(order_id)b::uuid[], %(reference)b::text[],
              %(operation)b::text[], %(amount)b::bigint[], %(currency)b::text[], %(next_step)b::text[],
              %(occurred_at)b::timestamptz[]) AS t
    ON CONFLICT (cell, provider, event_id) DO NOTHING

-- list_differences --
-- Differences, the oldest first.
SELECT provider, event_id, kind, order_id, reference, operation, amount, currency, next_step, occurred_at, found_at,
       settled_at, settled_by, note
  FROM payment_differences
 WHERE cell = %(cell)b
   AND (%(open)b::boolean IS NULL OR (settled_at IS NULL) = %(open)b)
 ORDER BY found_at, provider, event_id
 LIMIT %(most)b

-- difference --
-- One difference.
SELECT provider, event_id, kind, order_id, reference, operation, amount, currency, next_step, occurred_at, found_at,
       settled_at, settled_by, note
  FROM payment_differences
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND event_id = %(event_id)b

-- settle_difference --
-- Somebody has looked at a difference.
UPDATE payment_differences
   SET settled_at = coalesce(settled_at, %(now)b),
       settled_by = CASE WHEN settled_at IS NULL THEN %(by)b ELSE settled_by END,
       note = CASE WHEN settled_at IS NULL THEN %(note)b ELSE note END
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND event_id = %(event_id)b
RETURNING provider, event_id, kind, order_id, reference, operation, amount, currency, next_step, occurred_at, found_at,
          settled_at, settled_by, note
