-- Lots and serial numbers: which units stand where. Changed under the lock of their shelf, whose buckets they add up to.
CREATE TABLE lots (
    cell       integer NOT NULL,
    sku        text    NOT NULL,
    location   text    NOT NULL,
    bucket     text    NOT NULL CHECK (bucket IN ('sellable', 'picked', 'damaged', 'quality_control', 'blocked',
                                                  'missing', 'display')),
    lot        text    NOT NULL CHECK (lot <> ''),
    quantity   integer NOT NULL CHECK (quantity > 0),
    expires_on date,
    serial     boolean NOT NULL,
    CHECK (NOT serial OR quantity = 1),
    PRIMARY KEY (cell, sku, location, bucket, lot)
) WITH (fillfactor = 85);

-- A serial number stands in one place.
CREATE UNIQUE INDEX lots_by_serial ON lots (cell, sku, lot) WHERE serial;
CREATE INDEX lots_by_lot ON lots (cell, sku, lot);
CREATE INDEX lots_by_expiry ON lots (cell, expires_on) WHERE bucket = 'sellable' AND expires_on IS NOT NULL;

ALTER TABLE skus
    ADD COLUMN tracking text GENERATED ALWAYS AS (coalesce(body::jsonb ->> 'tracking', 'none')) STORED,
    ADD COLUMN min_shelf_days integer
        GENERATED ALWAYS AS (coalesce((body::jsonb ->> 'min_shelf_days')::integer, 0)) STORED;

-- Of which lot the units of an entry are; empty, where nobody tells lots apart.
ALTER TABLE stock_entries ADD COLUMN lot text NOT NULL DEFAULT '';
CREATE INDEX stock_entries_by_lot ON stock_entries (cell, sku, lot) WHERE lot <> '';
