-- begin_pull --
-- Remember from when on a channel's orders are ours; who has begun already goes on.
INSERT INTO channel_pulls (cell, channel, since, pulled_at)
VALUES (%(cell)b, %(channel)b, %(now)b, %(now)b)
    ON CONFLICT (cell, channel) DO NOTHING
RETURNING channel

-- load_pull --
-- How far a channel's orders have been pulled.
SELECT place, since
  FROM channel_pulls
 WHERE cell = %(cell)b
   AND channel = %(channel)b

-- save_pull --
-- A page of a channel's orders was taken in: go on here.
UPDATE channel_pulls
   SET place = %(place)b,
       pulled_at = %(now)b
 WHERE cell = %(cell)b
   AND channel = %(channel)b
RETURNING channel
