-- save_appeasements --
-- Money that was given, or taken back; rows never change.
INSERT INTO appeasements (cell, order_id, number, reason, given_by, given_at, currency, goodwill, destination, net_minor,
                          tax_minor, undoes, counted, counted_at)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(number)b::integer[], %(reason)b::text[], %(given_by)b::text[],
              %(given_at)b::timestamptz[], %(currency)b::text[], %(goodwill)b::boolean[], %(destination)b::text[],
              %(net_minor)b::bigint[], %(tax_minor)b::bigint[], %(undoes)b::integer[], %(counted)b::text[],
              %(counted_at)b::timestamptz[]) AS t
ON CONFLICT DO NOTHING

-- sum_appeasements --
-- What was given in a time, by channel, reason and who gave it; what was taken back is taken off. Test orders do not count.
SELECT o.channel, a.reason, a.given_by, a.currency, a.goodwill, a.destination,
       sum(CASE WHEN a.undoes = 0 THEN 1 ELSE -1 END)::bigint, sum(a.net_minor)::bigint, sum(a.tax_minor)::bigint
  FROM appeasements AS a
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = a.order_id
 WHERE a.cell = %(cell)b
   AND a.given_at >= %(since)b
   AND a.given_at < %(until)b
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
 GROUP BY o.channel, a.reason, a.given_by, a.currency, a.goodwill, a.destination
 ORDER BY sum(a.net_minor + a.tax_minor) DESC, o.channel, a.reason, a.given_by, a.currency, a.destination

-- appeasements_before --
-- What was given in a time, and what was taken back, before a place, the last first. Test orders do not count.
SELECT a.order_id, o.number, o.channel, a.number, a.reason, a.given_by, a.given_at, a.currency::text, a.goodwill, a.destination,
       a.net_minor, a.tax_minor, a.undoes
  FROM appeasements AS a
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = a.order_id
 WHERE a.cell = %(cell)b
   AND a.given_at >= %(since)b
   AND a.given_at < %(until)b
   AND (a.given_at, a.order_id, a.number) < (%(after_at)b::timestamptz, %(after)b::uuid, %(after_number)b)
   AND NOT o.is_test
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND (%(reason)b = '' OR a.reason = %(reason)b)
   AND (%(given_by)b = '' OR a.given_by = %(given_by)b)
   AND (%(currency)b = '' OR a.currency = %(currency)b)
   AND (%(destination)b = '' OR a.destination = %(destination)b)
   AND (%(goodwill)b::boolean IS NULL OR a.goodwill = %(goodwill)b)
 ORDER BY a.given_at DESC, a.order_id DESC, a.number DESC
 LIMIT %(most)b

-- appeasements_between --
-- The money given on the orders between two ids without goods coming back.
SELECT order_id, number, reason, given_by, given_at, currency, goodwill, destination, net_minor, tax_minor, undoes,
       counted, counted_at
  FROM appeasements
 WHERE cell = %(cell)s
   AND order_id > %(after)s
   AND order_id <= %(last)s
 ORDER BY order_id, number

-- budgets_are_counted --
-- What is spent of each budget, by currency and period, is what orders say was counted on it since its period was set.
WITH budgets AS (
    SELECT id, body::json ->> 'period' AS period, body::json -> 'spent' AS spent,
           (body::json ->> 'since')::timestamptz AS since
      FROM records
     WHERE cell = %(cell)s
       AND kind = 'appeasement_budget'
), told AS (
    SELECT b.id, split_part(s.key, ' ', 1) AS currency, split_part(s.key, ' ', 2)::date AS day, s.value::bigint AS amount
      FROM budgets AS b, json_each_text(b.spent) AS s
), counted AS (
    SELECT b.id, a.currency::text AS currency, date_trunc(b.period, a.counted_at AT TIME ZONE 'UTC')::date AS day,
           sum(a.net_minor + a.tax_minor)::bigint AS amount
      FROM appeasements AS a, unnest(string_to_array(a.counted, E'\n')) AS c (id)
      JOIN budgets AS b
        ON b.id = c.id
     WHERE a.cell = %(cell)s
       AND a.counted <> ''
       AND (b.since IS NULL OR a.counted_at >= b.since)
     GROUP BY b.id, a.currency, date_trunc(b.period, a.counted_at AT TIME ZONE 'UTC')
), wrong AS (
    SELECT format('%%s: %%s in %%s says %%s, orders say %%s', coalesce(t.id, c.id), coalesce(t.day, c.day),
                  coalesce(t.currency, c.currency), coalesce(t.amount, 0), coalesce(c.amount, 0)) AS fault
      FROM told AS t
      FULL JOIN counted AS c
        ON c.id = t.id
       AND c.currency = t.currency
       AND c.day = t.day
     WHERE coalesce(t.amount, 0) <> coalesce(c.amount, 0)
       AND coalesce(t.day, c.day) >= (SELECT coalesce(min(o.day), 'infinity') FROM told AS o WHERE o.id = coalesce(t.id, c.id))
)
SELECT (SELECT count(*) FROM told),
       (SELECT count(*) FROM wrong),
       (SELECT coalesce(array_agg(fault), '{}') FROM (SELECT fault FROM wrong ORDER BY fault LIMIT %(most)s) AS few)
