-- forget_names --
-- What partners were found by so far.
DELETE FROM edi_partner_names
 WHERE cell = %(cell)b
   AND partner = ANY(%(partners)b::text[])

-- save_names --
-- What partners are found by; a location that another active one has is a unique violation.
INSERT INTO edi_partner_names (cell, kind, name, partner, active)
SELECT %(cell)b, t.kind, t.name, t.partner, t.active
  FROM unnest(%(kind)b::text[], %(name)b::text[], %(partner)b::text[], %(active)b::boolean[])
       AS t (kind, name, partner, active)

-- partners_by_name --
-- Partners by their locations or by what they call themselves; those that are active first.
SELECT DISTINCT NOT n.active, n.partner, r.body
  FROM edi_partner_names AS n
  JOIN records AS r
    ON r.cell = n.cell
   AND r.kind = 'edi_partner'
   AND r.id = n.partner
 WHERE n.cell = %(cell)b
   AND n.kind = %(kind)b
   AND n.name = ANY(%(names)b::text[])
 ORDER BY 1, 2

-- warehouses_of --
-- The active partners that run locations.
SELECT r.kind, r.id, r.body
  FROM edi_partner_names AS n
  JOIN records AS r
    ON r.cell = n.cell
   AND r.kind = 'edi_partner'
   AND r.id = n.partner
 WHERE n.cell = %(cell)b
   AND n.kind = 'location'
   AND n.active
   AND n.name = ANY(%(locations)b::text[])

-- partners_have_their_names --
-- What partners are found by is what their records say.
WITH told AS (
    SELECT r.id, named.kind, named.name, r.state = 'active' AS active
      FROM records AS r
     CROSS JOIN LATERAL (
           SELECT 'sender' AS kind, r.body::jsonb #>> '{profile,theirs,id}' AS name
            UNION ALL
           SELECT 'location', jsonb_object_keys(coalesce(r.body::jsonb #> '{profile,locations}', '{}'))
           ) AS named
     WHERE r.cell = %(cell)s
       AND r.kind = 'edi_partner'
), compared AS (
    SELECT coalesce(t.id, n.partner) || ', ' || coalesce(t.kind, n.kind) || ' ' || coalesce(t.name, n.name) AS key,
           CASE WHEN n.partner IS NULL THEN 'is not found by it'
                WHEN t.id IS NULL THEN 'is found by what it has not'
                WHEN t.active <> n.active THEN 'is found in another state'
            END AS fault
      FROM told AS t
      FULL JOIN (SELECT * FROM edi_partner_names WHERE cell = %(cell)s) AS n
        ON n.partner = t.id
       AND n.kind = t.kind
       AND n.name = t.name
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
