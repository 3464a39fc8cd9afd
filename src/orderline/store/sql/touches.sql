-- touched_orders --
-- What people have done to orders in a time, by channel and command: what came by a terminal or a console, or by the keys
-- that are named or have a person. Placing an order touches none; test orders and history do not count.
SELECT o.channel, e.entry ->> 'command', count(*)::bigint, count(DISTINCT e.order_id)::bigint
  FROM (
       SELECT order_id, body::jsonb AS entry
         FROM journal
        WHERE cell = %(cell)b
          AND recorded_at >= %(since)b
          AND recorded_at < %(until)b
          AND seq > 1
          AND (body LIKE '%%"via":"cli"%%' OR body LIKE '%%"via":"console"%%' OR body LIKE '%%"via":"api:%%')
       ) AS e
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = e.order_id
 WHERE NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b))
   AND (
       e.entry -> 'actor' ->> 'via' IN ('cli', 'console')
       OR e.entry -> 'actor' ->> 'name' = ANY(%(keys)b::text[]) AND e.entry -> 'actor' ->> 'via' LIKE 'api:%%'
       OR e.entry -> 'actor' ->> 'via' IN (SELECT 'api:' || k.id
                                             FROM api_keys AS k
                                            WHERE k.cell = %(cell)b
                                              AND k.person <> '')
       )
 GROUP BY o.channel, e.entry ->> 'command'
 ORDER BY count(*) DESC, o.channel, e.entry ->> 'command'

-- counted_orders --
-- Orders that were accepted in a time, by channel.
SELECT o.channel, count(*)::bigint
  FROM journal AS j
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = j.order_id
 WHERE j.cell = %(cell)b
   AND j.recorded_at >= %(since)b
   AND j.recorded_at < %(until)b
   AND j.seq = 1
   AND NOT o.is_test
   AND j.body NOT LIKE '%%"history":true%%'
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b))
 GROUP BY o.channel
 ORDER BY o.channel
