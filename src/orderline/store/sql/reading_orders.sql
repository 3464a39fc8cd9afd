-- read_orders --
-- Orders as they are, by id or by number.
SELECT id, number, version, channel, state
  FROM orders
 WHERE cell = %(cell)b
   AND id = ANY(%(ids)b::uuid[])
 UNION ALL
SELECT id, number, version, channel, state
  FROM orders
 WHERE cell = %(cell)b
   AND number = ANY(%(numbers)b::text[])

-- read_people --
-- Personal data behind tokens.
SELECT token, name, email, phone, address, erased_at
  FROM people
 WHERE cell = %(cell)b
   AND token = ANY(%(tokens)b::uuid[])

-- read_entries --
-- The journal of orders; nothing was recorded before the first of them was accepted.
SELECT order_id, seq, body
  FROM journal
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])
   AND recorded_at >= %(since)b

-- read_decisions --
-- Decisions made for orders, oldest first.
SELECT order_id, body
  FROM decisions
 WHERE cell = %(cell)b
   AND order_id = ANY(%(ids)b::uuid[])
   AND decided_at >= %(since)b
 ORDER BY order_id, decided_at, id

-- page --
-- One page of a list of orders: candidates in order, filtered one by one until the page is full.
SELECT c.id, c.at, o.number, o.version, o.channel, o.external_id, o.placed_at, o.phase, o.payment, o.fulfillment,
       o.returns, o.currency, o.total_minor, o.priority, o.is_test, array_to_string(o.tags, chr(31)), o.next_step,
       o.owner, o.due_at, p.name, p.email
  FROM (
/* candidates */
       ) AS c
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = c.id
  LEFT JOIN people AS p
    ON %(with_people)b
   AND p.cell = %(cell)b
   AND p.token = o.person
/* filters */
 ORDER BY /* order */
 LIMIT %(most)b

-- last_candidate --
-- Where the candidates of a page end, when there are more than were looked at.
SELECT c.id, c.at
  FROM (
/* candidates */
       ) AS c
 ORDER BY /* order */
OFFSET %(scan)b - 1
 LIMIT 1

-- from_newest --
-- All orders, newest first.
        SELECT id, NULL::timestamptz AS at
          FROM orders
         WHERE cell = %(cell)b
           AND id < %(after)b
         ORDER BY id DESC
         LIMIT %(scan)b

-- from_phase --
-- Orders in one phase.
        SELECT id, NULL::timestamptz AS at
          FROM orders
         WHERE cell = %(cell)b
           AND phase = %(value)b
           AND id < %(after)b
         ORDER BY id DESC
         LIMIT %(scan)b

-- from_phases --
-- Orders in one of several phases, each newest first.
        SELECT t.id, NULL::timestamptz AS at
          FROM unnest(%(values)b::text[]) AS v (phase)
         CROSS JOIN LATERAL (SELECT id
                               FROM orders
                              WHERE cell = %(cell)b
                                AND phase = v.phase
                                AND id < %(after)b
                              ORDER BY id DESC
                              LIMIT %(scan)b) AS t
         ORDER BY t.id DESC
         LIMIT %(scan)b

-- from_payments --
-- Orders whose payment is out of the ordinary.
        SELECT t.id, NULL::timestamptz AS at
          FROM unnest(%(values)b::text[]) AS v (payment)
         CROSS JOIN LATERAL (SELECT id
                               FROM orders
                              WHERE cell = %(cell)b
                                AND payment NOT IN ('none', 'pending', 'authorized', 'paid')
                                AND payment = v.payment
                                AND id < %(after)b
                              ORDER BY id DESC
                              LIMIT %(scan)b) AS t
         ORDER BY t.id DESC
         LIMIT %(scan)b

-- from_returns --
-- Orders of which something came back.
        SELECT t.id, NULL::timestamptz AS at
          FROM unnest(%(values)b::text[]) AS v (returns)
         CROSS JOIN LATERAL (SELECT id
                               FROM orders
                              WHERE cell = %(cell)b
                                AND returns <> 'none'
                                AND returns = v.returns
                                AND id < %(after)b
                              ORDER BY id DESC
                              LIMIT %(scan)b) AS t
         ORDER BY t.id DESC
         LIMIT %(scan)b

-- from_email --
-- Orders of an email address.
        SELECT DISTINCT order_id AS id, NULL::timestamptz AS at
          FROM people
         WHERE cell = %(cell)b
           AND email <> ''
           AND lower(email) = %(value)b
           AND order_id < %(after)b
         ORDER BY order_id DESC
         LIMIT %(scan)b

-- from_sku --
-- Orders with a line of a SKU.
        SELECT DISTINCT order_id AS id, NULL::timestamptz AS at
          FROM order_lines
         WHERE cell = %(cell)b
           AND sku = %(value)b
           AND order_id < %(after)b
         ORDER BY order_id DESC
         LIMIT %(scan)b

-- from_holds --
-- Orders with a hold.
        SELECT DISTINCT order_id AS id, NULL::timestamptz AS at
          FROM holds
         WHERE cell = %(cell)b
           AND order_id < %(after)b
         ORDER BY order_id DESC
         LIMIT %(scan)b

-- from_locations --
-- Orders that locations have open work for; fenced off, so that it is looked up by location.
        SELECT t.order_id AS id, NULL::timestamptz AS at
          FROM (SELECT order_id
                  FROM fulfillment_orders
                 WHERE cell = %(cell)b
                   AND location = ANY(%(values)b::text[])
                   AND execution IN ('open', 'in_progress')
                   AND order_id < %(after)b
                OFFSET 0) AS t
         GROUP BY t.order_id
         ORDER BY t.order_id DESC
         LIMIT %(scan)b

-- from_tag --
-- Orders with tags; fenced off, so that they are looked up by tag.
        SELECT t.id, NULL::timestamptz AS at
          FROM (SELECT id
                  FROM orders
                 WHERE cell = %(cell)b
                   AND tags <> '{}'
                   AND tags @> %(values)b::text[]
                   AND id < %(after)b
                OFFSET 0) AS t
         ORDER BY t.id DESC
         LIMIT %(scan)b

-- from_tagged --
-- Orders with any tag, newest first.
        SELECT id, NULL::timestamptz AS at
          FROM orders
         WHERE cell = %(cell)b
           AND tags <> '{}'
           AND id < %(after)b
         ORDER BY id DESC
         LIMIT %(scan)b

-- count_tagged --
-- How many of the newest orders with any tag have these.
SELECT count(*)
  FROM (SELECT tags
          FROM orders
         WHERE cell = %(cell)b
           AND tags <> '{}'
           AND id < %(after)b
         ORDER BY id DESC
         LIMIT %(scan)b) AS t
 WHERE t.tags @> %(tags)b::text[]

-- from_placed --
-- Orders by when they were placed, the last first.
        SELECT id, placed_at AS at
          FROM orders
         WHERE cell = %(cell)b
           AND placed_at >= %(from_at)b
           AND placed_at < %(to_at)b
           AND (placed_at, id) < (%(after_at)b, %(after)b)
         ORDER BY placed_at DESC, id DESC
         LIMIT %(scan)b

-- from_due --
-- Orders by when their next step is due, the most urgent first.
        SELECT id, due_at AS at
          FROM orders
         WHERE cell = %(cell)b
           AND due_at IS NOT NULL
           AND due_at < %(to_at)b
           AND (due_at, id) > (%(after_at)b, %(after)b)
         ORDER BY due_at, id
         LIMIT %(scan)b

-- from_ids --
-- Orders that were found before.
        SELECT t.id, NULL::timestamptz AS at
          FROM unnest(%(ids)b::uuid[]) AS t (id)
         WHERE t.id < %(after)b
         ORDER BY t.id DESC
         LIMIT %(scan)b

-- find_codes --
-- Orders by what they are called: number, external id, tracking number.
SELECT id
  FROM orders
 WHERE cell = %(cell)b
   AND number = ANY(%(numbers)b::text[])
 UNION
SELECT o.id
  FROM unnest(%(known_channels)b::text[]) AS c (channel)
 CROSS JOIN unnest(%(external_ids)b::text[]) AS e (external_id)
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.channel = c.channel
   AND o.external_id = e.external_id
 UNION
(SELECT order_id
   FROM parcels
  WHERE cell = %(cell)b
    AND tracking_number <> ''
    AND tracking_number = ANY(%(tracking)b::text[])
  LIMIT %(scan)b)

-- find_by_email --
-- Orders of people whose email address begins so, in no order.
SELECT order_id
  FROM people
 WHERE cell = %(cell)b
   AND email <> ''
   AND lower(email) ~>=~ %(low)b
   AND lower(email) ~<=~ %(high)b
 LIMIT %(scan)b

-- find_by_name --
-- Orders of people whose name begins so, in no order.
SELECT order_id
  FROM people
 WHERE cell = %(cell)b
   AND name <> ''
   AND lower(name) ~>=~ %(low)b
   AND lower(name) ~<=~ %(high)b
 LIMIT %(scan)b

-- find_newest_people --
-- The newest people, to be searched for what too many have in common.
SELECT order_id,
       coalesce(lower(email) ~>=~ %(email_low)b::text AND lower(email) ~<=~ %(email_high)b::text, false)
       OR coalesce(lower(name) ~>=~ %(name_low)b::text AND lower(name) ~<=~ %(name_high)b::text, false) AS found
  FROM people
 WHERE cell = %(cell)b
   AND token < %(after)b
 ORDER BY token DESC
 LIMIT %(scan)b

-- find_by_sku --
-- The newest orders with a line of a SKU.
SELECT DISTINCT order_id
  FROM order_lines
 WHERE cell = %(cell)b
   AND sku = %(sku)b
   AND order_id < %(after)b
 ORDER BY order_id DESC
 LIMIT %(scan)b

-- where_channels --
-- Orders of channels.
o.channel = ANY(%(channels)b::text[])

-- where_phases --
-- Orders in phases.
o.phase = ANY(%(phases)b::text[])

-- where_payments --
-- Orders by how they are paid.
o.payment = ANY(%(payments)b::text[])

-- where_fulfillments --
-- Orders by how far they are fulfilled.
o.fulfillment = ANY(%(fulfillments)b::text[])

-- where_returns --
-- Orders by what came back.
o.returns = ANY(%(returns)b::text[])

-- where_numbers --
-- Orders by number.
o.number = ANY(%(numbers)b::text[])

-- where_external_ids --
-- Orders by what their channels call them.
o.external_id = ANY(%(external_ids)b::text[])

-- where_tags --
-- Orders with all of these tags.
o.tags @> %(tags)b::text[]

-- where_is_test --
-- Test orders, or others.
o.is_test = %(is_test)b::boolean

-- where_owners --
-- Orders by who owns their next step.
o.owner = ANY(%(owners)b::text[])

-- where_due_before --
-- Orders by when their next step is due.
o.due_at < %(due_before)b::timestamptz

-- where_placed_from --
-- Orders placed from an instant on.
o.placed_at >= %(placed_from)b::timestamptz

-- where_placed_to --
-- Orders placed before an instant.
o.placed_at < %(placed_to)b::timestamptz

-- where_skus --
-- Orders with a line of a SKU; as the others below looked up for one order at a time.
EXISTS (SELECT
          FROM order_lines AS l
         WHERE l.cell = %(cell)b
           AND l.order_id = o.id
           AND l.sku = ANY(%(skus)b::text[])
        OFFSET 0)

-- where_has_hold --
-- Orders with a hold, or without.
%(has_hold)b::boolean = EXISTS (SELECT
                                  FROM holds AS h
                                 WHERE h.cell = %(cell)b
                                   AND h.order_id = o.id
                                OFFSET 0)

-- where_open_at --
-- Orders that locations have open work for.
EXISTS (SELECT
          FROM fulfillment_orders AS f
         WHERE f.cell = %(cell)b
           AND f.order_id = o.id
           AND f.execution IN ('open', 'in_progress')
           AND f.location = ANY(%(open_at)b::text[])
        OFFSET 0)

-- where_seen_at --
-- Orders that locations have, or had, work for.
EXISTS (SELECT
          FROM fulfillment_orders AS f
         WHERE f.cell = %(cell)b
           AND f.order_id = o.id
           AND f.location = ANY(%(seen_at)b::text[])
        OFFSET 0)

-- where_email --
-- Orders of people by email. The tokens of an order differ in their last byte only.
EXISTS (SELECT
          FROM (SELECT email
                  FROM people
                 WHERE cell = %(cell)b
                   AND token >= (left(o.person::text, 34) || '00')::uuid
                   AND token <= (left(o.person::text, 34) || 'ff')::uuid
                 ORDER BY token
                 LIMIT 128) AS e
         WHERE lower(e.email) ~>=~ %(email)b::text
           AND lower(e.email) ~<=~ %(email_end)b::text
        OFFSET 0)

-- where_name --
-- Orders of people by name.
EXISTS (SELECT
          FROM (SELECT name
                  FROM people
                 WHERE cell = %(cell)b
                   AND token >= (left(o.person::text, 34) || '00')::uuid
                   AND token <= (left(o.person::text, 34) || 'ff')::uuid
                 ORDER BY token
                 LIMIT 128) AS n
         WHERE lower(n.name) ~>=~ %(name)b::text
           AND lower(n.name) ~<=~ %(name_end)b::text
        OFFSET 0)
