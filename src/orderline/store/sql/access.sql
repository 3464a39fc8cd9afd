-- insert_key --
-- A new API key; only the hash of its secret is kept.
INSERT INTO api_keys (cell, id, name, hash, scopes, channels, locations, per_minute, holds, person,
                      appeasements, money, created_at)
VALUES (%(cell)s, %(id)s, %(name)s, %(hash)s, %(scopes)s, %(channels)s, %(locations)s, %(per_minute)s, %(holds)s,
        %(person)s, %(appeasements)s, %(money)s, now())
    ON CONFLICT DO NOTHING
RETURNING id

-- find_key --
-- One key that has not been revoked.
SELECT id, name, scopes, channels, locations, per_minute, hash, holds, person,
       appeasements, money
  FROM api_keys
 WHERE cell = %(cell)s
   AND id = %(id)s
   AND revoked_at IS NULL

-- list_keys --
-- All keys, newest first, the revoked ones among them.
SELECT id, name, scopes, channels, locations, per_minute, created_at, revoked_at, last_used_at, holds, person,
       appeasements, money
  FROM api_keys
 WHERE cell = %(cell)s
 ORDER BY created_at DESC, id
 LIMIT 1000

-- read_key --
-- A key by its id, revoked or not.
SELECT id, name, scopes, channels, locations, per_minute, created_at, revoked_at, last_used_at, holds, person,
       appeasements, money
  FROM api_keys
 WHERE cell = %(cell)s
   AND id = %(id)s

-- revoke_key --
-- End a key for good; a revoked one keeps its time.
UPDATE api_keys
   SET revoked_at = coalesce(revoked_at, now())
 WHERE cell = %(cell)s
   AND id = %(id)s
RETURNING id, name, scopes, channels, locations, per_minute, created_at, revoked_at, last_used_at, holds, person,
       appeasements, money

-- note_use --
-- When a key was last used, to the minute or so.
UPDATE api_keys
   SET last_used_at = now()
 WHERE cell = %(cell)s
   AND id = %(id)s
RETURNING id

-- orders_by_id --
-- Which channel orders belong to, by id.
SELECT o.id::text, o.id, o.channel
  FROM orders AS o
 WHERE o.cell = %(cell)s
   AND o.id = ANY(%(references)s::uuid[])

-- orders_by_number --
-- Orders by the number people read, with their channel.
SELECT o.number, o.id, o.channel
  FROM orders AS o
 WHERE o.cell = %(cell)s
   AND o.number = ANY(%(references)s::text[])

-- orders_at --
-- Which of these orders locations have, or had, work for, or are to hand over.
SELECT o.id
  FROM orders AS o
 WHERE o.cell = %(cell)s
   AND o.id = ANY(%(orders)s::uuid[])
   AND (EXISTS (SELECT
                  FROM fulfillment_orders AS f
                 WHERE f.cell = o.cell
                   AND f.order_id = o.id
                   AND f.location = ANY(%(locations)s::text[]))
        OR EXISTS (SELECT
                     FROM jsonb_array_elements(o.state::jsonb #> '{order,agreement,groups}') AS g
                    WHERE g ->> 'pickup_location' = ANY(%(locations)s::text[])))

-- locations_of --
-- Where the fulfillment orders of an order are worked on.
SELECT number, location
  FROM fulfillment_orders
 WHERE cell = %(cell)s
   AND order_id = %(order)s

-- locations_of_parcels --
-- Where the parcels of an order were packed.
SELECT p.number, f.location
  FROM parcels AS p
  JOIN fulfillment_orders AS f
    ON f.cell = p.cell
   AND f.order_id = p.order_id
   AND f.number = p.fulfillment
 WHERE p.cell = %(cell)s
   AND p.order_id = %(order)s
