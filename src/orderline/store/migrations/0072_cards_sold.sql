-- Which order a gift card was sold on, and what was put on it then: told by its entries, kept beside its balance from now on.
UPDATE records AS r
   SET body = left(r.body, -1) || format(',"sold_on":"%s"', s.sold_on)
              || CASE WHEN s.sold_minor = 0 THEN '' ELSE format(',"sold_minor":%s', s.sold_minor) END || '}'
  FROM (SELECT a.cell, a.kind, a.id, min(e.body ->> 'order') AS sold_on, sum((e.body ->> 'amount_minor')::bigint) AS sold_minor
          FROM records AS a
         CROSS JOIN LATERAL json_array_elements(a.body::json -> 'entries') AS e (body)
         WHERE a.kind = 'credit_account'
           AND strpos(a.body, '"cause":"sold"') > 0
           AND e.body ->> 'cause' = 'sold'
           AND e.body ->> 'order' <> ''
         GROUP BY a.cell, a.kind, a.id) AS s
 WHERE r.cell = s.cell
   AND r.kind = s.kind
   AND r.id = s.id;
