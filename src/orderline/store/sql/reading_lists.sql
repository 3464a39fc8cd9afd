-- page --
-- One page of a list of orders: candidates in order, filtered one by one until the page is full.
SELECT c.id, c.at, o.number, o.version, o.channel, o.external_id, o.placed_at, o.phase, o.payment, o.fulfillment,
       o.returns, o.currency, o.total_minor, o.priority, o.is_test, array_to_string(o.tags, chr(31)), o.next_step,
       o.owner, o.due_at, p.name, p.email,
       CASE WHEN %(with_units)b THEN (SELECT coalesce(sum(l.ordered - l.canceled), 0)::bigint
                                        FROM order_lines AS l
                                       WHERE l.cell = %(cell)b
                                         AND l.order_id = o.id) END,
       CASE WHEN %(with_country)b THEN o.state::json #>> '{order,agreements,-1,groups,0,place,country}' END
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

-- from_custom --
-- Orders with a custom field.
        SELECT order_id AS id, NULL::timestamptz AS at
          FROM order_fields
         WHERE cell = %(cell)b
           AND name = %(name_of)b
           AND value = %(value)b
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

-- from_seen --
-- Orders that locations have, or had, work for.
        SELECT DISTINCT t.order_id AS id, NULL::timestamptz AS at
          FROM unnest(%(values)b::text[]) AS v (location)
         CROSS JOIN LATERAL (SELECT DISTINCT order_id
                               FROM fulfillment_orders
                              WHERE cell = %(cell)b
                                AND location = v.location
                                AND order_id < %(after)b
                              ORDER BY order_id DESC
                              LIMIT %(scan)b) AS t
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

-- from_steps --
-- Orders whose next step is one of several that persons have to take, the most urgent first.
        SELECT t.id, t.due_at AS at
          FROM unnest(%(values)b::text[]) AS v (step)
         CROSS JOIN LATERAL (SELECT id, due_at
                               FROM orders
                              WHERE cell = %(cell)b
                                AND next_step IN ('answer_cancel_request', 'answer_dispute', 'ask_provider', 'authorize_by_hand',
                                                  'capture_by_hand', 'collect_payment', 'decide_lost_parcel',
                                                  'extend_by_hand', 'pay_installment', 'refund_again', 'refund_by_hand',
                                                  'resolve_decline', 'supply', 'void_by_hand')
                                AND next_step = v.step
                                AND due_at < %(to_at)b
                                AND (due_at, id) > (%(after_at)b, %(after)b)
                              ORDER BY due_at, id
                              LIMIT %(scan)b) AS t
         ORDER BY t.due_at, t.id
         LIMIT %(scan)b

-- from_ids --
-- Orders that were found before.
        SELECT t.id, NULL::timestamptz AS at
          FROM unnest(%(ids)b::uuid[]) AS t (id)
         WHERE t.id < %(after)b
         ORDER BY t.id DESC
         LIMIT %(scan)b
