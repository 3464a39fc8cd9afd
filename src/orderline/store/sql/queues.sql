-- count_steps --
-- Orders whose next step is a person's, by step and owner: how many, how many are past their time, the oldest, the most urgent.
SELECT o.next_step, o.owner, count(*), count(*) FILTER (WHERE o.due_at <= %(now)b), min(o.placed_at), min(o.due_at)
  FROM orders AS o
 WHERE o.cell = %(cell)b
   AND o.next_step IN ('answer_cancel_request', 'answer_dispute', 'ask_provider', 'authorize_by_hand', 'capture_by_hand',
                       'collect_payment', 'decide_lost_parcel', 'extend_by_hand', 'pay_installment', 'refund_again',
                       'refund_by_hand', 'resolve_decline', 'supply', 'void_by_hand')
   AND o.due_at IS NOT NULL
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(o.id) */
 GROUP BY o.next_step, o.owner

-- count_holds --
-- Open holds by type and owner.
SELECT h.type, h.owner, count(*), count(*) FILTER (WHERE h.due_at <= %(now)b), min(h.placed_at), min(h.due_at)
  FROM holds AS h
 WHERE h.cell = %(cell)b
   AND h.due_at IS NOT NULL
   AND /* of_channels(h.order_id) */
   AND /* at_locations(h.order_id) */
 GROUP BY h.type, h.owner

-- count_alarmed --
-- Orders with an alarm.
SELECT 'alarms', 'operations', count(*), 0::bigint, min(a.raised_at), NULL::timestamptz
  FROM alarms AS a
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = a.order_id
 WHERE a.cell = %(cell)b
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(a.order_id) */
HAVING count(*) > 0

-- count_rejected --
-- Lines that locations have rejected and whose units have none yet.
SELECT 'rejected', 'operations', count(*), 0::bigint, min(o.placed_at), NULL::timestamptz
  FROM rejected_lines AS r
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = r.order_id
 WHERE r.cell = %(cell)b
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(r.order_id) */
HAVING count(*) > 0

-- count_swaps --
-- Questions that customers were asked and that offer them something else instead; whoever is limited to locations sees none.
SELECT 'swap', r.owner, count(*), count(*) FILTER (WHERE r.due_at <= %(now)b), min(r.changed_at), min(r.due_at)
  FROM records AS r
 WHERE r.cell = %(cell)b
   AND r.kind = 'decision'
   AND r.state = 'sent'
   AND r.owner = 'customer'
   AND (%(channels)b::text[] IS NULL OR r.subject = ANY(%(channels)b::text[]))
   AND (%(locations)b::text[] IS NULL)
   AND r.body LIKE '%%"code":"swap:%%'
 GROUP BY r.owner

-- count_drift --
-- Invariants that did not hold when the installation was last verified, and when that was; 0, when all did.
SELECT 'drift', 'operations', jsonb_array_length(drift)::bigint, 0::bigint, verified_at, NULL::timestamptz
  FROM verifications
 WHERE cell = %(cell)b
 ORDER BY verified_at DESC
 LIMIT 1

-- count_disputes --
-- Disputes that wait for our answer.
SELECT 'awaited', 'finance', count(*), count(*) FILTER (WHERE d.due_at <= %(now)b), min(d.opened_at), min(d.due_at)
  FROM order_disputes AS d
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = d.order_id
 WHERE d.cell = %(cell)b
   AND d.answer = 'awaited'
   AND (%(channels)b::text[] IS NULL OR o.channel = ANY(%(channels)b::text[]))
   AND /* at_locations(o.id) */
HAVING count(*) > 0

-- count_work --
-- Open fulfillment orders by location; `at_risk`: those that are due before an instant.
WITH counted AS (
    SELECT f.location, count(*) AS open, count(*) FILTER (WHERE f.due_at <= %(now)b) AS overdue,
           min(f.opened_at) AS oldest_at, min(f.due_at) AS due_at,
           count(*) FILTER (WHERE f.due_at < %(before)b) AS at_risk,
           min(f.opened_at) FILTER (WHERE f.due_at < %(before)b) AS oldest_at_risk_at
      FROM fulfillment_orders AS f
     WHERE f.cell = %(cell)b
       AND f.execution IN ('open', 'in_progress')
       AND (%(locations)b::text[] IS NULL OR f.location = ANY(%(locations)b::text[]))
       AND /* of_channels(f.order_id) */
     GROUP BY f.location
)
SELECT t.queue, c.location, t.count, c.overdue, t.oldest_at, c.due_at
  FROM counted AS c
 CROSS JOIN LATERAL (VALUES ('open', c.open, c.oldest_at), ('at_risk', c.at_risk, c.oldest_at_risk_at)) AS t (queue, count, oldest_at)
 WHERE t.count > 0

-- count_returns --
-- Items of returns that wait for somebody: to be let come, looked at, put away, or paid; mended, decided about, or sent back,
-- of those that are here to be repaired. `days`: how many each has.
WITH waiting AS (
    SELECT order_id, custody, money, location, moved_at
      FROM return_items
     WHERE cell = %(cell)b
       AND (custody IN ('requested', 'received', 'graded') OR custody = 'disposed' AND money = 'not_due')
     UNION ALL
    SELECT order_id, custody, money, location, moved_at
      FROM return_items
     WHERE cell = %(cell)b
       AND custody IN ('repairing', 'repaired', 'unrepaired', 'unrepairable')
)
SELECT t.queue, t.owner, count(*), count(*) FILTER (WHERE r.moved_at + make_interval(days => t.days) <= %(now)b),
       min(r.moved_at), min(r.moved_at + make_interval(days => t.days))
  FROM waiting AS r
 CROSS JOIN LATERAL (
       VALUES (r.custody, CASE WHEN r.custody IN ('requested', 'unrepairable') THEN 'support' ELSE r.location END,
               CASE r.custody WHEN 'repairing' THEN 14 ELSE 2 END, r.custody <> 'disposed'),
              ('refund', 'finance', 3, r.custody IN ('graded', 'disposed') AND r.money = 'not_due')
       ) AS t (queue, owner, days, is_in)
 WHERE t.is_in
   AND (%(locations)b::text[] IS NULL OR r.location = ANY(%(locations)b::text[]))
   AND /* of_channels(r.order_id) */
 GROUP BY t.queue, t.owner

-- count_records --
-- Records of kinds that stand in states in which somebody has to act, by kind, state and owner.
SELECT r.kind || ' ' || r.state, r.owner, count(*), count(*) FILTER (WHERE r.due_at <= %(now)b), min(r.changed_at),
       min(r.due_at)
  FROM unnest(%(kinds)b::text[], %(states)b::text[]) AS t (kind, state)
  JOIN records AS r
    ON r.cell = %(cell)b
   AND r.kind = t.kind
   AND r.state = t.state
 GROUP BY r.kind, r.state, r.owner

-- count_differences --
-- Payments that a provider and we do not know alike, by owner.
SELECT 'differences', owner, count(*), 0::bigint, min(found_at), NULL::timestamptz
  FROM payment_differences
 WHERE cell = %(cell)b
   AND settled_at IS NULL
 GROUP BY owner

-- count_dead --
-- Jobs that have failed for good.
SELECT 'dead', 'operations', count(*), 0::bigint, min(due_at), NULL::timestamptz
  FROM outbox
 WHERE cell = %(cell)b
   AND state = 'dead'
HAVING count(*) > 0

-- count_oversold --
-- Shelves with fewer units than are allocated.
SELECT 'oversold', 'operations', count(*), 0::bigint, min(found_at), NULL::timestamptz
  FROM oversold
 WHERE cell = %(cell)b
   AND (%(locations)b::text[] IS NULL OR location = ANY(%(locations)b::text[]))
HAVING count(*) > 0
