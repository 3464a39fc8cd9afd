-- Dated supply: what the records say is to come, and what orders have of it. Changed under the lock of the pool's claims.
CREATE TABLE supply (
    cell           integer     NOT NULL,
    sku            text        NOT NULL,
    pool           text        NOT NULL,
    id             text        NOT NULL,
    location       text        NOT NULL,
    kind           text        NOT NULL,
    due_at         timestamptz NOT NULL,
    slack_days     integer     NOT NULL CHECK (slack_days >= 0),
    confidence_ppm integer     NOT NULL CHECK (confidence_ppm BETWEEN 0 AND 1000000),
    open           integer     NOT NULL CHECK (open >= 0),
    pegged         integer     NOT NULL CHECK (pegged >= 0),
    kept           integer     NOT NULL CHECK (kept BETWEEN 0 AND pegged),
    PRIMARY KEY (cell, sku, pool, id)
) WITH (fillfactor = 75);

ALTER TABLE pool_levels
    ADD COLUMN expected bigint NOT NULL DEFAULT 0 CHECK (expected >= 0),
    ADD COLUMN pegged   bigint NOT NULL DEFAULT 0 CHECK (pegged >= 0),
    ADD COLUMN kept     bigint NOT NULL DEFAULT 0 CHECK (kept BETWEEN 0 AND pegged);

-- Units of order lines that wait for dated supply; a window of the orders.
CREATE TABLE pegs (
    cell        integer     NOT NULL,
    order_id    uuid        NOT NULL,
    line        integer     NOT NULL,
    supply      text        NOT NULL,
    sku         text        NOT NULL,
    pool        text        NOT NULL,
    quantity    integer     NOT NULL CHECK (quantity > 0),
    promised_at timestamptz NOT NULL,
    value_minor bigint      NOT NULL,
    PRIMARY KEY (cell, order_id, line, supply)
) WITH (fillfactor = 85);

CREATE INDEX pegs_by_supply ON pegs (cell, sku, pool, supply);
