-- What people of the merchant sign in with, and the sessions they have open. Roles and limits are records; of this, no
-- journal keeps anything.
CREATE TABLE sign_ins (
    cell          integer     NOT NULL,
    user_id       text        NOT NULL,
    name          text        NOT NULL,
    password_hash text        NOT NULL,
    totp_secret   text        NOT NULL,
    totp_step     bigint      NOT NULL,
    failures      integer     NOT NULL CHECK (failures >= 0),
    failed_at     timestamptz,
    PRIMARY KEY (cell, user_id)
);

CREATE TABLE sign_in_links (
    cell    integer     NOT NULL,
    hash    bytea       NOT NULL,
    user_id text        NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (cell, hash)
);

CREATE TABLE sessions (
    cell       integer     NOT NULL,
    hash       bytea       NOT NULL,
    user_id    text        NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (cell, hash)
);

CREATE INDEX sessions_by_user ON sessions (cell, user_id);
