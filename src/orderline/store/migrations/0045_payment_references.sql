-- The payments of orders by their names at the provider: facts and transactions that carry no key of ours find their order.
CREATE TABLE payment_references (
    cell      integer NOT NULL,
    order_id  uuid    NOT NULL,
    tender    integer NOT NULL,
    provider  text    NOT NULL,
    reference text    NOT NULL,
    PRIMARY KEY (cell, order_id, tender)
);

CREATE INDEX payment_references_by_name ON payment_references (cell, reference, provider);

INSERT INTO payment_references (cell, order_id, tender, provider, reference)
SELECT o.cell, o.id, (t.body ->> 'number')::integer, t.body ->> 'provider', t.body ->> 'reference'
  FROM orders AS o
 CROSS JOIN LATERAL jsonb_array_elements(o.state::jsonb #> '{order,tenders}') AS t (body)
 WHERE o.state LIKE '%"reference":"%'
   AND t.body ->> 'reference' <> '';

-- The payment that a difference is about, where that is another thing than what differs.
ALTER TABLE payment_differences ADD COLUMN payment text NOT NULL DEFAULT '';
