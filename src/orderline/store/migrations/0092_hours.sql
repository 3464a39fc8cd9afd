-- What happens in an hour (UTC), by channel: orders, shipments, exceptions. `slot`: of the connection that counts, so that
-- nobody waits for a row of somebody else.
CREATE TABLE hour_counts (
    cell    integer     NOT NULL,
    hour    timestamptz NOT NULL,
    channel text        NOT NULL,
    what    text        NOT NULL CHECK (what IN ('orders', 'shipments', 'exceptions')),
    slot    integer     NOT NULL,
    number  bigint      NOT NULL CHECK (number > 0),
    PRIMARY KEY (cell, hour, channel, what, slot)
) WITH (fillfactor = 50);

-- Orders that are older than the counts, by their journals. Whoever writes meanwhile waits, so that nothing is left out.
LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO hour_counts (cell, hour, channel, what, slot, number)
SELECT t.cell, date_trunc('hour', t.at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', t.channel, t.what, 0, count(*)
  FROM (SELECT j.cell, o.channel,
               CASE e.event ->> 'event' WHEN 'order_placed' THEN 'orders'
                                        WHEN 'shipment_handed_over' THEN 'shipments'
                                        ELSE 'exceptions' END AS what,
               coalesce(e.event ->> 'accepted_at', e.event #>> '{hold,placed_at}', e.event #>> '{alarm,raised_at}',
                        e.event ->> 'at')::timestamptz AS at
          FROM journal AS j
          JOIN orders AS o
            ON o.cell = j.cell
           AND o.id = j.order_id
           AND NOT o.is_test
           AND o.state NOT LIKE '%"history":true%'
         CROSS JOIN LATERAL jsonb_array_elements(j.body::jsonb -> 'events') AS e (event)
         WHERE e.event ->> 'event' IN ('order_placed', 'shipment_handed_over', 'hold_placed', 'alarm_raised')
            OR e.event ->> 'event' = 'units_moved' AND e.event ->> 'move' = 'reject'
            OR e.event ->> 'event' = 'payment_answered' AND coalesce(e.event ->> 'declined', '') <> ''
            OR e.event ->> 'event' = 'parcel_tracked' AND e.event ->> 'state' IN ('lost', 'exception')) AS t
 GROUP BY 1, 2, 3, 4;
