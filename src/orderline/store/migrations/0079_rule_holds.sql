-- Holds that rules have placed and what has come of them, so that rules are measured without reading journals. outcome: empty, while
-- the hold is open.
CREATE TABLE rule_holds (
    cell      integer     NOT NULL,
    order_id  uuid        NOT NULL,
    number    integer     NOT NULL,
    rule      text        NOT NULL CHECK (rule <> ''),
    type      text        NOT NULL,
    placed_at timestamptz NOT NULL,
    outcome   text        NOT NULL DEFAULT '',
    ended_at  timestamptz,
    PRIMARY KEY (cell, order_id, number),
    CHECK ((outcome = '') = (ended_at IS NULL))
);

INSERT INTO rule_holds (cell, order_id, number, rule, type, placed_at)
SELECT j.cell, j.order_id, (e.event #>> '{hold,number}')::integer, e.event #>> '{hold,rule}', e.event #>> '{hold,type}',
       (e.event #>> '{hold,placed_at}')::timestamptz
  FROM journal AS j
 CROSS JOIN LATERAL jsonb_array_elements(j.body::jsonb -> 'events') AS e (event)
 WHERE j.body LIKE '%"hold_placed"%'
   AND e.event ->> 'event' = 'hold_placed'
   AND coalesce(e.event #>> '{hold,rule}', '') <> '';

UPDATE rule_holds AS h
   SET outcome = coalesce(e.event ->> 'outcome', 'released'),
       ended_at = (e.event ->> 'at')::timestamptz
  FROM journal AS j
 CROSS JOIN LATERAL jsonb_array_elements(j.body::jsonb -> 'events') AS e (event)
 WHERE j.cell = h.cell
   AND j.order_id = h.order_id
   AND j.body LIKE '%"hold_released"%'
   AND e.event ->> 'event' = 'hold_released'
   AND (e.event ->> 'hold')::integer = h.number;

CREATE INDEX rule_holds_by_time ON rule_holds (cell, placed_at);
