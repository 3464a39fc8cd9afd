-- What disputes are listed and chosen by; those of orders that were told of before are filled in.
ALTER TABLE order_disputes
    ADD COLUMN reference text        NOT NULL DEFAULT '',
    ADD COLUMN provider  text        NOT NULL DEFAULT '',
    ADD COLUMN reason    text        NOT NULL DEFAULT '',
    ADD COLUMN due_at    timestamptz,
    ADD COLUMN answer    text        NOT NULL DEFAULT 'none';

UPDATE order_disputes AS d
   SET reference = told.body ->> 'reference',
       provider = coalesce(told.tender ->> 'provider', ''),
       reason = coalesce(told.body ->> 'reason', ''),
       due_at = (told.body ->> 'respond_by')::timestamptz,
       answer = CASE WHEN told.body ->> 'answered_at' IS NOT NULL THEN 'answered'
                     WHEN coalesce(told.body ->> 'evidence_key', '') <> '' THEN 'sent'
                     WHEN told.body ->> 'stage' IN ('inquiry', 'opened') THEN 'awaited'
                     ELSE 'none' END
  FROM (SELECT o.cell, o.id, each.body, o.state::jsonb #> ARRAY['order', 'tenders', ((each.body ->> 'tender')::int - 1)::text] AS tender
          FROM orders AS o
         CROSS JOIN LATERAL jsonb_array_elements(o.state::jsonb #> '{order,disputes}') AS each (body)
         WHERE o.state LIKE '%"disputes":[{%') AS told
 WHERE d.cell = told.cell
   AND d.order_id = told.id
   AND d.number = (told.body ->> 'number')::int;

CREATE INDEX order_disputes_by_due ON order_disputes (cell, coalesce(due_at, 'infinity'::timestamptz), order_id, number);
CREATE INDEX order_disputes_by_answer ON order_disputes (cell, answer, coalesce(due_at, 'infinity'::timestamptz), order_id, number);
CREATE INDEX order_disputes_by_amount ON order_disputes (cell, (-amount_minor), order_id, number);

-- How calls of partners went, and what they told, by day: a row each, added to by whoever calls or hears them.
CREATE TABLE partner_days (
    cell            integer     NOT NULL,
    partner         text        NOT NULL,
    day             date        NOT NULL,
    calls           bigint      NOT NULL CHECK (calls >= 0),
    failed          bigint      NOT NULL CHECK (failed BETWEEN 0 AND calls),
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_error      text        NOT NULL DEFAULT '',
    facts           bigint      NOT NULL DEFAULT 0 CHECK (facts >= 0),
    last_heard_at   timestamptz,
    PRIMARY KEY (cell, partner, day)
);

-- Calls of partners that are under way, by the process that makes them; of one that says nothing any more they don't count.
CREATE TABLE partner_calls (
    cell     integer     NOT NULL,
    partner  text        NOT NULL,
    holder   text        NOT NULL,
    open     integer     NOT NULL CHECK (open >= 0),
    noted_at timestamptz NOT NULL,
    PRIMARY KEY (cell, partner, holder)
);
