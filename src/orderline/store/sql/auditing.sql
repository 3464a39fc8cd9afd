-- hands --
-- Who has done anything to orders or records at the console or a terminal: each actor once, as the journals write it.
WITH RECURSIVE of_orders (actor) AS (/* each_hand(journal, of_orders) */),
     of_records (actor) AS (/* each_hand(record_journal, of_records) */)
SELECT actor FROM of_orders WHERE actor IS NOT NULL
 UNION
SELECT actor FROM of_records WHERE actor IS NOT NULL

-- first_at --
-- The first entry of orders at or after a position, and when it was written.
SELECT position, recorded_at
  FROM journal
 WHERE cell = %(cell)b
   AND position >= %(position)b
 ORDER BY position
 LIMIT 1

-- orders_back --
-- Entries of orders before a place, the last first: of so many as are looked at, those that fit.
SELECT f.position, f.order_id, f.seq, f.body, o.number, o.channel, o.currency
  FROM (SELECT position, order_id, seq, body
          FROM (SELECT j.position, j.order_id, j.seq, j.body,
                       /* done_by() */
                       AND /* tells() */
                       AND /* of_channels(j.order_id) */
                       AND /* at_locations(j.order_id) */ AS fits
                  FROM journal AS j
                 WHERE j.cell = %(cell)b
                   AND (j.position, j.order_id, j.seq) < (%(position)b, %(order_id)b, %(seq)b)
                   AND j.position >= %(first)b
                 ORDER BY j.position DESC, j.order_id DESC, j.seq DESC
                 LIMIT %(look)b) AS looked
         WHERE fits
         ORDER BY position DESC, order_id DESC, seq DESC
         LIMIT %(most)b) AS f
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = f.order_id
 ORDER BY f.position DESC, f.order_id DESC, f.seq DESC

-- orders_looked --
-- The last entry of orders among so many before a place; none, when there are fewer.
SELECT position, order_id, seq
  FROM journal
 WHERE cell = %(cell)b
   AND (position, order_id, seq) < (%(position)b, %(order_id)b, %(seq)b)
   AND position >= %(first)b
 ORDER BY position DESC, order_id DESC, seq DESC
OFFSET %(look)b - 1
 LIMIT 1

-- orders_by_hand --
-- Entries of orders before a place by people, each as the journal writes who it is, the last first.
SELECT f.position, f.order_id, f.seq, f.body, o.number, o.channel, o.currency
  FROM (SELECT h.*
          FROM unnest(%(hands)b::text[]) AS t (actor)
         CROSS JOIN LATERAL (
               SELECT j.position, j.order_id, j.seq, j.body
                 FROM journal AS j
                WHERE j.cell = %(cell)b
                  AND /* by_hand() */
                  AND /* actor() */ = t.actor
                  AND (j.position, j.order_id, j.seq) < (%(position)b, %(order_id)b, %(seq)b)
                  AND j.position >= %(first)b
                  AND /* tells() */
                  AND /* of_channels(j.order_id) */
                  AND /* at_locations(j.order_id) */
                ORDER BY j.position DESC, j.order_id DESC, j.seq DESC
                LIMIT %(most)b) AS h
         ORDER BY position DESC, order_id DESC, seq DESC
         LIMIT %(most)b) AS f
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = f.order_id
 ORDER BY f.position DESC, f.order_id DESC, f.seq DESC

-- order_back --
-- Entries of one order before a place, the last first.
SELECT f.position, f.order_id, f.seq, f.body, o.number, o.channel, o.currency
  FROM (SELECT j.position, j.order_id, j.seq, j.body
          FROM journal AS j
         WHERE j.cell = %(cell)b
           AND j.order_id = %(order)b
           AND (j.position, j.order_id, j.seq) < (%(position)b, %(order_id)b, %(seq)b)
           AND j.position >= %(first)b
           AND /* done_by() */
           AND /* tells() */
           AND /* of_channels(j.order_id) */
           AND /* at_locations(j.order_id) */
         ORDER BY j.position DESC, j.order_id DESC, j.seq DESC
         LIMIT %(most)b) AS f
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = f.order_id
 ORDER BY f.position DESC, f.order_id DESC, f.seq DESC

-- records_back --
-- Entries of records before a place, the last first: of so many as are looked at, those that fit.
SELECT f.position, f.kind, f.id, f.seq, f.body
  FROM (SELECT position, kind, id, seq, body
          FROM (SELECT j.position, j.kind, j.id, j.seq, j.body,
                       /* done_by() */
                       AND /* tells() */
                       AND (%(kinds)b::text[] IS NULL OR j.kind = ANY(%(kinds)b)) AS fits
                  FROM record_journal AS j
                 WHERE j.cell = %(cell)b
                   AND (j.position, j.kind, j.id, j.seq) < (%(position)b, %(kind)b, %(id)b, %(seq)b)
                   AND j.position >= %(first)b
                 ORDER BY j.position DESC, j.kind DESC, j.id DESC, j.seq DESC
                 LIMIT %(look)b) AS looked
         WHERE fits
         ORDER BY position DESC, kind DESC, id DESC, seq DESC
         LIMIT %(most)b) AS f
 ORDER BY f.position DESC, f.kind DESC, f.id DESC, f.seq DESC

-- records_looked --
-- The last entry of records among so many before a place; none, when there are fewer.
SELECT position, kind, id, seq
  FROM record_journal
 WHERE cell = %(cell)b
   AND (position, kind, id, seq) < (%(position)b, %(kind)b, %(id)b, %(seq)b)
   AND position >= %(first)b
 ORDER BY position DESC, kind DESC, id DESC, seq DESC
OFFSET %(look)b - 1
 LIMIT 1

-- records_by_hand --
-- Entries of records before a place by people, each as the journal writes who it is, the last first.
SELECT f.position, f.kind, f.id, f.seq, f.body
  FROM (SELECT h.*
          FROM unnest(%(hands)b::text[]) AS t (actor)
         CROSS JOIN LATERAL (
               SELECT j.position, j.kind, j.id, j.seq, j.body
                 FROM record_journal AS j
                WHERE j.cell = %(cell)b
                  AND /* by_hand() */
                  AND /* actor() */ = t.actor
                  AND (j.position, j.kind, j.id, j.seq) < (%(position)b, %(kind)b, %(id)b, %(seq)b)
                  AND j.position >= %(first)b
                  AND /* tells() */
                  AND (%(kinds)b::text[] IS NULL OR j.kind = ANY(%(kinds)b))
                ORDER BY j.position DESC, j.kind DESC, j.id DESC, j.seq DESC
                LIMIT %(most)b) AS h
         ORDER BY position DESC, kind DESC, id DESC, seq DESC
         LIMIT %(most)b) AS f
 ORDER BY f.position DESC, f.kind DESC, f.id DESC, f.seq DESC

-- record_back --
-- Entries of the records of one name, whatever their kind, before a place, the last first.
SELECT f.position, f.kind, f.id, f.seq, f.body
  FROM (SELECT j.position, j.kind, j.id, j.seq, j.body
          FROM record_journal AS j
         WHERE j.cell = %(cell)b
           AND j.kind = ANY(%(named)b::text[])
           AND j.id = %(one)b
           AND (j.position, j.kind, j.id, j.seq) < (%(position)b, %(kind)b, %(id)b, %(seq)b)
           AND j.position >= %(first)b
           AND /* done_by() */
           AND /* tells() */
           AND (%(kinds)b::text[] IS NULL OR j.kind = ANY(%(kinds)b))
         ORDER BY j.position DESC, j.kind DESC, j.id DESC, j.seq DESC
         LIMIT %(most)b) AS f
 ORDER BY f.position DESC, f.kind DESC, f.id DESC, f.seq DESC

-- records_of_kind --
-- Entries of the records of one kind before a place, the last first: of so many as are looked at, those that fit.
SELECT f.position, f.kind, f.id, f.seq, f.body
  FROM (SELECT position, kind, id, seq, body
          FROM (SELECT j.position, j.kind, j.id, j.seq, j.body,
                       /* done_by() */
                       AND /* tells() */ AS fits
                  FROM record_journal AS j
                 WHERE j.cell = %(cell)b
                   AND j.kind = %(of)b
                   AND (j.position, j.id, j.seq) < (%(position)b, %(id)b, %(seq)b)
                   AND j.position >= %(first)b
                 ORDER BY j.position DESC, j.id DESC, j.seq DESC
                 LIMIT %(look)b) AS looked
         WHERE fits
         ORDER BY position DESC, id DESC, seq DESC
         LIMIT %(most)b) AS f
 ORDER BY f.position DESC, f.id DESC, f.seq DESC

-- records_looked_of_kind --
-- The last entry of the records of one kind among so many before a place; none, when there are fewer.
SELECT position, kind, id, seq
  FROM record_journal
 WHERE cell = %(cell)b
   AND kind = %(of)b
   AND (position, id, seq) < (%(position)b, %(id)b, %(seq)b)
   AND position >= %(first)b
 ORDER BY position DESC, id DESC, seq DESC
OFFSET %(look)b - 1
 LIMIT 1

-- said_before --
-- What was said of records the last time before that something was said of them anew.
SELECT t.kind, t.id, t.seq, b.body
  FROM unnest(%(kinds)b::text[], %(ids)b::text[], %(seqs)b::int[], %(facts)b::text[]) AS t (kind, id, seq, fact)
 CROSS JOIN LATERAL (
       SELECT j.body
         FROM record_journal AS j
        WHERE j.cell = %(cell)b
          AND j.kind = t.kind
          AND j.id = t.id
          AND j.seq < t.seq
          AND strpos(j.body, t.fact) > 0
        ORDER BY j.seq DESC
        LIMIT 1) AS b

-- last_verified --
-- When the journals were last verified, and what was found.
SELECT verified_at, orders, whole, chained, broken, faults
  FROM verifications
 WHERE cell = %(cell)b
 ORDER BY verified_at DESC
 LIMIT 1

-- last_drift --
-- What did not hold when the installation was last verified.
SELECT verified_at, drift::text
  FROM verifications
 WHERE cell = %(cell)b
 ORDER BY verified_at DESC
 LIMIT 1

-- note_verified --
-- The journals were verified.
INSERT INTO verifications (cell, verified_at, orders, whole, chained, broken, faults, drift)
VALUES (%(cell)s, %(now)s, %(orders)s, %(whole)s, %(chained)s, %(broken)s, %(faults)s, %(drift)s)
    ON CONFLICT DO NOTHING
RETURNING verified_at
