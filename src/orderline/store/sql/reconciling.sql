-- save_references --
-- Names of payments at their providers; one that is held anew may have another.
INSERT INTO payment_references (cell, order_id, tender, provider, reference)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(tender)b::int[], %(provider)b::text[], %(reference)b::text[]) AS t
    ON CONFLICT (cell, order_id, tender) DO UPDATE
   SET reference = excluded.reference

-- locate_payments --
-- The orders of payments, by their names at the provider.
SELECT DISTINCT r.provider, r.reference, r.order_id
  FROM unnest(%(providers)b::text[], %(references)b::text[]) AS t (provider, reference)
  JOIN payment_references AS r
    ON r.cell = %(cell)b
   AND r.reference = t.reference
   AND r.provider = t.provider
 ORDER BY r.provider, r.reference, r.order_id

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

-- tenders_between --
-- Journal entries with tenders that came with the name of a payment, in a range of positions.
SELECT order_id, body
  FROM journal
 WHERE cell = %(cell)b
   AND position >= %(since)b
   AND position < %(until)b
   AND (body LIKE '%%"order_placed"%%' OR body LIKE '%%"tender_added"%%')
   AND body LIKE '%%"reference":"%%'
 ORDER BY position, order_id, seq

-- save_differences --
-- What was found, once.
INSERT INTO payment_differences (cell, provider, event_id, kind, order_id, reference, operation, amount, currency, next_step,
                                 occurred_at, payment, found_at)
SELECT %(cell)b, t.*, %(now)b
  FROM unnest(%(provider)b::text[], %(event_id)b::text[], %(kind)b::text[], %(order_id)b::uuid[], %(reference)b::text[],
              %(operation)b::text[], %(amount)b::bigint[], %(currency)b::text[], %(next_step)b::text[],
              %(occurred_at)b::timestamptz[], %(payment)b::text[]) AS t
    ON CONFLICT (cell, provider, event_id) DO NOTHING

-- list_differences --
-- Differences, the oldest first.
SELECT provider, event_id, kind, order_id, reference, operation, amount, currency, next_step, occurred_at, found_at,
       settled_at, settled_by, note, payment, owner
  FROM payment_differences
 WHERE cell = %(cell)b
   AND (%(open)b::boolean IS NULL OR (settled_at IS NULL) = %(open)b)
   AND (%(owners)b::text[] IS NULL OR owner = ANY(%(owners)b))
   AND (found_at, provider, event_id) > (%(after_at)b, %(after_provider)b, %(after_event)b)
 ORDER BY found_at, provider, event_id
 LIMIT %(most)b

-- difference --
-- One difference.
SELECT provider, event_id, kind, order_id, reference, operation, amount, currency, next_step, occurred_at, found_at,
       settled_at, settled_by, note, payment, owner
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
          settled_at, settled_by, note, payment, owner

-- assign_difference --
-- Somebody else is to work a difference off.
UPDATE payment_differences
   SET owner = %(owner)b
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND event_id = %(event_id)b
   AND settled_at IS NULL

-- differences_are_sound --
-- A payment that differs is of a provider that was compared so far and of an order that exists, which has asked for it
-- where the provider has not; somebody has settled it, or it is open.
WITH compared AS (
    SELECT d.provider || ' ' || d.event_id AS key,
           CASE WHEN d.kind NOT IN ('unknown_here', 'missing_there', 'differs', 'dispute', 'settled_unknown', 'settled_differs',
                                    'not_settled', 'adjusted', 'payout_differs', 'exchanged', 'unpaid')
                THEN 'it is of the unknown kind ' || d.kind
                WHEN d.next_step = '' THEN 'nothing says what is to be done'
                WHEN d.owner = '' THEN 'nobody works it off'
                WHEN d.occurred_at > d.found_at THEN 'it was found before it had happened'
                WHEN c.provider IS NULL
                     OR (d.kind IN ('unknown_here', 'differs', 'dispute') AND d.occurred_at >= c.checked_to)
                THEN 'its provider was not compared so far'
                WHEN d.order_id IS NOT NULL AND o.id IS NULL THEN 'there is no order ' || d.order_id
                WHEN d.kind = 'missing_there'
                     AND (o.id IS NULL
                          OR d.currency <> o.currency
                          OR NOT EXISTS (SELECT
                                           FROM journal AS j
                                          WHERE j.cell = %(cell)s
                                            AND j.order_id = d.order_id
                                            AND strpos(j.body, '"payment_answered"') > 0
                                            AND strpos(j.body, '"' || substr(d.event_id, length('ours-') + 1) || '"') > 0
                                            AND strpos(j.body, ':' || d.amount) > 0))
                THEN 'no order has such an answer'
                WHEN (d.settled_at IS NULL) <> (d.settled_by = '') THEN 'it is settled by nobody, or not settled by somebody'
                WHEN d.settled_at IS NULL AND d.note <> '' THEN 'it is open, and has a note'
            END AS fault
      FROM payment_differences AS d
      LEFT JOIN payment_checks AS c
        ON c.cell = %(cell)s
       AND c.provider = d.provider
      LEFT JOIN orders AS o
        ON o.cell = %(cell)s
       AND o.id = d.order_id
     WHERE d.cell = %(cell)s
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared

-- list_lonely --
-- Money at a provider that no order is known for, the oldest first.
SELECT provider, event_id, kind, order_id, reference, operation, amount, currency, next_step, occurred_at, found_at,
       settled_at, settled_by, note, payment, owner
  FROM payment_differences
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND kind = 'unknown_here'
   AND order_id IS NULL
   AND settled_at IS NULL
 ORDER BY found_at, event_id
 LIMIT %(most)b

-- place_difference --
-- The order of a difference has come.
UPDATE payment_differences
   SET order_id = %(order)b
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND event_id = %(event_id)b
   AND order_id IS NULL
