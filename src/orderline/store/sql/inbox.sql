-- take_in --
-- Facts taken in with what they brought about, in the same transaction; one that somebody else has taken in
-- meanwhile is a unique violation.
INSERT INTO inbox (cell, partner, event_id, received_at, state)
SELECT %(cell)b, t.partner, t.event_id, %(now)b, 'done'
  FROM unnest(%(partner)b::text[], %(event_id)b::text[]) AS t (partner, event_id)

-- take_in_parked --
-- Facts that were parked, and locked, have had their effect.
UPDATE inbox AS i
   SET state = 'done',
       body = NULL,
       reason = NULL,
       due_at = NULL
  FROM unnest(%(partner)b::text[], %(event_id)b::text[]) AS t (partner, event_id)
 WHERE i.cell = %(cell)b
   AND i.partner = t.partner
   AND i.event_id = t.event_id

-- lock_facts --
-- Which of these facts have come before? One that is parked still waits for its effect; it is locked. By the key, in
-- the order given, whatever the statistics say.
SELECT i.*
  FROM unnest(%(partners)b::text[], %(event_ids)b::text[]) AS t (partner, event_id)
 CROSS JOIN LATERAL (
    SELECT partner, event_id, state
      FROM inbox
     WHERE cell = %(cell)b
       AND partner = t.partner
       AND event_id = t.event_id
       FOR NO KEY UPDATE
 ) AS i

-- put_facts --
-- Facts that have no effect: parked ones keep their body and are tried again, refused ones are only remembered.
INSERT INTO inbox AS i (cell, partner, event_id, received_at, state, body, reason, subject, due_at, attempts)
SELECT %(cell)b, t.partner, t.event_id, %(now)b, t.state, t.body, t.reason, t.subject, t.due_at, t.attempts
  FROM unnest(%(partner)b::text[], %(event_id)b::text[], %(state)b::text[], %(body)b::text[], %(reason)b::text[],
              %(subject)b::text[], %(due_at)b::timestamptz[], %(attempts)b::int[])
       AS t (partner, event_id, state, body, reason, subject, due_at, attempts)
    ON CONFLICT (cell, partner, event_id) DO UPDATE
   SET state = excluded.state,
       body = excluded.body,
       reason = excluded.reason,
       subject = excluded.subject,
       due_at = excluded.due_at,
       attempts = excluded.attempts
 WHERE i.state = 'parked'

-- parked_of_subjects --
-- Facts that wait for something to happen to these fulfillment orders, parcels or payments.
SELECT partner, event_id, body, attempts
  FROM inbox
 WHERE cell = %(cell)b
   AND state = 'parked'
   AND subject = ANY(%(subjects)b::text[])
 ORDER BY received_at, partner, event_id

-- parked_due --
-- Facts whose time to be tried again has come, those about payments whose order has come, and those with a word that has
-- been given a meaning.
SELECT partner, event_id, body, attempts
  FROM inbox AS i
 WHERE cell = %(cell)b
   AND state = 'parked'
   AND (due_at <= %(now)b OR reason = 'ORDER_UNKNOWN' AND EXISTS (SELECT FROM payment_references AS r
                                                                 WHERE r.cell = %(cell)b
                                                                   AND r.reference = i.subject
                                                                   AND r.provider = i.partner)
        OR reason = 'UNMAPPED' AND EXISTS (SELECT FROM records AS m
                                            WHERE m.cell = %(cell)b
                                              AND m.kind = 'mapping'
                                              AND m.id = i.subject
                                              AND m.state <> 'unmapped'))
 ORDER BY due_at
 LIMIT %(most)b

-- forget_facts --
-- Let go of facts older than any partner would tell again, some at a time.
DELETE FROM inbox AS i
 USING (SELECT partner, event_id
          FROM inbox
         WHERE cell = %(cell)b
           AND state <> 'parked'
           AND received_at < %(before)b
         LIMIT %(most)b) AS old
 WHERE i.cell = %(cell)b
   AND i.partner = old.partner
   AND i.event_id = old.event_id

-- locate_fulfillments --
-- Where fulfillment orders are: their order, their number in it, and their location.
SELECT id, order_id, number, location
  FROM fulfillment_orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])

-- locate_parcels --
-- Parcels by what their carriers call them, and who bought their labels.
SELECT tracking_number, order_id, number, shipment IS NOT NULL AS shipped, partner, carrier, combined
  FROM parcels
 WHERE cell = %(cell)b
   AND tracking_number = ANY(%(tracking_numbers)b::text[])
   AND tracking_number <> ''
