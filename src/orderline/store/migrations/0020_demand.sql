-- Scheduled demand: what the records say will be needed. Changed under the lock of the pool's claims.
CREATE TABLE demand (
    cell    integer     NOT NULL,
    sku     text        NOT NULL,
    pool    text        NOT NULL,
    id      text        NOT NULL,
    need_at timestamptz NOT NULL,
    open    integer     NOT NULL CHECK (open > 0),
    PRIMARY KEY (cell, sku, pool, id)
) WITH (fillfactor = 85);

ALTER TABLE pool_levels
    ADD COLUMN demanded bigint NOT NULL DEFAULT 0 CHECK (demanded >= 0),
    ADD COLUMN withheld bigint NOT NULL DEFAULT 0 CHECK (withheld BETWEEN 0 AND demanded);
