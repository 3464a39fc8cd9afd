-- stuck_candidates --
-- Orders to be looked at, some of each phase, after the last one looked at; those whose next step is somebody else's
-- are passed over.
SELECT c.phase, c.id, c.ours
  FROM unnest(%(phases)b::text[], %(afters)b::uuid[]) AS t (phase, after)
 CROSS JOIN LATERAL (
    SELECT o.phase, o.id, (o.next_step IS NULL OR o.next_step = ANY (%(own_steps)b::text[])) AS ours
      FROM orders AS o
     WHERE o.cell = %(cell)b
       AND o.phase = t.phase
       AND o.id > t.after
     ORDER BY o.id
     LIMIT %(scan)b
 ) AS c

-- stuck_orders --
-- Those of these orders whose next step is Orderline's own and has neither a job, nor a dead letter that a person sees,
-- nor a hold; and those with open units that have no next step at all. There should be none.
SELECT o.id, o.number, o.next_step, o.due_at
  FROM orders AS o
 WHERE o.cell = %(cell)b
   AND o.id = ANY (%(ids)b::uuid[])
   AND o.phase <> ALL (%(ended)b::text[])
   AND (o.next_step IS NULL OR o.next_step = ANY (%(own_steps)b::text[]))
   AND NOT EXISTS (SELECT
                     FROM outbox AS j
                    WHERE j.cell = %(cell)b
                      AND j.stream = o.id::text
                      AND j.kind <> ALL (%(telling)b::text[]))
   AND NOT EXISTS (SELECT
                     FROM holds AS h
                    WHERE h.cell = %(cell)b
                      AND h.order_id = o.id)
   AND (o.next_step IS DISTINCT FROM 'submit'
        OR EXISTS (SELECT
                     FROM fulfillment_orders AS f
                     JOIN settings AS s
                       ON s.cell = %(cell)b
                      AND s.kind = 'location'
                      AND s.code = f.location
                    WHERE f.cell = %(cell)b
                      AND f.order_id = o.id
                      AND f.negotiation = 'unsubmitted'
                      AND f.execution = 'open'
                      AND coalesce(s.body::json ->> 'partner', '') <> ''))
   AND (o.next_step IS NOT NULL
        OR EXISTS (SELECT
                     FROM order_lines AS l
                    WHERE l.cell = %(cell)b
                      AND l.order_id = o.id
                      AND l.unplanned + l.pooled + l.pegged + l.allocated + l.released + l.picked + l.packed
                          + l.shipped > 0))
 ORDER BY o.id

-- waiting_skus --
-- SKUs that orders wait for although their pool can promise some.
SELECT DISTINCT l.sku
  FROM order_lines AS l
  JOIN pool_levels AS p
    ON p.cell = %(cell)b
   AND p.sku = l.sku
 WHERE l.cell = %(cell)b
   AND l.unplanned > 0
   AND p.promisable - p.claims - p.held - p.kept - p.threshold - p.withheld > 0
 LIMIT %(most)b

-- take_lease --
-- Lead until an instant, unless somebody else does.
INSERT INTO leases AS l (cell, name, holder, until)
VALUES (%(cell)b, %(name)b, %(holder)b, %(until)b)
    ON CONFLICT (cell, name) DO UPDATE
   SET holder = excluded.holder,
       until = excluded.until
 WHERE l.holder = excluded.holder
    OR l.until < %(now)b
RETURNING until

-- drop_lease --
-- Lead no more.
DELETE FROM leases
 WHERE cell = %(cell)b
   AND name = %(name)b
   AND holder = %(holder)b
