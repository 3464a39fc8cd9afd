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

-- where_custom --
-- Orders with all of these custom fields.
NOT EXISTS (SELECT
              FROM unnest(%(custom)b::text[], %(custom_values)b::text[]) AS t (name, value)
             WHERE NOT EXISTS (SELECT
                                 FROM order_fields AS f
                                WHERE f.cell = %(cell)b
                                  AND f.order_id = o.id
                                  AND f.name = t.name
                                  AND f.value = t.value)
            OFFSET 0)

-- where_is_test --
-- Test orders, or others.
o.is_test = %(is_test)b::boolean

-- where_owners --
-- Orders by who owns their next step.
o.owner = ANY(%(owners)b::text[])

-- where_next_steps --
-- Orders by their next step.
o.next_step = ANY(%(next_steps)b::text[])

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
