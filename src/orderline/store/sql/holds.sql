-- save_traces --
-- What orders are recognized by.
INSERT INTO traces (cell, order_id, kind, digest, placed_at)
SELECT %(cell)b, t.order_id, t.kind, t.digest, t.placed_at
  FROM unnest(%(orders)b::uuid[], %(kinds)b::text[], %(digests)b::bytea[], %(placed)b::timestamptz[])
       AS t (order_id, kind, digest, placed_at)
    ON CONFLICT (cell, order_id, kind) DO UPDATE
   SET digest = excluded.digest
 WHERE traces.digest <> excluded.digest

-- count_traces --
-- How many other orders have a trace, up to an instant and since another.
SELECT t.order_id, t.kind, found.orders
  FROM unnest(%(orders)b::uuid[], %(kinds)b::text[], %(digests)b::bytea[], %(since)b::timestamptz[],
              %(until)b::timestamptz[])
       AS t (order_id, kind, digest, since, until)
 CROSS JOIN LATERAL (
       SELECT count(*) AS orders
         FROM (SELECT 1
                 FROM traces AS r
                WHERE r.cell = %(cell)b
                  AND r.kind = t.kind
                  AND r.digest = t.digest
                  AND r.placed_at > t.since
                  AND r.placed_at <= t.until
                  AND r.order_id <> t.order_id
                LIMIT 1000) AS counted
       ) AS found

-- twins --
-- The numbers of other orders that have a trace, up to an instant and since another.
SELECT t.order_id, o.number
  FROM unnest(%(orders)b::uuid[], %(digests)b::bytea[], %(since)b::timestamptz[], %(until)b::timestamptz[])
       AS t (order_id, digest, since, until)
  JOIN traces AS r
    ON r.cell = %(cell)b
   AND r.kind = 'goods'
   AND r.digest = t.digest
   AND r.placed_at > t.since
   AND r.placed_at <= t.until
   AND r.order_id <> t.order_id
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = r.order_id
   AND o.phase <> 'canceled'
 ORDER BY t.order_id, o.number

-- earlier_orders --
-- How many other orders there are by email address, taken over from elsewhere among them.
SELECT t.order_id, found.orders
  FROM unnest(%(orders)b::uuid[], %(emails)b::text[]) AS t (order_id, email)
 CROSS JOIN LATERAL (
       SELECT count(*) AS orders
         FROM (SELECT 1
                 FROM people AS p
                WHERE p.cell = %(cell)b
                  AND p.email <> ''
                  AND lower(p.email) = lower(t.email)
                  AND p.order_id <> t.order_id
                LIMIT 1000) AS counted
       ) AS found

-- erase_traces --
-- What the orders of people were recognized by.
DELETE FROM traces AS t
 USING people AS p
 WHERE p.cell = %(cell)b
   AND p.token = ANY(%(tokens)b::uuid[])
   AND t.cell = %(cell)b
   AND t.order_id = p.order_id

-- due_holds --
-- Holds whose time is over and that say what becomes of them then, the oldest first.
SELECT order_id, number
  FROM holds
 WHERE cell = %(cell)b
   AND due_at <= %(now)b
   AND escalated_at IS NULL
   AND (escalate_to <> '' OR on_breach <> 'escalate')
 ORDER BY due_at
 LIMIT %(most)b

-- entries --
-- Entries of lists, by id.
SELECT id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id = ANY(%(ids)b::text[])

-- earlier_returns --
-- What customers have sent back of their other orders, by email address: how many orders, how many units.
SELECT t.order_id, found.orders, found.units
  FROM unnest(%(orders)b::uuid[], %(emails)b::text[]) AS t (order_id, email)
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT r.order_id) AS orders, coalesce(sum(r.quantity), 0)::bigint AS units
         FROM return_items AS r
        WHERE r.cell = %(cell)b
          AND r.source <> 'carrier'
          AND r.custody NOT IN ('declined', 'withdrawn')
          AND r.order_id IN (SELECT p.order_id
                               FROM people AS p
                              WHERE p.cell = %(cell)b
                                AND p.email <> ''
                                AND lower(p.email) = lower(t.email)
                                AND p.order_id <> t.order_id
                              LIMIT 1000)
       ) AS found
