-- open_orders_go_on --
-- Every order that has not ended has a next step, its owner and a due time; where the step is Orderline's own, a job
-- (waiting or given up to a person) stands behind it.
WITH open_orders AS (
    SELECT o.id, o.number, o.next_step, o.owner, o.due_at
      FROM orders AS o
     WHERE o.cell = %(cell)s
       AND (o.phase NOT IN ('closed', 'canceled') OR o.next_step IS NOT NULL)
), ours AS (
    SELECT t.step, t.kind
      FROM unnest(%(steps)s::text[], %(kinds)s::text[]) AS t (step, kind)
), compared AS (
    SELECT o.number AS key,
           CASE WHEN o.next_step IS NULL THEN 'has no next step'
                WHEN o.owner IS NULL OR o.owner = '' THEN o.next_step || ' has no owner'
                WHEN o.due_at IS NULL THEN o.next_step || ' is due at no time'
                WHEN NOT EXISTS (SELECT FROM ours WHERE ours.step = o.next_step) THEN NULL
                WHEN o.next_step = 'submit'
                     AND NOT EXISTS (SELECT
                                       FROM settings AS s
                                      WHERE s.cell = %(cell)s
                                        AND s.kind = 'location'
                                        AND s.code = o.owner
                                        AND coalesce(s.body::jsonb ->> 'partner', '') <> '') THEN NULL
                WHEN NOT EXISTS (SELECT
                                   FROM outbox AS b
                                   JOIN ours
                                     ON ours.kind = b.kind
                                  WHERE b.cell = %(cell)s
                                    AND b.stream = o.id::text
                                    AND ours.step = o.next_step) THEN o.next_step || ' has no job'
            END AS fault
      FROM open_orders AS o
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
