-- How much of what the record has on a shelf is thought not to be there, in parts per million; nought: it is believed.
ALTER TABLE stock ADD COLUMN doubt_ppm integer NOT NULL DEFAULT 0 CHECK (doubt_ppm BETWEEN 0 AND 1000000);

CREATE INDEX stock_doubted ON stock (cell, sku, location) WHERE doubt_ppm > 0;
CREATE INDEX service_counts_rejected ON service_counts (cell, day) WHERE rejected > 0;
