-- What codes are made with that people are sent; a secret of each cell, made when it is first asked for.
CREATE TABLE secrets (
    cell    integer     NOT NULL,
    name    text        NOT NULL,
    value   bytea       NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (cell, name)
);
