-- Labels as their carriers gave them, for printing and printing again. Never changed: another label has another number.
-- They name people, so they are forgotten after a while; the journal keeps what they were recognized by.
CREATE TABLE label_documents (
    cell            integer     NOT NULL,
    order_id        uuid        NOT NULL,
    parcel          integer     NOT NULL,
    tracking_number text        NOT NULL,
    format          text        NOT NULL CHECK (format IN ('pdf', 'zpl')),
    kept_at         timestamptz NOT NULL,
    sha256          bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    content         bytea       NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 1048576),
    PRIMARY KEY (cell, order_id, parcel, tracking_number, format)
);

CREATE INDEX label_documents_by_age ON label_documents (cell, kept_at);
