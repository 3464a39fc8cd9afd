-- Custom fields: their definitions among the settings, and the values that orders are found by.
ALTER TABLE settings DROP CONSTRAINT settings_kind_check;
ALTER TABLE settings ADD CONSTRAINT settings_kind_check CHECK (kind IN ('location', 'pool', 'channel', 'custom_field'));

CREATE TABLE order_fields (
    cell     integer NOT NULL,
    order_id uuid    NOT NULL,
    name     text    NOT NULL,
    value    text    NOT NULL,
    PRIMARY KEY (cell, order_id, name)
);

CREATE INDEX order_fields_by_value ON order_fields (cell, name, value, order_id);

INSERT INTO order_fields (cell, order_id, name, value)
SELECT o.cell, o.id, f.key, f.value
  FROM orders AS o
 CROSS JOIN LATERAL jsonb_each_text(o.state::jsonb #> '{order,custom}') AS f
 WHERE o.state LIKE '%"custom":{%'
   AND length(f.value) <= 100;
