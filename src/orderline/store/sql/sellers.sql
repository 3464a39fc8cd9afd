-- seller_due --
-- What sales and what was taken back of them come to for a seller, after the day that was stated last, through a day.
SELECT p.entity, p.currency::text, s.since,
       coalesce(sum(p.amount_minor) FILTER (WHERE p.account = 'seller_goods'), 0)::bigint,
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.account = 'commissions'), 0)::bigint,
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.account = 'seller_payable'), 0)::bigint,
       coalesce(-sum(p.base_minor) FILTER (WHERE p.account = 'seller_payable'), 0)::bigint,
       count(*)
  FROM postings AS p
  LEFT JOIN unnest(%(entities)b::text[], %(currencies)b::text[], %(stated)b::date[]) AS s (entity, currency, since)
    ON s.entity = p.entity
   AND s.currency = p.currency
 WHERE p.cell = %(cell)b
   AND p.sub = %(seller)b
   AND p.account IN ('seller_goods', 'commissions', 'seller_payable')
   AND p.source_kind = 'order'
   AND p.day <= %(until)b::date
   AND (s.since IS NULL OR p.day > s.since)
 GROUP BY p.entity, p.currency, s.since
 ORDER BY p.entity, p.currency

-- statement_lines --
-- What a statement is made of: what each fact about an order has changed of what the seller is owed, the oldest first.
SELECT p.day, p.recorded_at, p.source, p.seq, min(o.number), p.document,
       coalesce(sum(p.amount_minor) FILTER (WHERE p.account = 'seller_goods'), 0)::bigint,
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.account = 'commissions'), 0)::bigint,
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.account = 'seller_payable'), 0)::bigint
  FROM postings AS p
  JOIN orders AS o
    ON o.cell = p.cell
   AND o.id = p.source::uuid
 WHERE p.cell = %(cell)b
   AND p.sub = %(seller)b
   AND p.account IN ('seller_goods', 'commissions', 'seller_payable')
   AND p.source_kind = 'order'
   AND p.entity = %(entity)b
   AND p.currency = %(currency)b
   AND p.day <= %(until)b::date
   AND (%(since)b::date IS NULL OR p.day > %(since)b::date)
   AND (p.day, p.recorded_at, p.source, p.seq) > (%(after_day)b::date, %(after_at)b::timestamptz, %(after_source)b::text, %(after_seq)b::int)
 GROUP BY p.day, p.recorded_at, p.source, p.seq, p.document
 ORDER BY p.day, p.recorded_at, p.source, p.seq
 LIMIT %(most)b

-- sellers_are_stated_right --
-- Each statement is what the ledger has of its days, which follow one another; what is stated and not paid stands on its account.
WITH statements AS (
    SELECT r.id, r.state, b.*
      FROM records AS r
     CROSS JOIN LATERAL jsonb_to_record(r.body::jsonb)
                AS b (seller text, entity text, currency text, since date, until date, goods_minor bigint,
                      commission_minor bigint, amount_minor bigint)
     WHERE r.cell = %(cell)s
       AND r.kind = 'seller_statement'
), sold AS (
    SELECT s.id, s.goods_minor, s.commission_minor, s.amount_minor,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.account = 'seller_goods'), 0) AS goods,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.account = 'commissions'), 0) AS commission,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.account = 'seller_payable'), 0) AS amount
      FROM statements AS s
      LEFT JOIN postings AS p
        ON p.cell = %(cell)s
       AND p.sub = s.seller
       AND p.account IN ('seller_goods', 'commissions', 'seller_payable')
       AND p.source_kind = 'order'
       AND p.entity = s.entity
       AND p.currency = s.currency
       AND p.day <= s.until
       AND (s.since IS NULL OR p.day > s.since)
     GROUP BY s.id, s.goods_minor, s.commission_minor, s.amount_minor
), spans AS (
    SELECT id, since, lag(until) OVER (PARTITION BY seller, entity, currency ORDER BY until, id) AS before
      FROM statements
), stated AS (
    SELECT seller, entity, currency, max(until) AS until,
           coalesce(sum(amount_minor) FILTER (WHERE state <> 'paid'), 0) AS owed,
           sum(amount_minor) AS amount
      FROM statements
     GROUP BY seller, entity, currency
), accounts AS (
    SELECT sub AS seller, entity, currency::text AS currency,
           coalesce(-sum(amount_minor) FILTER (WHERE account = 'seller_statements'), 0) AS owed,
           coalesce(sum(amount_minor) FILTER (WHERE account = 'seller_payable' AND source_kind <> 'order'), 0) AS amount
      FROM postings
     WHERE cell = %(cell)s
       AND account IN ('seller_payable', 'seller_statements')
     GROUP BY sub, entity, currency
), sellers AS (
    SELECT r.id, each.key, each.value::date AS until
      FROM records AS r
     CROSS JOIN LATERAL jsonb_each_text(r.body::jsonb -> 'stated') AS each
     WHERE r.cell = %(cell)s
       AND r.kind = 'seller'
), wrong AS (
    SELECT format('%%s: stated %%s, the ledger has %%s', id, amount_minor, amount) AS fault
      FROM sold
     WHERE (goods_minor, commission_minor, amount_minor) IS DISTINCT FROM (goods, commission, amount)
        OR goods - commission <> amount
    UNION ALL
    SELECT format('%%s: begins after %%s, the one before ends with %%s', id, since, before)
      FROM spans
     WHERE since IS DISTINCT FROM before
    UNION ALL
    SELECT format('%%s in %%s: statements of %%s not paid and %%s in all, the ledger has %%s and %%s',
                  coalesce(s.seller, a.seller), coalesce(s.entity, a.entity), s.owed, s.amount, a.owed, a.amount)
      FROM stated AS s
      FULL JOIN accounts AS a
        ON (a.seller, a.entity, a.currency) = (s.seller, s.entity, s.currency)
     WHERE (coalesce(s.owed, 0), coalesce(s.amount, 0)) <> (coalesce(a.owed, 0), coalesce(a.amount, 0))
    UNION ALL
    SELECT format('%%s: stated through %%s, its statements end with %%s', coalesce(b.id, s.seller), b.until, s.until)
      FROM stated AS s
      FULL JOIN sellers AS b
        ON b.id = s.seller
       AND b.key = s.entity || ':' || s.currency
     WHERE s.until IS DISTINCT FROM b.until
    UNION ALL
    SELECT format('%%s: nothing states what it is owed', r.id)
      FROM records AS r
     WHERE r.cell = %(cell)s
       AND r.kind = 'seller'
       AND NOT EXISTS (SELECT
                         FROM outbox AS j
                        WHERE j.cell = %(cell)s
                          AND j.kind = 'state_seller'
                          AND j.stream = 'seller ' || r.id || ' state_seller')
)
SELECT (SELECT count(*) FROM statements) + (SELECT count(*) FROM accounts),
       (SELECT count(*) FROM wrong),
       (SELECT coalesce(array_agg(fault), '{}') FROM (SELECT fault FROM wrong ORDER BY fault LIMIT %(most)s) AS few)
