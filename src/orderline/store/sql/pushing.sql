-- changed_levels --
-- SKUs whose units in a channel's pools are not those that its last figure was made of.
WITH now_there AS (
    SELECT sku, sum(greatest(0, promisable - claims - held - kept - threshold - withheld))::bigint AS units
      FROM pool_levels
     WHERE cell = %(cell)b
       AND pool = ANY(%(pools)b::text[])
     GROUP BY sku
)
SELECT n.sku, n.units
  FROM now_there AS n
  LEFT JOIN channel_levels AS c
    ON c.cell = %(cell)b
   AND c.channel = %(channel)b
   AND c.sku = n.sku
 WHERE c.seen IS DISTINCT FROM n.units
 LIMIT %(most)b

-- oldest_levels --
-- SKUs whose figures were made longest ago, with their units in the channel's pools now.
WITH oldest AS (
    SELECT sku
      FROM channel_levels
     WHERE cell = %(cell)b
       AND channel = %(channel)b
       AND looked_at < %(before)b
     ORDER BY looked_at
     LIMIT %(most)b
)
SELECT o.sku,
       coalesce(sum(greatest(0, p.promisable - p.claims - p.held - p.kept - p.threshold - p.withheld)), 0)::bigint
  FROM oldest AS o
  LEFT JOIN pool_levels AS p
    ON p.cell = %(cell)b
   AND p.sku = o.sku
   AND p.pool = ANY(%(pools)b::text[])
 GROUP BY o.sku

-- bundles --
-- Bundles, with their components.
SELECT code, body
  FROM skus
 WHERE cell = %(cell)b
   AND body LIKE '%%"components"%%'

-- save_levels --
-- Figures of now: one that has changed is told under the next number.
INSERT INTO channel_levels AS c (cell, channel, sku, seen, quantity, sequence, changed_at, looked_at)
SELECT %(cell)b, %(channel)b, t.sku, t.seen, t.quantity, 1, %(now)b, %(now)b
  FROM unnest(%(sku)b::text[], %(seen)b::bigint[], %(quantity)b::bigint[]) AS t (sku, seen, quantity)
    ON CONFLICT (cell, channel, sku) DO UPDATE
   SET seen = excluded.seen,
       looked_at = excluded.looked_at,
       quantity = excluded.quantity,
       sequence = c.sequence + (c.quantity <> excluded.quantity)::int,
       changed_at = CASE WHEN c.quantity <> excluded.quantity AND c.acked = c.sequence
                         THEN excluded.changed_at ELSE c.changed_at END,
       unknown = c.unknown AND c.quantity = excluded.quantity

-- waiting_levels --
-- What a channel has not taken yet, the oldest change first.
SELECT sku, quantity, sequence, changed_at
  FROM channel_levels
 WHERE cell = %(cell)b
   AND channel = %(channel)b
   AND acked < sequence
 ORDER BY changed_at, sku
 LIMIT %(most)b

-- ack_levels --
-- A channel has taken figures; those that have changed meanwhile wait again.
UPDATE channel_levels AS c
   SET acked = t.sequence,
       told = t.quantity,
       told_at = %(acked_at)b,
       changed_at = CASE WHEN c.sequence > t.sequence THEN c.looked_at ELSE c.changed_at END,
       unknown = t.sku = ANY(%(unknown)b::text[])
  FROM unnest(%(sku)b::text[], %(sequence)b::bigint[], %(quantity)b::bigint[]) AS t (sku, sequence, quantity)
 WHERE c.cell = %(cell)b
   AND c.channel = %(channel)b
   AND c.sku = t.sku
   AND c.acked < t.sequence

-- note_push --
-- A set was sent; without an instant it was not taken.
INSERT INTO channel_pushes (cell, channel, changed_at, pushed_at, acked_at, levels, error, what)
VALUES (%(cell)b, %(channel)b, %(changed_at)b, %(pushed_at)b, %(acked_at)b, %(levels)b, %(error)b, %(what)b)
    ON CONFLICT (cell, channel, pushed_at) DO NOTHING

-- forget_pushes --
-- Old sets, some at a time.
DELETE FROM channel_pushes AS p
 USING (SELECT channel, pushed_at
          FROM channel_pushes
         WHERE cell = %(cell)b
           AND pushed_at < %(before)b
         LIMIT %(most)b) AS old
 WHERE p.cell = %(cell)b
   AND p.channel = old.channel
   AND p.pushed_at = old.pushed_at

-- push_lags --
-- Milliseconds from a change until a channel had taken it, since an instant: half of the sets, 95 of 100, all; how many.
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY lag_ms),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY lag_ms),
       max(lag_ms),
       count(*)
  FROM (SELECT (extract(epoch FROM acked_at - changed_at) * 1000)::bigint AS lag_ms
          FROM channel_pushes
         WHERE cell = %(cell)b
           AND channel = %(channel)b
           AND what = %(what)b
           AND acked_at IS NOT NULL
           AND pushed_at >= %(since)b) AS taken

-- waiting_count --
-- How many figures a channel has not taken, since when, how many SKUs it does not know, and what went wrong last.
SELECT count(*) FILTER (WHERE acked < sequence),
       min(changed_at) FILTER (WHERE acked < sequence),
       count(*) FILTER (WHERE unknown),
       (SELECT p.error
          FROM channel_pushes AS p
         WHERE p.cell = %(cell)b
           AND p.channel = %(channel)b
           AND p.what = 'stock'
         ORDER BY p.pushed_at DESC
         LIMIT 1)
  FROM channel_levels
 WHERE cell = %(cell)b
   AND channel = %(channel)b

-- waiting_listings --
-- Listings of a channel that have changed since it has taken them, the oldest change first.
SELECT r.body, r.version, r.changed_at
  FROM records AS r
  LEFT JOIN channel_listings AS c
    ON c.cell = %(cell)b
   AND c.channel = %(channel)b
   AND c.listing = r.id
 WHERE r.cell = %(cell)b
   AND r.kind = 'listing'
   AND r.id > %(first)b
   AND r.id < %(last)b
   AND r.owner = %(channel)b
   AND r.version > coalesce(c.acked, 0)
 ORDER BY r.changed_at, r.id
 LIMIT %(most)b

-- ack_listings --
-- A channel has taken listings.
INSERT INTO channel_listings AS c (cell, channel, listing, acked, unknown)
SELECT %(cell)b, %(channel)b, t.listing, t.version, t.sku = ANY(%(unknown)b::text[])
  FROM unnest(%(listing)b::text[], %(sku)b::text[], %(version)b::bigint[]) AS t (listing, sku, version)
    ON CONFLICT (cell, channel, listing) DO UPDATE
   SET acked = greatest(c.acked, excluded.acked),
       unknown = excluded.unknown

-- waiting_listings_count --
-- How many listings a channel has not taken, since when, how many SKUs it does not know, and what went wrong last.
SELECT count(*) FILTER (WHERE r.version > coalesce(c.acked, 0)),
       min(r.changed_at) FILTER (WHERE r.version > coalesce(c.acked, 0)),
       count(*) FILTER (WHERE c.unknown),
       (SELECT p.error
          FROM channel_pushes AS p
         WHERE p.cell = %(cell)b
           AND p.channel = %(channel)b
           AND p.what = 'listings'
         ORDER BY p.pushed_at DESC
         LIMIT 1)
  FROM records AS r
  LEFT JOIN channel_listings AS c
    ON c.cell = %(cell)b
   AND c.channel = %(channel)b
   AND c.listing = r.id
 WHERE r.cell = %(cell)b
   AND r.kind = 'listing'
   AND r.id > %(first)b
   AND r.id < %(last)b
   AND r.owner = %(channel)b

-- listings_are_told_right --
-- What a channel has taken is a version of a listing of its own that there is, or has been.
WITH compared AS (
    SELECT c.listing AS key,
           CASE WHEN r.id IS NULL THEN 'there is no such listing'
                WHEN r.owner <> c.channel THEN 'it was told to ' || c.channel
                WHEN c.acked > r.version THEN 'version ' || c.acked || ' was told, and there are ' || r.version
            END AS fault
      FROM channel_listings AS c
      LEFT JOIN records AS r
        ON r.cell = %(cell)s
       AND r.kind = 'listing'
       AND r.id = c.listing
     WHERE c.cell = %(cell)s
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared

-- levels_are_told_right --
-- A figure is of a channel and a SKU that there are; made of the units that are there now, it is no more than them.
-- What a bundle is made of may be looked at later.
WITH pools AS (
    SELECT s.code AS channel, pool.value AS pool
      FROM settings AS s
     CROSS JOIN LATERAL jsonb_array_elements_text(s.body::jsonb -> 'pools') AS pool (value)
     WHERE s.cell = %(cell)s
       AND s.kind = 'channel'
), now_there AS (
    SELECT p.channel, l.sku,
           sum(greatest(0, l.promisable - l.claims - l.held - l.kept - l.threshold - l.withheld))::bigint AS units
      FROM pools AS p
      JOIN pool_levels AS l
        ON l.cell = %(cell)s
       AND l.pool = p.pool
     GROUP BY p.channel, l.sku
), compared AS (
    SELECT c.sku || ' for ' || c.channel AS key,
           CASE WHEN s.code IS NULL THEN 'there is no such channel'
                WHEN k.code IS NULL THEN 'there is no such SKU'
                WHEN c.unknown AND c.acked = 0 THEN 'it is unknown to a channel that was never told of it'
                WHEN k.body NOT LIKE '%%"components"%%' AND c.seen = coalesce(n.units, 0) AND c.quantity > c.seen
                THEN 'it is told as ' || c.quantity || ', and there are ' || c.seen
            END AS fault
      FROM channel_levels AS c
      LEFT JOIN settings AS s
        ON s.cell = %(cell)s
       AND s.kind = 'channel'
       AND s.code = c.channel
      LEFT JOIN skus AS k
        ON k.cell = %(cell)s
       AND k.code = c.sku
      LEFT JOIN now_there AS n
        ON n.channel = c.channel
       AND n.sku = c.sku
     WHERE c.cell = %(cell)s
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared

-- pushes_are_sound --
-- A set was sent to a channel that there is, after what it tells of, and was taken, or it is known why not.
WITH compared AS (
    SELECT p.channel || ' at ' || p.pushed_at AS key,
           CASE WHEN s.code IS NULL THEN 'there is no such channel'
                WHEN p.changed_at > p.pushed_at THEN 'it was sent before what it tells of'
                WHEN p.acked_at IS NULL AND p.error = '' THEN 'it was not taken, and nothing says why'
                WHEN p.acked_at IS NOT NULL AND p.error <> '' THEN 'it was taken, and has an error'
            END AS fault
      FROM channel_pushes AS p
      LEFT JOIN settings AS s
        ON s.cell = %(cell)s
       AND s.kind = 'channel'
       AND s.code = p.channel
     WHERE p.cell = %(cell)s
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
