-- What locations were offered, have accepted and have rejected, counted in the journal once more: orders that are older
-- than the counts were not in them. Whoever writes meanwhile waits, so that nothing is counted twice, or not at all.
LOCK TABLE service_counts IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM service_counts;
INSERT INTO service_counts (cell, location, sku, day, offered, accepted, rejected)
SELECT j.cell, event.value ->> 'location', l.sku, ((event.value ->> 'at')::timestamptz AT TIME ZONE 'UTC')::date,
       coalesce(sum((item.value ->> 'quantity')::bigint) FILTER (WHERE event.value ->> 'move' = 'allocate'), 0),
       coalesce(sum((item.value ->> 'quantity')::bigint) FILTER (WHERE event.value ->> 'move' = 'release'), 0),
       coalesce(sum((item.value ->> 'quantity')::bigint) FILTER (WHERE event.value ->> 'move' = 'reject'), 0)
  FROM journal AS j
  JOIN orders AS o
    ON o.cell = j.cell
   AND o.id = j.order_id
   AND NOT o.is_test
 CROSS JOIN LATERAL jsonb_array_elements(j.body::jsonb -> 'events') AS event (value)
 CROSS JOIN LATERAL jsonb_array_elements(event.value -> 'items') AS item (value)
  JOIN order_lines AS l
    ON l.cell = j.cell
   AND l.order_id = j.order_id
   AND l.line = (item.value ->> 'line')::integer
 WHERE strpos(j.body, '"units_moved"') > 0
   AND event.value ->> 'event' = 'units_moved'
   AND event.value ->> 'move' IN ('allocate', 'release', 'reject')
 GROUP BY 1, 2, 3, 4;
