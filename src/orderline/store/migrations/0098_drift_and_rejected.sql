-- Which invariants did not hold when the installation was verified: as `orderline verify` tells them.
ALTER TABLE verifications ADD COLUMN drift jsonb NOT NULL DEFAULT '[]';
UPDATE verifications
   SET drift = jsonb_build_array(jsonb_build_object('name', 'untold', 'about', 'What an earlier release found, and did not keep',
                                                    'checked', orders, 'faults', faults, 'examples', '[]'::jsonb))
 WHERE faults > 0;

-- Lines that locations have rejected and whose units have none yet: a window of the order's document, with a row only for these.
CREATE TABLE rejected_lines (
    cell      integer NOT NULL,
    order_id  uuid    NOT NULL,
    line      integer NOT NULL,
    sku       text    NOT NULL,
    quantity  integer NOT NULL CHECK (quantity > 0),
    locations text[]  NOT NULL,
    PRIMARY KEY (cell, order_id, line)
);

INSERT INTO rejected_lines (cell, order_id, line, sku, quantity, locations)
SELECT l.cell, l.order_id, l.line, l.sku, l.unplanned + l.pooled + l.pegged,
       ARRAY(SELECT jsonb_array_elements_text(s.body -> 'excluded'))
  FROM orders AS o
 CROSS JOIN LATERAL jsonb_array_elements(o.state::jsonb #> '{order,lines}') AS s (body)
  JOIN order_lines AS l
    ON l.cell = o.cell
   AND l.order_id = o.id
   AND l.line = (s.body ->> 'line')::integer
 WHERE o.state LIKE '%"excluded":[%'
   AND jsonb_array_length(s.body -> 'excluded') > 0
   AND l.unplanned + l.pooled + l.pegged > 0;
