-- What orders are recognized by as one customer's, keyed by a secret: for the hold policy, and for who somebody is.
CREATE TABLE traces (
    cell      integer     NOT NULL,
    order_id  uuid        NOT NULL,
    kind      text        NOT NULL,
    digest    bytea       NOT NULL,
    placed_at timestamptz NOT NULL,
    PRIMARY KEY (cell, order_id, kind)
);

CREATE INDEX traces_by_digest ON traces (cell, kind, digest, placed_at);

-- What a key may do about holds: roles, types and limits; empty: whatever its rights let it.
ALTER TABLE api_keys ADD COLUMN holds text NOT NULL DEFAULT '';
