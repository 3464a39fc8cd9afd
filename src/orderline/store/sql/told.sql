-- levels --
-- What channels are told, by channel and SKU, after a place.
/* levels_after(true) */

-- levels_told --
-- As `levels`, of those that are taken.
/* levels_after(acked = sequence AND NOT unknown) */

-- levels_unknown --
-- As `levels`, of those that are taken for SKUs that the channel does not know.
/* levels_after(acked = sequence AND unknown) */

-- levels_waiting --
-- What channels have not taken, by channel, the oldest change first, after a place.
SELECT /* told_level() */
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT *
         FROM channel_levels
        WHERE cell = %(cell)b
          AND channel = t.channel
          AND acked < sequence
          AND (changed_at, sku) > (CASE WHEN t.channel = %(after_channel)b THEN %(after_at)b::timestamptz ELSE '-infinity' END,
                                   CASE WHEN t.channel = %(after_channel)b THEN %(after_sku)b::text ELSE '' END)
        ORDER BY changed_at, sku
        LIMIT %(most)b) AS c
 WHERE t.channel >= %(after_channel)b
 ORDER BY c.channel, c.changed_at, c.sku
 LIMIT %(most)b

-- levels_of --
-- As `levels`, of SKUs, to the last.
SELECT /* told_level() */
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN unnest(%(skus)b::text[]) AS s (sku)
  JOIN channel_levels AS c
    ON c.cell = %(cell)b
   AND c.channel = t.channel
   AND c.sku = s.sku
 WHERE (c.channel, c.sku) > (%(after_channel)b::text, %(after_sku)b::text)
 ORDER BY c.channel, c.sku

-- last_sets --
-- The last set of stock, or of listings, that each channel was sent, and why it was not taken, if it was not.
SELECT t.channel, p.acked_at, p.error
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT acked_at, error
         FROM channel_pushes
        WHERE cell = %(cell)b
          AND channel = t.channel
          AND what = %(what)b
        ORDER BY pushed_at DESC
        LIMIT 1) AS p

-- sets --
-- Sets that channels were sent before a place, the last first.
SELECT /* sent_set() */
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT *
         FROM channel_pushes
        WHERE cell = %(cell)b
          AND channel = t.channel
          AND /* sent_before() */
        ORDER BY pushed_at DESC
        LIMIT %(most)b) AS p
 ORDER BY p.pushed_at DESC, p.channel DESC
 LIMIT %(most)b

-- sets_failed --
-- As `sets`, of those that were not taken.
SELECT /* sent_set() */
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT *
         FROM channel_pushes
        WHERE cell = %(cell)b
          AND channel = t.channel
          AND acked_at IS NULL
          AND /* sent_before() */
        ORDER BY pushed_at DESC
        LIMIT %(most)b) AS p
 ORDER BY p.pushed_at DESC, p.channel DESC
 LIMIT %(most)b

-- listings --
-- How channels offer SKUs, by channel and SKU after a place, and which version they have taken. Below the last of all
-- characters in any collation: all ids of a channel; those of others among them are of another owner.
SELECT t.channel, r.body, r.version, c.acked, c.unknown
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT id, body, version
         FROM records
        WHERE cell = %(cell)b
          AND kind = 'listing'
          AND id > CASE WHEN t.channel = %(after_channel)b THEN %(after_id)b::text ELSE t.channel || ':' END
          AND id < t.channel || ':' || chr(1114111)
          AND owner = t.channel
        ORDER BY id
        LIMIT %(most)b) AS r
  LEFT JOIN channel_listings AS c
    ON c.cell = %(cell)b
   AND c.channel = t.channel
   AND c.listing = r.id
 WHERE t.channel >= %(after_channel)b
 ORDER BY t.channel, r.id
 LIMIT %(most)b

-- listings_in --
-- As `listings`, of some states.
SELECT t.channel, r.body, r.version, c.acked, c.unknown
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN unnest(%(states)b::text[]) AS s (state)
 CROSS JOIN LATERAL (
       SELECT id, body, version
         FROM records
        WHERE cell = %(cell)b
          AND kind = 'listing'
          AND id > CASE WHEN t.channel = %(after_channel)b THEN %(after_id)b::text ELSE t.channel || ':' END
          AND id < t.channel || ':' || chr(1114111)
          AND owner = t.channel
          AND state = s.state
        ORDER BY id
        LIMIT %(most)b) AS r
  LEFT JOIN channel_listings AS c
    ON c.cell = %(cell)b
   AND c.channel = t.channel
   AND c.listing = r.id
 WHERE t.channel >= %(after_channel)b
 ORDER BY t.channel, r.id
 LIMIT %(most)b

-- listings_of --
-- As `listings`, of SKUs.
SELECT t.channel, r.body, r.version, c.acked, c.unknown
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN unnest(%(skus)b::text[]) AS s (sku)
  JOIN records AS r
    ON r.cell = %(cell)b
   AND r.kind = 'listing'
   AND r.id = t.channel || ':' || s.sku
  LEFT JOIN channel_listings AS c
    ON c.cell = %(cell)b
   AND c.channel = t.channel
   AND c.listing = r.id
 WHERE (t.channel, r.id) > (%(after_channel)b::text, %(after_id)b::text)
 ORDER BY t.channel, r.id
