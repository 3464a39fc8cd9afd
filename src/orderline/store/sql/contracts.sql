-- renewals_told --
-- The orders that contracts have placed, and what they stand under.
SELECT j.id, (e.event ->> 'renewal')::int, (e.event ->> 'order')::uuid, o.channel, o.external_id
  FROM record_journal AS j
 CROSS JOIN LATERAL jsonb_array_elements(j.body::jsonb -> 'events') AS e (event)
  LEFT JOIN orders AS o
    ON o.cell = j.cell
   AND o.id = (e.event ->> 'order')::uuid
 WHERE j.cell = %(cell)s
   AND j.kind = 'contract'
   AND e.event ->> 'event' = 'renewal_placed'
 ORDER BY j.id, j.seq
