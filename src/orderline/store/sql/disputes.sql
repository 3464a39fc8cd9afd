-- list_disputes --
-- Disputes by when an answer is due, those without a time last; of channels and locations, where these are given.
SELECT d.order_id, o.number, o.channel, o.currency::text, d.number, d.provider, d.reference, d.stage, d.answer, d.reason,
       d.fraud, d.amount_minor, d.opened_at, d.due_at
  FROM order_disputes AS d
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = d.order_id
 WHERE d.cell = %(cell)b
   AND (coalesce(d.due_at, 'infinity'::timestamptz), d.order_id, d.number)
       > (%(after)b::text::timestamptz, %(after_order)b::uuid, %(after_number)b::int)
   AND (%(due_before)b::timestamptz IS NULL OR d.due_at < %(due_before)b)
   AND (%(stages)b::text[] IS NULL OR d.stage = ANY(%(stages)b::text[]))
   AND (%(providers)b::text[] IS NULL OR d.provider = ANY(%(providers)b::text[]))
   AND (%(reasons)b::text[] IS NULL OR d.reason = ANY(%(reasons)b::text[]))
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(o.id) */
   /* answer */
 ORDER BY coalesce(d.due_at, 'infinity'::timestamptz), d.order_id, d.number
 LIMIT %(most)b
