-- insert_alarms --
-- Alarms that were raised.
INSERT INTO alarms (cell, order_id, step, raised_at)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(step)b::text[], %(raised_at)b::timestamptz[]) AS t

-- delete_alarms --
-- Alarms that are over.
DELETE FROM alarms
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])

-- alarmed --
-- All orders with an alarm.
SELECT order_id
  FROM alarms
 WHERE cell = %(cell)b

-- count_alarms --
-- How many orders have an alarm.
SELECT count(*)
  FROM alarms
 WHERE cell = %(cell)b

-- list_alarms --
-- Orders with an alarm, by id; of channels and locations, where these are given.
SELECT a.order_id, o.number, o.channel, a.step, a.raised_at, o.next_step, o.owner, o.due_at
  FROM alarms AS a
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = a.order_id
 WHERE a.cell = %(cell)b
   AND a.order_id > %(after)b
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(a.order_id) */
 ORDER BY a.order_id
 LIMIT %(most)b
