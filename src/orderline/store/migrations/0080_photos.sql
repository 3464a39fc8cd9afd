-- Photos of goods of an order: what came, how it came. Known by the digest of their bytes; never changed.
-- They may show people, so they are gone when the people of the order are.
CREATE TABLE photos (
    cell     integer     NOT NULL,
    order_id uuid        NOT NULL,
    sha256   bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    media    text        NOT NULL CHECK (media IN ('image/jpeg', 'image/png', 'image/webp')),
    kept_at  timestamptz NOT NULL,
    kept_by  text        NOT NULL,
    content  bytea       NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 4194304),
    PRIMARY KEY (cell, order_id, sha256)
);
