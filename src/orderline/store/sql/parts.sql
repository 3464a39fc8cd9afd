-- of_channels --
-- Is the order, named by its id, of one of the channels, where some are given?
(%(channels)b::text[] IS NULL
 OR EXISTS (SELECT
              FROM orders AS seen
             WHERE seen.cell = %(cell)b
               AND seen.id = $1
               AND seen.channel = ANY(%(channels)b::text[])))

-- at_locations --
-- Has one of the locations, where some are given, work for the order, named by its id?
(%(locations)b::text[] IS NULL
 OR EXISTS (SELECT
              FROM fulfillment_orders AS seen
             WHERE seen.cell = %(cell)b
               AND seen.order_id = $1
               AND seen.location = ANY(%(locations)b::text[])))

-- actor --
-- Who did it, as the journal `j` writes it: an expression of its index.
split_part(split_part(left(j.body, 1000), '},"command":"', 1), '"actor":{', 2)

-- by_hand --
-- Was it done at the console or a terminal? The condition of the journal's index.
(strpos(left(j.body, 1000), '"via":"console"},"command":"') > 0
 OR strpos(left(j.body, 1000), '"via":"cli"},"command":"') > 0)

-- done_by --
-- Was it done by somebody, and in some way, where these are given?
(%(actor)b = '' OR strpos(split_part(left(j.body, 1000), '},"command":"', 1), %(actor)b) > 0)
AND (%(via)b = '' OR strpos(split_part(left(j.body, 1000), '},"command":"', 1), %(via)b) > 0)

-- tells --
-- Is it an entry of a command or a fact, and written in a time, where these are given?
(%(command)b = '' OR strpos(j.body, %(command)b) > 0 OR strpos(j.body, %(fact)b) > 0)
AND (%(since)b::timestamptz IS NULL OR j.recorded_at >= %(since)b)
AND (%(until)b::timestamptz IS NULL OR j.recorded_at < %(until)b)

-- each_hand --
-- Each actor by hand of a journal once, by hops through its index; the name of the journal, and of the expression.
(SELECT /* actor() */
   FROM $1 AS j
  WHERE j.cell = %(cell)b
    AND /* by_hand() */
  ORDER BY j.cell, /* actor() */
  LIMIT 1)
 UNION ALL
SELECT (SELECT /* actor() */
          FROM $1 AS j
         WHERE j.cell = %(cell)b
           AND /* by_hand() */
           AND /* actor() */ > before.actor
         ORDER BY j.cell, /* actor() */
         LIMIT 1)
  FROM $2 AS before
 WHERE before.actor IS NOT NULL

-- of_slices --
-- Do the sums of a day, `d`, belong to one of the slices, where some are given?
(%(channel)b::text[] IS NULL OR d.channel = ANY(%(channel)b))
AND (%(location)b::text[] IS NULL OR d.location = ANY(%(location)b))
AND (%(carrier)b::text[] IS NULL OR d.carrier = ANY(%(carrier)b))
AND (%(country)b::text[] IS NULL OR d.country = ANY(%(country)b))
AND (%(zone)b::text[] IS NULL OR d.zone = ANY(%(zone)b))
AND (%(sku)b::text[] IS NULL OR d.sku = ANY(%(sku)b))
AND (%(rule)b::text[] IS NULL OR d.rule = ANY(%(rule)b))
AND (%(reason)b::text[] IS NULL OR d.reason = ANY(%(reason)b) OR %(reason_whole)b AND d.reason = '')

-- moved --
-- A movement `e` among those that are looked at: which it is, whether it is asked for, and what it is.
row_number() OVER (ORDER BY e.recorded_at DESC, e.id DESC) AS n,
(%(kinds)b::text[] IS NULL OR split_part(e.cause, ':', 1) = ANY(%(kinds)b::text[]))
AND (%(by)b = '' OR e.done_by = %(by)b) AS fits,
e.recorded_at, e.id, e.sku, e.location, e.occurred_at, e.source, e.target, e.quantity, e.cause, e.lot, e.reference, e.done_by,
e.via, e.reason

-- moved_before --
-- Was it written since an instant, and before a place?
recorded_at >= %(since)b
AND recorded_at <= %(after_at)b
AND (recorded_at, id) < (%(after_at)b, %(after)b)

-- acted --
-- As `actor`, of the journal `$1`.
split_part(split_part(left($1.body, 1000), '},"command":"', 1), '"actor":{', 2)

-- commanded --
-- The command that an entry of the journal `$1` is of.
split_part(split_part(left($1.body, 1000), '},"command":"', 2), '"', 1)

-- touch --
-- Is an entry of the journal `$1` a command that a person gave on an order in a time: at the console or a terminal, or by one of
-- the keys that are named or have a person? Placing an order touches none.
$1.seq > 1
AND $1.recorded_at >= %(since)b
AND $1.recorded_at < %(until)b
AND (split_part(/* acted($1) */, ',"via":"', 2) IN ('console"', 'cli"')
     OR split_part(/* acted($1) */, ',"via":"', 2) = ANY(%(persons)b::text[])
     OR split_part(/* acted($1) */, ',"via":"', 1) = ANY(%(named)b::text[])
        AND split_part(/* acted($1) */, ',"via":"', 2) LIKE 'api:%%')

-- listed_touch --
-- Is it such an entry, of the orders and the command that are asked for? once: the last of its order.
/* touch($1) */
AND (%(command)b = '' OR /* commanded($1) */ = %(command)b)
AND /* no_test($1.order_id) */
AND (NOT %(once)b
     OR NOT EXISTS (SELECT
                      FROM journal AS later
                     WHERE later.cell = %(cell)b
                       AND later.order_id = $1.order_id
                       AND later.seq > $1.seq
                       AND (%(command)b = '' OR /* commanded(later) */ = %(command)b)
                       AND /* touch(later) */))

-- accepted --
-- Was an order accepted in a time, by the journal `$1`? What was taken over from elsewhere was not.
$1.recorded_at >= %(since)b
AND $1.recorded_at < %(until)b
AND $1.seq = 1
AND $1.body NOT LIKE '%%"history":true%%'

-- no_test --
-- Is the order, named by its id, of one of the channels, where some are given, and no test?
EXISTS (SELECT
          FROM orders AS seen
         WHERE seen.cell = %(cell)b
           AND seen.id = $1
           AND NOT seen.is_test
           AND (%(channels)b::text[] IS NULL OR seen.channel = ANY(%(channels)b::text[])))

-- missed --
-- Is a dispute, `$1`, the last of a time by which its order, that no rule has ever held, was charged back for fraud?
$1.fraud
AND $1.stage = ANY(%(taken)b::text[])
AND $1.opened_at >= %(since)b
AND $1.opened_at < %(until)b
AND NOT EXISTS (SELECT
                  FROM order_disputes AS later
                 WHERE later.cell = %(cell)b
                   AND later.order_id = $1.order_id
                   AND later.fraud
                   AND later.stage = ANY(%(taken)b::text[])
                   AND later.opened_at < %(until)b
                   AND (later.opened_at, later.number) > ($1.opened_at, $1.number))
AND NOT EXISTS (SELECT
                  FROM rule_holds AS held
                 WHERE held.cell = %(cell)b
                   AND held.order_id = $1.order_id)

-- told_level --
-- What a channel is told of a SKU, `c`.
c.channel, c.sku, c.quantity, c.told, c.told_at, c.changed_at, c.acked < c.sequence, c.unknown

-- levels_after --
-- What channels are told, by channel and SKU, after a place: where `$1`.
SELECT /* told_level() */
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT *
         FROM channel_levels
        WHERE cell = %(cell)b
          AND channel = t.channel
          AND sku > CASE WHEN t.channel = %(after_channel)b THEN %(after_sku)b::text ELSE '' END
          AND $1
        ORDER BY sku
        LIMIT %(most)b) AS c
 WHERE t.channel >= %(after_channel)b
 ORDER BY c.channel, c.sku
 LIMIT %(most)b

-- sent_set --
-- A set that a channel was sent, `p`.
p.channel, p.what, p.pushed_at, p.acked_at, p.levels, p.changed_at, p.error

-- sent_before --
-- Was the set of a channel sent before a place?
pushed_at <= %(after_at)b
AND (pushed_at, channel) < (%(after_at)b, %(after_channel)b)
