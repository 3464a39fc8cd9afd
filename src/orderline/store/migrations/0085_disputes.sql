-- The disputes of orders: what was charged back speaks for or against whoever orders again, and tells how good hold rules are.
CREATE TABLE order_disputes (
    cell         integer     NOT NULL,
    order_id     uuid        NOT NULL,
    number       integer     NOT NULL,
    stage        text        NOT NULL,
    fraud        boolean     NOT NULL,
    amount_minor bigint      NOT NULL,
    opened_at    timestamptz NOT NULL,
    PRIMARY KEY (cell, order_id, number)
);

INSERT INTO order_disputes (cell, order_id, number, stage, fraud, amount_minor, opened_at)
SELECT o.cell, o.id, (d.body ->> 'number')::integer, d.body ->> 'stage',
       lower(coalesce(d.body ->> 'reason', '')) ~ 'fraud|unauthori|no cardholder authori',
       (d.body ->> 'amount_minor')::bigint, (d.body ->> 'opened_at')::timestamptz
  FROM orders AS o
 CROSS JOIN LATERAL jsonb_array_elements(o.state::jsonb #> '{order,disputes}') AS d (body)
 WHERE o.state LIKE '%"disputes":[{%';
