-- load_people --
-- Who is behind tokens: for labels and messages, never for the journal.
SELECT token, name, email, phone, address
  FROM people
 WHERE cell = %(cell)b
   AND token = ANY(%(tokens)b::uuid[])

-- load_customers --
-- Whom messages about orders go to.
SELECT o.id, o.number, p.name, p.email
  FROM orders AS o
  JOIN people AS p
    ON p.cell = %(cell)b
   AND p.token = o.person
 WHERE o.cell = %(cell)b
   AND o.id = ANY(%(ids)b::uuid[])
