-- events_after --
-- The journal after a place, up to the oldest transaction that is still running.
SELECT j.position, j.order_id, j.seq, j.body, o.channel,
       %(seen_at)b::text[] IS NULL OR EXISTS (SELECT
                                                FROM fulfillment_orders AS f
                                               WHERE f.cell = %(cell)b
                                                 AND f.order_id = j.order_id
                                                 AND f.location = ANY(%(seen_at)b::text[])
                                              OFFSET 0)
  FROM (SELECT position, order_id, seq, body
          FROM journal
         WHERE cell = %(cell)b
           AND position < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                        + (SELECT position_offset FROM cells WHERE cell = %(cell)b)
           AND (position, order_id, seq) > (%(position)b, %(order_id)b, %(seq)b)
         ORDER BY position, order_id, seq
         LIMIT %(most)b) AS j
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = j.order_id
 ORDER BY j.position, j.order_id, j.seq

-- head --
-- Everything below this position is final.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + position_offset
  FROM cells
 WHERE cell = %(cell)b

-- order_events --
-- The journal of one order after a version of it.
SELECT seq, body
  FROM journal
 WHERE cell = %(cell)b
   AND order_id = %(order_id)b
   AND seq > %(after)b
 ORDER BY seq
 LIMIT %(most)b
