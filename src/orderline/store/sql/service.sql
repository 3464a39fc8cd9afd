-- count_service --
-- Add to what locations were offered, have accepted and have rejected; always in one order.
INSERT INTO service_counts AS s (cell, location, sku, day, offered, accepted, rejected)
SELECT %(cell)b, t.location, t.sku, t.day, t.offered, t.accepted, t.rejected
  FROM unnest(%(location)b::text[], %(sku)b::text[], %(day)b::date[], %(offered)b::bigint[], %(accepted)b::bigint[],
              %(rejected)b::bigint[]) AS t (location, sku, day, offered, accepted, rejected)
 ORDER BY t.location, t.sku, t.day
    ON CONFLICT (cell, location, sku, day) DO UPDATE
   SET offered = s.offered + excluded.offered,
       accepted = s.accepted + excluded.accepted,
       rejected = s.rejected + excluded.rejected

-- service_of --
-- How a location has served SKUs since a day; the SKUs it rejects most first.
SELECT sku, sum(offered)::bigint AS offered, sum(accepted)::bigint AS accepted, sum(rejected)::bigint AS rejected
  FROM service_counts
 WHERE cell = %(cell)b
   AND location = %(location)b
   AND day >= %(since)b
   AND (%(skus)b::text[] IS NULL OR sku = ANY(%(skus)b))
 GROUP BY sku
 ORDER BY sum(rejected) DESC, sku
 LIMIT %(most)b

-- service_days --
-- Units that locations were offered and have rejected from a day on, and in the days before it since another.
SELECT location,
       coalesce(sum(offered) FILTER (WHERE day >= %(day)b), 0)::bigint,
       sum(rejected) FILTER (WHERE day >= %(day)b)::bigint,
       coalesce(sum(offered) FILTER (WHERE day < %(day)b), 0)::bigint,
       coalesce(sum(rejected) FILTER (WHERE day < %(day)b), 0)::bigint
  FROM service_counts
 WHERE cell = %(cell)b
   AND day >= %(since)b
 GROUP BY location
HAVING sum(rejected) FILTER (WHERE day >= %(day)b) > 0
 ORDER BY location

-- service_counted --
-- All that was counted, for comparison with the journal; read as a stream.
SELECT location, sku, day, offered, accepted, rejected
  FROM service_counts
 WHERE cell = %(cell)s
