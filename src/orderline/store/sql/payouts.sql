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
                                     reference, payment, payout, named, order_id, text, original_minor, original_currency, rate,
                                     found_at)
SELECT %(cell)b, %(provider)b, t.entry, t.kind, t.gross_minor, t.fee_minor, t.net_minor, t.currency, t.occurred_at,
       t.reference, t.payment, t.payout, t.payout <> '', t.order_id, t.text, t.original_minor, t.original_currency, t.rate,
       %(now)b
  FROM unnest(%(entry)b::text[], %(kind)b::text[], %(gross)b::bigint[], %(fee)b::bigint[], %(net)b::bigint[],
              %(currency)b::text[], %(occurred_at)b::timestamptz[], %(reference)b::text[], %(payment)b::text[],
              %(payout)b::text[], %(order_id)b::uuid[], %(text)b::text[], %(original)b::bigint[],
              %(original_currency)b::text[], %(rate)b::text[])
       AS t (entry, kind, gross_minor, fee_minor, net_minor, currency, occurred_at, reference, payment, payout, order_id, text,
             original_minor, original_currency, rate)
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

-- assign_other_sides --
-- Of an exchange into the currency of a payout, the side in the other currency belongs to the payout as well.
UPDATE settlement_entries AS s
   SET payout = %(payout)b
  FROM settlement_entries AS own
 WHERE own.cell = %(cell)b
   AND own.provider = %(provider)b
   AND own.payout = %(payout)b
   AND own.kind = 'exchange'
   AND own.currency = %(currency)b
   AND NOT own.booked
   AND s.cell = own.cell
   AND s.provider = own.provider
   AND s.payout = ''
   AND NOT s.booked
   AND s.kind = 'exchange'
   AND s.currency <> %(currency)b
   AND s.payment = own.payment
   AND NOT EXISTS (SELECT
                     FROM records AS r
                    WHERE r.cell = %(cell)b
                      AND r.kind = 'payout'
                      AND r.id = %(provider)b || ':' || %(payout)b)

-- assign_exchanged --
-- What happened in another currency before it was exchanged for a payout, and is in no other, is a part of it.
WITH sides AS (
    SELECT currency, max(occurred_at) AS until
      FROM settlement_entries
     WHERE cell = %(cell)b
       AND provider = %(provider)b
       AND payout = %(payout)b
       AND kind = 'exchange'
       AND currency <> %(currency)b
     GROUP BY currency
)
UPDATE settlement_entries AS s
   SET payout = %(payout)b
  FROM sides
 WHERE s.cell = %(cell)b
   AND s.provider = %(provider)b
   AND s.currency = sides.currency
   AND s.payout = ''
   AND NOT s.booked
   AND s.occurred_at <= sides.until
   AND s.kind NOT IN ('payout', 'payout_failed')
   AND NOT EXISTS (SELECT
                     FROM records AS r
                    WHERE r.cell = %(cell)b
                      AND r.kind = 'payout'
                      AND r.id = %(provider)b || ':' || %(payout)b)

-- parts_of_payout --
-- What a payout is made of.
SELECT entry, kind, gross_minor, fee_minor, currency::text, named, payment, original_minor,
       coalesce(original_currency::text, '')
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
-- What a provider has settled of the payments of orders, as it was before it was exchanged: (order, kind, currency, gross, the last
-- entry and when).
SELECT order_id, kind, coalesce(original_currency, currency)::text, sum(coalesce(original_minor, gross_minor))::bigint,
       max(entry), max(occurred_at)
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND order_id = ANY(%(orders)b::uuid[])
   AND kind IN ('capture', 'refund', 'refund_reversed')
 GROUP BY order_id, kind, 3

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
SELECT entry, kind, gross_minor, fee_minor, net_minor, currency::text, occurred_at, reference, payment, order_id, text,
       original_minor, coalesce(original_currency::text, ''), coalesce(rate, '')
  FROM settlement_entries
 WHERE cell = %(cell)b
   AND provider = %(provider)b
   AND payout = %(payout)b
   AND (occurred_at, entry) > (%(after_at)b::timestamptz, %(after_entry)b::text)
 ORDER BY occurred_at, entry
 LIMIT %(most)b

-- payouts_are_their_entries --
-- A payout in the books has the amount and the fees of its entries, and what these were in other currencies; each entry that is
-- booked is of such a payout.
WITH parts AS (
    SELECT s.provider, s.payout, s.kind, s.currency::text AS currency, s.gross_minor, s.fee_minor, s.original_minor,
           s.original_currency::text AS original_currency, r.body::jsonb AS body
      FROM settlement_entries AS s
      LEFT JOIN records AS r
        ON r.cell = s.cell
       AND r.kind = 'payout'
       AND r.id = s.provider || ':' || s.payout
     WHERE s.cell = %(cell)s
       AND s.booked
       AND s.kind <> 'payout_failed'
), summed AS (
    SELECT provider, payout, body,
           -sum(gross_minor) FILTER (WHERE kind = 'payout') AS amount,
           coalesce(sum(CASE WHEN kind = 'fee' THEN fee_minor - gross_minor ELSE fee_minor END)
                        FILTER (WHERE currency = body ->> 'currency'), 0) AS fees,
           count(*) AS entries
      FROM parts
     GROUP BY provider, payout, body
), originals AS (
    SELECT provider, payout, of AS currency, sum(amount) AS amount
      FROM (SELECT provider, payout, original_currency AS of, original_minor AS amount
              FROM parts
             WHERE currency = body ->> 'currency'
               AND original_currency IS NOT NULL
             UNION ALL
            SELECT provider, payout, currency, -gross_minor
              FROM parts
             WHERE kind = 'exchange'
               AND currency <> body ->> 'currency') AS each
     GROUP BY provider, payout, of
), exchanged AS (
    SELECT provider, payout, string_agg(amount || ' ' || currency, ', ' ORDER BY currency) AS told
      FROM originals
     GROUP BY provider, payout
), compared AS (
    SELECT p.provider || ':' || p.payout AS key,
           CASE WHEN p.body IS NULL THEN 'it is booked, and no payout'
                WHEN p.amount IS DISTINCT FROM (p.body ->> 'amount_minor')::bigint
                THEN 'another amount is in the books'
                WHEN p.fees <> coalesce((p.body #>> '{sums,fees_minor}')::bigint, 0)
                THEN 'other fees are in the books'
                WHEN p.entries <> (p.body #>> '{sums,entries}')::bigint
                THEN 'it has other entries'
                WHEN e.told IS DISTINCT FROM (SELECT string_agg((each ->> 'original_minor') || ' ' || (each ->> 'currency'), ', '
                                                                ORDER BY each ->> 'currency')
                                                FROM jsonb_array_elements(p.body -> 'exchanged') AS each)
                THEN 'it was exchanged from other amounts'
           END AS fault
      FROM summed AS p
      LEFT JOIN exchanged AS e
        ON e.provider = p.provider
       AND e.payout = p.payout
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
