-- note_days --
-- How calls of partners went since this was last written down, added to their days.
INSERT INTO partner_days AS p (cell, partner, day, calls, failed, last_success_at, last_failure_at, last_error, facts,
                               last_heard_at)
SELECT %(cell)b, t.*
  FROM unnest(%(partner)b::text[], %(day)b::date[], %(calls)b::bigint[], %(failed)b::bigint[],
              %(last_success_at)b::timestamptz[], %(last_failure_at)b::timestamptz[], %(last_error)b::text[],
              %(facts)b::bigint[], %(last_heard_at)b::timestamptz[]) AS t
    ON CONFLICT (cell, partner, day) DO UPDATE
   SET calls = p.calls + excluded.calls,
       failed = p.failed + excluded.failed,
       last_success_at = greatest(p.last_success_at, excluded.last_success_at),
       last_failure_at = greatest(p.last_failure_at, excluded.last_failure_at),
       last_error = CASE WHEN excluded.last_failure_at >= coalesce(p.last_failure_at, excluded.last_failure_at)
                         THEN excluded.last_error ELSE p.last_error END,
       facts = p.facts + excluded.facts,
       last_heard_at = greatest(p.last_heard_at, excluded.last_heard_at)

-- note_open --
-- Calls of partners that a process has under way.
INSERT INTO partner_calls (cell, partner, holder, open, noted_at)
SELECT %(cell)b, t.partner, %(holder)b, t.open, %(now)b
  FROM unnest(%(partner)b::text[], %(open)b::int[]) AS t (partner, open)
    ON CONFLICT (cell, partner, holder) DO UPDATE
   SET open = excluded.open,
       noted_at = excluded.noted_at

-- forget_open --
-- Calls of processes that have not been heard of for long.
DELETE FROM partner_calls
 WHERE cell = %(cell)b
   AND noted_at < %(before)b

-- partner_health --
-- How calls of partners went: today, and when the last one went well, and ill; how many are under way.
SELECT d.partner,
       coalesce(sum(d.calls) FILTER (WHERE d.day = %(today)b), 0)::bigint,
       coalesce(sum(d.failed) FILTER (WHERE d.day = %(today)b), 0)::bigint,
       coalesce(sum(d.facts) FILTER (WHERE d.day = %(today)b), 0)::bigint,
       max(d.last_success_at),
       max(d.last_failure_at),
       (array_agg(d.last_error ORDER BY d.last_failure_at DESC NULLS LAST))[1],
       max(d.last_heard_at),
       coalesce((SELECT sum(c.open)
                   FROM partner_calls AS c
                  WHERE c.cell = %(cell)b
                    AND c.partner = d.partner
                    AND c.noted_at > %(lately)b), 0)::bigint
  FROM partner_days AS d
 WHERE d.cell = %(cell)b
   AND d.day > %(since)b
 GROUP BY d.partner

-- partner_waits --
-- Jobs that met trouble with a partner and are to be tried again: what they met begins with its name.
SELECT w.partner, count(*), min(w.created_at)
  FROM (SELECT split_part(last_error, ':', 1) AS partner, created_at
          FROM outbox
         WHERE cell = %(cell)b
           AND state = 'queued'
           AND last_error IS NOT NULL
           AND kind = ANY(%(kinds)b::text[])
         LIMIT %(most)b) AS w
 GROUP BY w.partner

-- channel_jobs --
-- What channels have not been told yet of their orders: jobs that are due, or have met trouble.
WITH waiting AS (
    SELECT stream, created_at
      FROM outbox
     WHERE cell = %(cell)b
       AND state = 'queued'
       AND last_error IS NOT NULL
       AND kind = 'channel'
     UNION ALL
    SELECT stream, created_at
      FROM outbox
     WHERE cell = %(cell)b
       AND state = 'queued'
       AND due_at <= %(now)b
       AND last_error IS NULL
       AND kind = 'channel'
), looked AS (
    SELECT stream, created_at FROM waiting LIMIT %(most)b
)
SELECT o.channel, count(*), min(s.created_at)
  FROM looked AS s
  JOIN orders AS o
    ON o.cell = %(cell)b
   AND o.id = split_part(s.stream, ' ', 1)::uuid
 GROUP BY o.channel

-- channel_levels_waiting --
-- Since when a figure of stock waits for each of these channels.
SELECT t.channel, l.changed_at
  FROM unnest(%(channels)b::text[]) AS t (channel)
 CROSS JOIN LATERAL (
       SELECT changed_at
         FROM channel_levels
        WHERE cell = %(cell)b
          AND channel = t.channel
          AND acked < sequence
        ORDER BY changed_at
        LIMIT 1) AS l

-- channels_asked --
-- When channels were last asked for orders.
SELECT channel, pulled_at
  FROM channel_pulls
 WHERE cell = %(cell)b

-- days_are_sound --
-- A day's calls are no fewer than its failures, and a failure says why.
WITH compared AS (
    SELECT partner || ' on ' || day AS key,
           CASE WHEN failed > calls THEN 'more calls have failed than there were'
                WHEN failed > 0 AND last_failure_at IS NULL THEN 'calls have failed, and nothing says when'
                WHEN calls > failed AND last_success_at IS NULL THEN 'calls went well, and nothing says when'
            END AS fault
      FROM partner_days
     WHERE cell = %(cell)s
)
SELECT count(*),
       count(fault),
       (array_agg(key || ': ' || fault ORDER BY key) FILTER (WHERE fault IS NOT NULL))[1:%(most)s]
  FROM compared
