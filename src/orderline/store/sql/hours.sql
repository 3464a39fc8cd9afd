-- count_hours --
-- Add to what has happened in hours, always in one order: each connection in a row of its own, or of few, so that nobody waits.
INSERT INTO hour_counts AS h (cell, hour, channel, what, slot, number)
SELECT %(cell)b, t.hour, t.channel, t.what, mod(pg_backend_pid(), 16), t.number
  FROM unnest(%(hour)b::timestamptz[], %(channel)b::text[], %(what)b::text[], %(number)b::bigint[])
       AS t (hour, channel, what, number)
 ORDER BY t.hour, t.channel, t.what
    ON CONFLICT (cell, hour, channel, what, slot) DO UPDATE
   SET number = h.number + excluded.number

-- hours_of --
-- What has happened hour by hour on two days, of channels where those are given.
SELECT what, hour, sum(number)::bigint
  FROM hour_counts
 WHERE cell = %(cell)b
   AND (hour >= %(day)b AND hour < %(day)b::timestamptz + interval '1 day'
        OR hour >= %(before)b AND hour < %(before)b::timestamptz + interval '1 day')
   AND (%(channels)b::text[] IS NULL OR channel = ANY(%(channels)b))
 GROUP BY what, hour

-- hours_counted --
-- All that was counted, for comparison with the journal; read as a stream.
SELECT hour, channel, what, sum(number)::bigint
  FROM hour_counts
 WHERE cell = %(cell)s
 GROUP BY hour, channel, what
