-- settled_to --
-- How far a provider's settlements have been read, or since when it is compared.
SELECT settled_to, checked_to
  FROM payment_checks
 WHERE cell = %(cell)b
   AND provider = %(provider)b

-- save_settled_to --
-- A provider's settlements have been read so far.
UPDATE payment_checks
   SET settled_to = %(settled_to)b
 WHERE cell = %(cell)b
   AND provider = %(provider)b

-- save_entries --
-- What a provider lists, once; that it is a part of a payout may come to be known later. Gives what is new.
INSERT INTO settlement_entries AS s (cell, provider, entry, kind, gross_minor, fee_minor, net_minor, currency, occurred_at,
                                     reference, payment, payout, named, order_id, text, found_at)
SELECT %(cell)b, %(provider)b, t.entry, t.kind, t.gross_minor, t.fee_minor, t.net_minor, t.currency, t.occurred_at,
       t.reference, t.payment, t.payout, t.payout <> '', t.order_id, t.text, %(now)b
  FROM unnest(%(entry)b::text[], %(kind)b::text[], %(gross)b::bigint[], %(fee)b::bigint[], %(net)b::bigint[],
              %(currency)b::text[], %(occurred_at)b::timestamptz[], %(reference)b::text[], %(payment)b::text[],
              %(payout)b::text[], %(order_id)b::uuid[], %(text)b::text[])
       AS t (entry, kind, gross_minor, fee_minor, net_minor, currency, occurred_at, reference, payment, payout, order_id, text)
 ORDER BY t.entry
    ON CONFLICT (cell, provider, entry) DO UPDATE
   SET payout = excluded.payout,
       named = true
 WHERE s.payout = ''
   AND excluded.payout <> ''
RETURNING entry, (xmax = 0) AS is_new

-- place_entries --
-- Payments of no order whose order has come since.
UPDATE settlement_entries AS s
   SET order_id = r.order_id
  FROM payment_references AS r
 WHERE s.cell = %(cell)b
   AND s.provider = %(provider)b
   AND s.order_id IS NULL
   AND s.payment <> ''
   AND r.cell = s.cell
   AND r.provider = s.provider
   AND r.reference = s.payment

-- open_payouts --
-- Payouts that are not in the books yet, the oldest first.
SELECT entry, payout, gross_minor, fee_minor, net_minor, currency::text, occurred_at
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND kind = 'payout'
   AND NOT booked
 ORDER BY occurred_at, entry

-- assign_entries --
-- Where a provider does not say what a payout is made of, it is what happened before it and is in no other.
UPDATE settlement_entries
   SET payout = %(payout)b
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND currency = %(currency)b
   AND payout = ''
   AND NOT booked
   AND occurred_at <= %(until)b
   AND kind <> 'payout_failed'
   AND NOT EXISTS (SELECT
                     FROM records AS r
                    WHERE r.cell = %(cell)b
                      AND r.kind = 'payout'
                      AND r.id = %(provider)b || ':' || %(payout)b)

-- parts_of_payout --
-- What a payout is made of.
SELECT entry, kind, gross_minor, fee_minor, currency::text, named
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND payout = %(payout)b

-- is_named --
-- Whether a provider says of any entry but the payout itself that it is a part of it.
SELECT EXISTS (SELECT
                 FROM settlement_entries
                WHERE cell = %(cell)b
                  AND provider = %(provider)b
                  AND payout = %(payout)b
                  AND named
                  AND kind <> 'payout')

-- mark_booked --
-- Entries that are in the books.
UPDATE settlement_entries
   SET booked = true
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND entry = ANY(%(entries)b::text[])

-- failed_payouts --
-- Payouts that the bank has sent back, and the books do not know of.
SELECT entry, reference, occurred_at
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND kind = 'payout_failed'
   AND NOT booked
 ORDER BY occurred_at, entry

-- settled_of_orders --
-- What a provider has settled of the payments of orders: (order, kind, currency, gross, the last entry and when).
SELECT order_id, kind, currency::text, sum(gross_minor)::bigint, max(entry), max(occurred_at)
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND order_id = ANY(%(orders)b::uuid[])
   AND kind IN ('capture', 'refund', 'refund_reversed')
 GROUP BY order_id, kind, currency

-- unsettled --
-- Captures in a span of time that the provider has not settled: (order, currency, amount, when).
SELECT p.source::uuid, p.currency::text, sum(p.amount_minor)::bigint, max(p.recorded_at)
  FROM postings AS p
 WHERE p.cell = %(cell)b
   AND p.account = 'psp_clearing'
   AND p.sub = %(provider)b
   AND p.cause = 'captured'
   AND p.source_kind = 'order'
   AND p.entity NOT LIKE '%%:test'
   AND p.recorded_at >= %(since)b
   AND p.recorded_at < %(until)b
   AND NOT EXISTS (SELECT
                     FROM settlement_entries AS s
                    WHERE s.cell = %(cell)b
                      AND s.provider = %(provider)b
                      AND s.order_id = p.source::uuid
                      AND s.kind = 'capture')
 GROUP BY p.source, p.currency
 ORDER BY 4, 1

-- settle_found --
-- Differences that are none any more: the order of a settled payment has come, or the money of a capture.
UPDATE payment_differences AS d
   SET settled_at = %(now)b,
       settled_by = %(by)b,
       note = CASE WHEN d.kind = 'not_settled' THEN 'it was settled since' ELSE 'its order has come' END,
       order_id = s.order_id
  FROM settlement_entries AS s
 WHERE d.cell = %(cell)b
   AND d.provider = %(provider)b
   AND d.settled_at IS NULL
   AND s.cell = d.cell
   AND s.provider = d.provider
   AND ((d.kind = 'settled_unknown' AND s.entry = substr(d.event_id, length('settled-') + 1) AND s.order_id IS NOT NULL)
        OR (d.kind = 'not_settled' AND s.order_id = d.order_id AND s.kind = 'capture'))

-- entries_of_payout --
-- What a payout is made of, the oldest first.
SELECT entry, kind, gross_minor, fee_minor, net_minor, currency::text, occurred_at, reference, payment, order_id, text
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND payout = %(payout)b
   AND (occurred_at, entry) > (%(after_at)b::timestamptz, %(after_entry)b::text)
 ORDER BY occurred_at, entry
 LIMIT %(most)b

-- payouts_are_their_entries --
-- A payout in the books has the amount and the fees of its entries, and each entry that is booked is of such a payout.
WITH parts AS (
    SELECT provider, payout,
           -sum(gross_minor) FILTER (WHERE kind = 'payout') AS amount,
           sum(CASE WHEN kind = 'fee' THEN fee_minor - gross_minor ELSE fee_minor END) AS fees,
           count(*) AS entries
      FROM settlement_entries
     WHERE cell = %(cell)s
       AND booked
       AND kind <> 'payout_failed'
     GROUP BY provider, payout
), compared AS (
    SELECT p.provider || ':' || p.payout AS key,
           CASE WHEN r.id IS NULL THEN 'it is booked, and no payout'
                WHEN p.amount IS DISTINCT FROM (r.body::jsonb ->> 'amount_minor')::bigint
                THEN 'another amount is in the books'
                WHEN p.fees <> coalesce((r.body::jsonb #>> '{sums,fees_minor}')::bigint, 0)
                THEN 'other fees are in the books'
                WHEN p.entries <> (r.body::jsonb #>> '{sums,entries}')::bigint
                THEN 'it has other entries'
           END AS fault
      FROM parts AS p
      LEFT JOIN records AS r
        ON r.cell = %(cell)s
       AND r.kind = 'payout'
       AND r.id = p.provider || ':' || p.payout
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
