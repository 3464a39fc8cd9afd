-- What a key may give of an order's money: JSON, empty where nothing is said.
ALTER TABLE api_keys ADD COLUMN appeasements text NOT NULL DEFAULT '';

-- Money given without goods coming back, for reports: a function of the order's document.
CREATE TABLE appeasements (
    cell        integer     NOT NULL,
    order_id    uuid        NOT NULL,
    number      integer     NOT NULL,
    reason      text        NOT NULL,
    given_by    text        NOT NULL,
    given_at    timestamptz NOT NULL,
    currency    char(3)     NOT NULL,
    goodwill    boolean     NOT NULL,
    destination text        NOT NULL,
    net_minor   bigint      NOT NULL,
    tax_minor   bigint      NOT NULL,
    undoes      integer     NOT NULL,
    counted     text        NOT NULL,  -- budgets, a line each
    counted_at  timestamptz NOT NULL,
    PRIMARY KEY (cell, order_id, number)
);

CREATE INDEX appeasements_by_time ON appeasements (cell, given_at);
