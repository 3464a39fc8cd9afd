-- touched_orders --
-- What people have done to orders in a time, by channel and command. Test orders do not count.
SELECT o.channel, /* commanded(e) */, count(*)::bigint, count(DISTINCT e.order_id)::bigint
  FROM journal AS e
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = e.order_id
 WHERE e.cell = %(cell)b
   AND /* touch(e) */
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b))
 GROUP BY o.channel, /* commanded(e) */
 ORDER BY count(*) DESC, o.channel, /* commanded(e) */

-- counted_orders --
-- Orders that were accepted in a time, by channel.
SELECT o.channel, count(*)::bigint
  FROM journal AS j
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = j.order_id
 WHERE j.cell = %(cell)b
   AND /* accepted(j) */
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b))
 GROUP BY o.channel
 ORDER BY o.channel

-- keys_of_persons --
-- The keys that people have.
SELECT id
  FROM api_keys
 WHERE cell = %(cell)b
   AND person <> ''

-- touches_by_hand --
-- Touches by people at the console or a terminal before a place, each as the journal writes who it is, the last first. once: of
-- each order the last alone.
SELECT h.*
  FROM unnest(%(hands)b::text[]) AS t (actor)
 CROSS JOIN LATERAL (
       SELECT j.position, j.order_id, j.seq, j.recorded_at, /* commanded(j) */, /* acted(j) */
         FROM journal AS j
        WHERE j.cell = %(cell)b
          AND /* by_hand() */
          AND /* actor() */ = t.actor
          AND (j.position, j.order_id, j.seq) < (%(position)b, %(order_id)b, %(seq)b)
          AND j.position >= %(first)b
          AND /* listed_touch(j) */
        ORDER BY j.position DESC, j.order_id DESC, j.seq DESC
        LIMIT %(most)b) AS h
 ORDER BY position DESC, order_id DESC, seq DESC
 LIMIT %(most)b

-- touches_by_keys --
-- The same by people who act through keys.
SELECT j.position, j.order_id, j.seq, j.recorded_at, /* commanded(j) */, /* acted(j) */
  FROM journal AS j
 WHERE j.cell = %(cell)b
   AND (j.position, j.order_id, j.seq) < (%(position)b, %(order_id)b, %(seq)b)
   AND j.position >= %(first)b
   AND NOT /* by_hand() */
   AND /* listed_touch(j) */
 ORDER BY j.position DESC, j.order_id DESC, j.seq DESC
 LIMIT %(most)b

-- accepted_orders --
-- Orders that were accepted in a time before a place, the last first.
SELECT j.position, j.order_id, j.seq, j.recorded_at
  FROM journal AS j
 WHERE j.cell = %(cell)b
   AND (j.position, j.order_id, j.seq) < (%(position)b, %(order_id)b, %(seq)b)
   AND j.position >= %(first)b
   AND /* accepted(j) */
   AND /* no_test(j.order_id) */
 ORDER BY j.position DESC, j.order_id DESC, j.seq DESC
 LIMIT %(most)b

-- names_of_orders --
-- Numbers and channels of orders.
SELECT id, number, channel
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(orders)b::uuid[])
