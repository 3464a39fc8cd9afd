-- owed --
-- What companies owe and will owe, without the orders that are at hand.
SELECT company, sum(exposure_minor)
  FROM company_orders
 WHERE cell = %(cell)b
   AND company = ANY(%(companies)b::text[])
   AND exposure_minor > 0
   AND order_id <> ALL(%(orders)b::uuid[])
 GROUP BY company

-- companies_of --
-- The companies of orders.
SELECT DISTINCT company
  FROM company_orders
 WHERE cell = %(cell)b
   AND order_id = ANY(%(orders)b::uuid[])

-- orders_by_po_number --
-- Living orders by their company and its own number.
SELECT o.company, o.po_number, o.order_id
  FROM unnest(%(companies)b::text[], %(po_numbers)b::text[]) AS t (company, po_number)
  JOIN company_orders AS o
    ON o.cell = %(cell)b
   AND o.company = t.company
   AND o.po_number = t.po_number
   AND o.po_number <> ''
   AND o.live

-- read_records --
-- Records as they are, without locks.
SELECT r.kind, r.id, r.body
  FROM unnest(%(kinds)b::text[], %(ids)b::text[]) AS t (kind, id)
  JOIN records AS r
    ON r.cell = %(cell)b
   AND r.kind = t.kind
   AND r.id = t.id

-- save_company_orders --
-- Orders of companies as they stand; they are never taken away.
INSERT INTO company_orders AS c (cell, order_id, company, location, buyer, po_number, number, currency, placed_at, live,
                                 held, receivable_minor, shipped_minor, allocated_minor, waiting_minor, held_minor,
                                 deposits_minor, secured_minor, exposure_minor, billable)
SELECT %(cell)b, t.*
  FROM unnest(%(order_id)b::uuid[], %(company)b::text[], %(location)b::text[], %(buyer)b::text[],
              %(po_number)b::text[], %(number)b::text[], %(currency)b::text[], %(placed_at)b::timestamptz[],
              %(live)b::boolean[], %(held)b::boolean[], %(receivable_minor)b::bigint[], %(shipped_minor)b::bigint[],
              %(allocated_minor)b::bigint[], %(waiting_minor)b::bigint[], %(held_minor)b::bigint[],
              %(deposits_minor)b::bigint[], %(secured_minor)b::bigint[], %(exposure_minor)b::bigint[],
              %(billable)b::boolean[]) AS t
ON CONFLICT (cell, order_id) DO UPDATE
   SET live = excluded.live,
       held = excluded.held,
       receivable_minor = excluded.receivable_minor,
       shipped_minor = excluded.shipped_minor,
       allocated_minor = excluded.allocated_minor,
       waiting_minor = excluded.waiting_minor,
       held_minor = excluded.held_minor,
       deposits_minor = excluded.deposits_minor,
       secured_minor = excluded.secured_minor,
       exposure_minor = excluded.exposure_minor,
       billable = excluded.billable

-- list_company_orders --
-- Orders of companies in the order they were placed; what is not given is no limit.
SELECT order_id, number, company, location, buyer, po_number, currency, placed_at, live, held, receivable_minor,
       shipped_minor, allocated_minor, waiting_minor, held_minor, deposits_minor, secured_minor, exposure_minor
  FROM company_orders
 WHERE cell = %(cell)b
   AND (%(company)b::text IS NULL OR company = %(company)b)
   AND (%(po_number)b::text IS NULL OR po_number = %(po_number)b)
   AND (%(open)b::boolean IS NULL OR (exposure_minor > 0) = %(open)b)
   AND (%(held)b::boolean IS NULL OR held = %(held)b)
   AND (placed_at, order_id) > (%(placed_at)b::timestamptz, %(after)b::uuid)
 ORDER BY placed_at, order_id
 LIMIT %(most)b

-- exposure --
-- What a company owes and will owe, by what it is made of.
SELECT coalesce(sum(receivable_minor), 0), coalesce(sum(shipped_minor), 0), coalesce(sum(allocated_minor), 0),
       coalesce(sum(waiting_minor), 0), coalesce(sum(held_minor), 0), coalesce(sum(deposits_minor), 0),
       coalesce(sum(secured_minor), 0), coalesce(sum(exposure_minor), 0), count(*) FILTER (WHERE held)
  FROM company_orders
 WHERE cell = %(cell)b
   AND company = %(company)b

-- billable --
-- Orders of companies of which something is to go on a collected invoice, the first first.
SELECT company, order_id
  FROM company_orders
 WHERE cell = %(cell)b
   AND company = ANY(%(companies)b::text[])
   AND billable
 ORDER BY company, placed_at, order_id
 LIMIT %(most)b

-- held_for_credit --
-- Orders of a company that are held for its limit, the first first.
SELECT order_id
  FROM company_orders
 WHERE cell = %(cell)b
   AND company = %(company)b
   AND held
 ORDER BY placed_at, order_id
 LIMIT %(most)b

-- owed_before --
-- What a company owed by its invoices when a day began, as the books say.
SELECT coalesce(sum(p.amount_minor), 0)
  FROM company_orders AS o
  JOIN postings AS p
    ON p.cell = o.cell
   AND p.source_kind = 'order'
   AND p.source = o.order_id::text
   AND p.account = 'receivable'
   AND p.currency = o.currency
   AND right(p.entity, 5) <> ':test'
   AND p.day < %(day)b
 WHERE o.cell = %(cell)b
   AND o.company = %(company)b
   AND o.currency = %(currency)b

-- statement_lines --
-- What has changed what a company owes by its invoices, from day to day.
SELECT p.day, o.order_id, o.number, p.cause, sum(p.amount_minor), p.document, o.po_number
  FROM company_orders AS o
  JOIN postings AS p
    ON p.cell = o.cell
   AND p.source_kind = 'order'
   AND p.source = o.order_id::text
   AND p.account = 'receivable'
   AND p.currency = o.currency
   AND right(p.entity, 5) <> ':test'
   AND p.day BETWEEN %(since)b AND %(until)b
 WHERE o.cell = %(cell)b
   AND o.company = %(company)b
   AND o.currency = %(currency)b
 GROUP BY p.day, p.recorded_at, o.order_id, o.number, p.seq, p.cause, p.document, o.po_number
HAVING sum(p.amount_minor) <> 0
 ORDER BY p.day, p.recorded_at, o.order_id, p.seq
 LIMIT %(most)b

-- receivables --
-- Orders of a company of which something is invoiced and not paid, the first first.
SELECT order_id, receivable_minor
  FROM company_orders
 WHERE cell = %(cell)b
   AND company = %(company)b
   AND currency = %(currency)b
   AND receivable_minor > 0
 ORDER BY placed_at, order_id
 LIMIT %(most)b

-- open_receivables --
-- What stands on receivable at the end of a day, by order and its company, or of what is no order.
WITH open AS (
    SELECT CASE WHEN source_kind = 'order' THEN source::uuid END AS order_id, currency, sum(amount_minor)::bigint AS amount
      FROM postings
     WHERE cell = %(cell)b
       AND entity = %(entity)b
       AND account = 'receivable'
       AND day <= %(until)b
     GROUP BY 1, 2
    HAVING sum(amount_minor) <> 0
)
SELECT w.order_id, coalesce(c.company, ''), w.currency::text, w.amount
  FROM open AS w
  LEFT JOIN company_orders AS c
    ON c.cell = %(cell)b
   AND c.order_id = w.order_id
 WHERE %(company)b::text IS NULL
    OR coalesce(c.company, '') = %(company)b
 ORDER BY w.order_id

-- invoices_of --
-- The invoices of orders, and those over several orders of companies.
SELECT body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'document'
   AND subject = ANY(%(subjects)b::text[])
   AND state = 'invoice'
   AND body::jsonb ->> 'entity' = %(entity)b
 ORDER BY id
