-- save_traces --
-- What orders are recognized by; nothing of those whose customers were erased. The customers are locked: who erases one at the
-- same time waits until this is written, and then deletes it; or this waits, and then sees the erasure.
WITH customers AS (
    SELECT order_id
      FROM people
     WHERE cell = %(cell)b
       AND token = ANY(%(persons)b::uuid[])
       AND erased_at IS NULL
     ORDER BY token
       FOR SHARE
)
INSERT INTO traces (cell, order_id, kind, digest, placed_at)
SELECT %(cell)b, t.order_id, t.kind, t.digest, t.placed_at
  FROM unnest(%(orders)b::uuid[], %(kinds)b::text[], %(digests)b::bytea[], %(placed)b::timestamptz[])
       AS t (order_id, kind, digest, placed_at)
 WHERE t.order_id IN (SELECT order_id FROM customers)
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

-- save_disputes --
-- Disputes of orders, as they stand; one that is told of keeps its row.
INSERT INTO order_disputes (cell, order_id, number, stage, fraud, amount_minor, opened_at, reference, provider, reason,
                            due_at, answer)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(number)b::int[], %(stage)b::text[], %(fraud)b::boolean[],
              %(amount_minor)b::bigint[], %(opened_at)b::timestamptz[], %(reference)b::text[], %(provider)b::text[],
              %(reason)b::text[], %(due_at)b::timestamptz[], %(answer)b::text[]) AS t
    ON CONFLICT (cell, order_id, number) DO UPDATE
   SET stage = excluded.stage,
       fraud = excluded.fraud,
       amount_minor = excluded.amount_minor,
       opened_at = excluded.opened_at,
       reference = excluded.reference,
       provider = excluded.provider,
       reason = excluded.reason,
       due_at = excluded.due_at,
       answer = excluded.answer

-- charged_back --
-- Other orders that were charged back, by what orders have in common with them; `person`: email, phone or card, or one person
-- with somebody who has these, as was said of them.
WITH asked AS (
    SELECT t.order_id, t.kind, t.digest
      FROM unnest(%(orders)b::uuid[], %(kinds)b::text[], %(digests)b::bytea[]) AS t (order_id, kind, digest)
), alike AS (
    SELECT a.order_id, a.kind, r.order_id AS other
      FROM asked AS a
     CROSS JOIN LATERAL (
           SELECT traces.order_id
             FROM traces
            WHERE traces.cell = %(cell)b
              AND traces.kind = a.kind
              AND traces.digest = a.digest
              AND traces.order_id <> a.order_id
            ORDER BY traces.placed_at DESC
            LIMIT 1000) AS r
), persons AS (
    SELECT DISTINCT order_id, other FROM alike WHERE kind <> 'address'
), related AS (
    SELECT order_id, kind, other FROM alike
     UNION
    SELECT order_id, 'person', other FROM persons
     UNION
    SELECT p.order_id, 'person', named.id::uuid
      FROM persons AS p
      JOIN records AS m
        ON m.cell = %(cell)b
       AND m.kind = 'identity_member'
       AND m.id = p.other::text
       AND m.state = 'merged'
      JOIN records AS i
        ON i.cell = %(cell)b
       AND i.kind = 'identity'
       AND i.id = m.body::jsonb ->> 'identity'
     CROSS JOIN LATERAL jsonb_array_elements_text(i.body::jsonb -> 'orders') AS named (id)
     WHERE named.id::uuid <> p.order_id
)
SELECT r.order_id, r.kind, r.other, bool_or(d.fraud)
  FROM related AS r
  JOIN order_disputes AS d
    ON d.cell = %(cell)b
   AND d.order_id = r.other
   AND d.stage = ANY(%(taken)b::text[])
 GROUP BY r.order_id, r.kind, r.other

-- save_rule_holds --
-- Holds that rules have placed.
INSERT INTO rule_holds (cell, order_id, number, rule, type, placed_at)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(number)b::int[], %(rule)b::text[], %(type)b::text[], %(placed_at)b::timestamptz[]) AS t

-- end_rule_holds --
-- What has come of them.
UPDATE rule_holds AS h
   SET outcome = t.outcome,
       ended_at = t.ended_at
  FROM unnest(%(order_id)b::uuid[], %(number)b::int[], %(outcome)b::text[], %(ended_at)b::timestamptz[])
       AS t (order_id, number, outcome, ended_at)
 WHERE h.cell = %(cell)b
   AND h.order_id = t.order_id
   AND h.number = t.number

-- held_by_rules --
-- Holds that rules have placed in a time, by rule and type, and what came of them: still open, rejected, or lifted; of those, how
-- many of orders that were charged back, and for fraud. Test orders do not count.
WITH placed AS (
    SELECT order_id, rule, type, outcome
      FROM rule_holds
     WHERE cell = %(cell)b
       AND placed_at >= %(since)b
       AND placed_at < %(until)b
), taken AS (
    SELECT d.order_id, bool_or(d.fraud) AS fraud
      FROM order_disputes AS d
     WHERE d.cell = %(cell)b
       AND d.stage = ANY(%(taken)b::text[])
       AND d.order_id IN (SELECT order_id FROM placed)
     GROUP BY d.order_id
)
SELECT p.rule, p.type, count(*)::bigint,
       count(*) FILTER (WHERE p.outcome = '')::bigint,
       count(*) FILTER (WHERE p.outcome = 'rejected')::bigint,
       count(*) FILTER (WHERE p.outcome = 'released' AND t.order_id IS NOT NULL)::bigint,
       count(*) FILTER (WHERE p.outcome = 'released' AND t.fraud)::bigint
  FROM placed AS p
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = p.order_id
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
  LEFT JOIN taken AS t
    ON t.order_id = p.order_id
 GROUP BY p.rule, p.type
 ORDER BY count(*) DESC, p.rule, p.type

-- missed_fraud --
-- How many orders were charged back for fraud in a time and held by no rule ever.
SELECT count(*)::bigint
  FROM order_disputes AS d
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = d.order_id
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
 WHERE d.cell = %(cell)b
   AND /* missed(d) */

-- rule_holds_before --
-- Holds that rules have placed in a time before a place, the last first, each with what came of it until now. Test orders do not
-- count.
SELECT h.order_id, o.number, o.channel, h.number, h.rule, h.type, h.placed_at, h.ended_at, c.came_of, coalesce(t.fraud, false)
  FROM rule_holds AS h
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = h.order_id
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
  LEFT JOIN LATERAL (
       SELECT bool_or(d.fraud) AS fraud
         FROM order_disputes AS d
        WHERE d.cell = %(cell)b
          AND d.order_id = h.order_id
          AND d.stage = ANY(%(taken)b::text[])
       HAVING count(*) > 0) AS t
    ON h.outcome = 'released'
 CROSS JOIN LATERAL (
       SELECT CASE WHEN h.outcome = '' THEN 'open'
                   WHEN h.outcome = 'rejected' THEN 'rejected'
                   WHEN t.fraud IS NOT NULL THEN 'charged_back'
                   ELSE 'fine' END AS came_of) AS c
 WHERE h.cell = %(cell)b
   AND h.placed_at >= %(since)b
   AND h.placed_at < %(until)b
   AND (h.placed_at, h.order_id, h.number) < (%(after_at)b::timestamptz, %(after)b::uuid, %(after_number)b)
   AND (%(rule)b = '' OR h.rule = %(rule)b)
   AND (%(type)b = '' OR h.type = %(type)b)
   AND (%(came_of)b = '' OR c.came_of = %(came_of)b)
   AND (%(fraud)b::boolean IS NULL OR coalesce(t.fraud, false) = %(fraud)b)
 ORDER BY h.placed_at DESC, h.order_id DESC, h.number DESC
 LIMIT %(most)b

-- missed_before --
-- The orders charged back for fraud in a time and held by no rule ever, before a place, the last first.
SELECT d.order_id, o.number, o.channel, o.currency::text, d.number, d.provider, d.reference, d.stage, d.reason, d.amount_minor,
       d.opened_at
  FROM order_disputes AS d
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = d.order_id
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
 WHERE d.cell = %(cell)b
   AND (d.opened_at, d.order_id) < (%(after_at)b::timestamptz, %(after)b::uuid)
   AND /* missed(d) */
 ORDER BY d.opened_at DESC, d.order_id DESC
 LIMIT %(most)b

-- rule_holds_between --
-- The holds that rules have placed on the orders between two ids.
SELECT order_id, number, rule, type, placed_at, outcome, ended_at
  FROM rule_holds
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number
